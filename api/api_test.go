package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/api"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/store/storetest"
	"github.com/andante-hq/andante/workspace"
)

// site is the API on a store of its own.
type site struct {
	t   testing.TB
	ops *ops.Ops
	url string
	log *bytes.Buffer
	key andante.Secret
}

const config = `company: {name: Acme, postal_address: Here, country: US, zone: UTC}
public_url: https://mail.acme.example
people: {nora: {name: Nora, email: nora@acme.example}}
tasks: {unowned: nora}
senders: {news: {name: Acme, address: news@acme.example}}
fields: {contact.need: text, contact.budget: yes/no, account.buildings: number}
qualification: {enough: 3, weights: {contact.need: 2, contact.budget: 1}}
`

func newSite(t testing.TB, scopes ...string) *site {
	t.Helper()
	return newSiteOn(t, filepath.Join(t.TempDir(), "andante.db"), scopes...)
}

func newSiteOn(t testing.TB, dsn string, scopes ...string) *site {
	t.Helper()
	clock := andante.NewJumpClock(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
	st := storetest.Migrated(t, dsn, clock)
	keys, err := ops.ParseKeyring(ops.SeededKeyring("x"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, ops: ops.New(st, clock, keys), log: new(bytes.Buffer)}
	w, found := workspace.Load(memfs.FS{
		"andante.yaml": []byte(config), "consent.yaml": []byte("- {need: []}\n"),
		"sequences/brief.md": []byte("---\nsequence: brief\ntitle: Brief\npurpose: marketing\nsender: news\nenter: {event: form.brief}\n---\n\n## One\n\n" +
			"```yaml step\nkind: email\nafter: 0d\nsubject: One\nvalue: insight - one\n```\n\nHello.\n"),
		"sequences/walk.md": []byte("---\nsequence: walk\ntitle: Walk\npurpose: marketing\nsender: news\nexit: [toured]\n---\n\n## One\n\n" +
			"```yaml step\nkind: email\nafter: 0d\nsubject: One\nvalue: insight - one\n```\n\nHello.\n"),
	})
	if bad := workspace.Errors(found); len(bad) > 0 {
		t.Fatal(bad[0])
	}
	if _, err := s.ops.Publish(t.Context(), w, nil, false); err != nil {
		t.Fatal(err)
	}
	if len(scopes) == 0 {
		scopes = ops.Scopes
	}
	if s.key, _, err = s.ops.NewAPIKey(t.Context(), "crm", scopes); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(api.Handler(s.ops, slog.New(slog.NewTextHandler(s.log, nil))))
	t.Cleanup(srv.Close)
	s.url = srv.URL + api.Path
	return s
}

// call sends a request and returns status and body.
func (s *site) call(method, path, body string, header ...string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key.Reveal())
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// want calls and compares the status, and looks for words in the answer.
func (s *site) want(code int, words, method, path, body string, header ...string) string {
	s.t.Helper()
	got, text := s.call(method, path, body, header...)
	if got != code || !strings.Contains(text, words) {
		s.t.Errorf("%s %s: %d %s, want %d with %q; log %s", method, path, got, text, code, words, s.log)
	}
	return text
}

const benchmark = `{"name":"form.brief","contact":{"external_id":"C-1","email":"ann@x.example"},"create":true,"fields":{"contact.first_name":"Ann","account":"Harbor","contact.need":"lighting"},"detail":"the benchmark"}`

// TestEventMakesAContact: a contact that nobody knew is made, enters what waits for the event, and
// the same request counts once.
func TestEventMakesAContact(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(200, `"accepted":1`, http.MethodPost, "events", benchmark, "Idempotency-Key", "k1")
	s.want(200, `"repeated":1`, http.MethodPost, "events", benchmark, "Idempotency-Key", "k1")
	s.want(200, `"accepted":1`, http.MethodPost, "events", benchmark, "Idempotency-Key", "k2")
	s.want(200, `"accepted":1`, http.MethodPost, "events", `{"name":"form.other","contact":{"external_id":"C-1"}}`, "Idempotency-Key", "k1")
	text := s.want(200, `"first_name":"Ann"`, http.MethodGet, "contacts/external:C-1", "")
	for _, want := range []string{`"account":"Harbor"`, `"contact.need":"lighting"`, `"known":["contact.need: lighting"]`, `"qualified":false`} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in %s", want, text)
		}
	}
	s.want(200, `"sequence":"brief"`, http.MethodGet, "contacts/email:ann@x.example/touches", "")
}

// TestReplayUndoesNothing: what was told once does not undo what came since.
func TestReplayUndoesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(200, `"accepted":1`, http.MethodPost, "events", benchmark, "Idempotency-Key", "k1")
	s.want(200, `"first_name":"Anna"`, http.MethodPut, "contacts", `{"contact":{"external_id":"C-1"},"fields":{"contact.first_name":"Anna"}}`)
	s.want(200, `"repeated":1`, http.MethodPost, "events", benchmark, "Idempotency-Key", "k1")
	s.want(200, `"first_name":"Anna"`, http.MethodGet, "contacts/external:C-1", "")
}

// TestPutByID: it is that contact, whatever else changes.
func TestPutByID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(s.want(200, "", http.MethodPut, "contacts", `{"contact":{"email":"cid@x.example"},"fields":{"contact.first_name":"Cid"}}`)), &made); err != nil {
		t.Fatal(err)
	}
	text := s.want(200, `"email":"new@x.example"`, http.MethodPut, "contacts", fmt.Sprintf(`{"contact":{"id":%q},"fields":{"contact.email":"new@x.example","contact.external_id":"C-3"}}`, made.ID))
	if !strings.Contains(text, made.ID) || !strings.Contains(text, `"first_name":"Cid"`) {
		t.Errorf("it is another one: %s", text)
	}
	s.want(200, `"first_name":"Sid"`, http.MethodPut, "contacts", fmt.Sprintf(`{"contact":{"id":%q},"fields":{"contact.first_name":"Sid"}}`, made.ID))
	s.want(404, "", http.MethodPut, "contacts", `{"contact":{"id":"no-id"},"fields":{"contact.first_name":"Sid"}}`)
	s.want(404, "", http.MethodGet, "contacts/no-id", "")
	s.want(422, "", http.MethodPut, "contacts", `{"contact":{"external_id":"C-4"},"fields":{"contact.first_name":"S\u0000id"}}`)
}

// TestEventsScope: a key that tells events makes contacts, and changes none.
func TestEventsScope(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(200, `"accepted":1`, http.MethodPost, "events", benchmark)
	key, _, err := s.ops.NewAPIKey(t.Context(), "site", []string{ops.ScopeEvents})
	if err != nil {
		t.Fatal(err)
	}
	s.want(200, `"accepted":1`, http.MethodPost, "events", `{"name":"form.brief","contact":{"external_id":"C-1"},"create":true,"fields":{"contact.first_name":"Eve","account.owner":"nora","contact.need":"heat"}}`, "Authorization", "Bearer "+key.Reveal())
	text := s.want(200, `"first_name":"Ann"`, http.MethodGet, "contacts/external:C-1", "")
	if !strings.Contains(text, `"contact.need":"heat"`) || strings.Contains(text, `"owner"`) {
		t.Errorf("%s", text)
	}
}

// TestEventsHandOver: with enough known the contact is its owner's.
func TestEventsHandOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(200, `"accepted":1`, http.MethodPost, "events", benchmark)
	s.want(200, `"accepted":1`, http.MethodPost, "events", `{"name":"form.budget","contact":{"external_id":"C-1"},"fields":{"contact.budget":"yes"}}`)
	s.want(200, `"state":"open"`, http.MethodGet, "contacts/external:C-1/touches", "")
	s.want(200, `"sequence":"handed_over"`, http.MethodGet, "contacts/external:C-1/touches", "")
}

// TestEventEndsASequence: `exit:` names it.
func TestEventEndsASequence(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(200, `"external_id":"C-2"`, http.MethodPut, "contacts", `{"contact":{"external_id":"C-2","email":"bob@x.example"},"fields":{"contact.first_name":"Bob"}}`)
	s.want(200, `"changed":1`, http.MethodPost, "contacts/external:C-2/enroll", `{"sequence":"walk"}`)
	s.want(200, `"already_enrolled":1`, http.MethodPost, "contacts/external:C-2/enroll", `{"sequence":"walk"}`)
	s.want(200, `"accepted":1`, http.MethodPost, "events", `{"name":"toured","contact":{"external_id":"C-2"}}`)
	s.want(200, `"reason":"exit"`, http.MethodGet, "contacts/external:C-2/touches", "")
}

// TestBatch: each line by itself; a bad one changes nothing of the others.
func TestBatch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var lines []string
	for i := range 50 {
		lines = append(lines, fmt.Sprintf(`{"name":"visited","contact":{"external_id":"V-%d","email":"v%d@x.example"},"create":true}`, i, i))
	}
	lines = append(lines, `not json`, `{"name":"visited","contact":{"external_id":"V-1"},"extra":1}`, `{"name":"visited","contact":{"external_id":"nobody"}}`, `{"name":"Visited!","contact":{"external_id":"V-1"}}`, `{"name":"visited","contact":{}}`,
		`{"name":"visited","contact":{"external_id":"V-1"},"fields":{"contact.nedd":"x"}}`, `{"name":"visited","contact":{"external_id":"V-1"},"fields":{"account.buildings":"many"}}`, `{"name":"handed_over","contact":{"external_id":"V-1"}}`,
		`{"name":"visited","contact":{"external_id":"V-1"},"at":"2030-01-01T00:00:00Z"}`, `{"name":"visited","contact":{"external_id":"V-2","email":"not an address"},"create":true}`)
	text := s.want(200, `"accepted":50`, http.MethodPost, "events", strings.Join(lines, "\n"), "Content-Type", "application/x-ndjson")
	var out struct {
		Refused int
		Results []api.Result
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil || out.Refused != 10 {
		t.Errorf("%d refused, %v", out.Refused, err)
	}
	for _, r := range out.Results[50:] {
		if r.Error == "" || strings.Contains(r.Error, "try again") {
			t.Errorf("line %d: %q", r.Line, r.Error)
		}
	}
}

// TestNonsense: what is no event, or too much of it, is answered in the form of RFC 9457.
func TestNonsense(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(400, `"status":400`, http.MethodPost, "events", "", "Content-Type", "application/json")
	for _, body := range []string{"]", `{"name":1}`, `{"nam":"x"}`, `[]`, `{"name":"x","contact":{"external_id":"C"}`, strings.Repeat(`{"name":"x","contact":{"external_id":"C"}}`, 1001)} {
		text := s.want(422, `"status":422`, http.MethodPost, "events", body, "Content-Type", "application/json")
		if !strings.Contains(text, `"title"`) {
			t.Errorf("%.20s: %s", body, text)
		}
	}
	code, _ := s.call(http.MethodPost, "events", strings.Repeat("x", 5<<20))
	if code != http.StatusRequestEntityTooLarge {
		t.Errorf("5 MB: %d", code)
	}
	s.want(404, "not known", http.MethodGet, "contacts/external:none", "")
	s.want(422, "cursor", http.MethodGet, "contacts?cursor=x", "")
	s.want(422, `"errors"`, http.MethodPost, "contacts/external:none/hold", `{}`)
}

// TestKeys: no key, a wrong one, one without the scope and one that is revoked.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t, ops.ScopeEvents)
	s.want(200, `"accepted":1`, http.MethodPost, "events", benchmark)
	s.want(403, "has not the scope read", http.MethodGet, "contacts", "")
	s.want(403, "has not the scope write", http.MethodPut, "contacts", `{"contact":{"external_id":"C-9"}}`)
	for _, wrong := range []string{"", "Bearer", "Bearer x", "Bearer andante_AAAA", "Basic " + s.key.Reveal(), s.key.Reveal()} {
		s.want(401, `"status":401`, http.MethodPost, "events", benchmark, "Authorization", wrong)
	}
	list, err := s.ops.APIKeys(t.Context())
	if err != nil || len(list) != 1 || strings.Contains(fmt.Sprintf("%+v", list), s.key.Reveal()) {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.ops.RevokeAPIKey(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	s.want(401, `"status":401`, http.MethodPost, "events", benchmark)
	if strings.Contains(s.log.String(), s.key.Reveal()) {
		t.Error("the key is in the log")
	}
}

// TestAudit: who changed what.
func TestAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(200, `"accepted":1`, http.MethodPost, "events", benchmark)
	s.want(200, `"changed":1`, http.MethodPost, "contacts/external:C-1/hold", `{"reason":"they move house","until":"2026-03-01T00:00:00Z"}`)
	s.want(200, `"changed":1`, http.MethodPost, "contacts/external:C-1/release", "")
	s.want(200, `"changed":1`, http.MethodPost, "contacts/external:C-1/opt-out", `{"source":"said so in the shop"}`)
	s.want(200, `"changed":0`, http.MethodPost, "contacts/external:C-1/stop", `{}`)
	var what []string
	err := s.ops.Store.Read(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Audit(t.Context(), time.Unix(0, 0), 100)
		for _, a := range list {
			if a.By != "crm" || a.Subject == "" {
				t.Errorf("%+v", a)
			}
			what = append(what, a.What)
		}
		return err
	})
	if err != nil || len(what) != 5 {
		t.Errorf("%v, %v", what, err)
	}
}

// TestAccounts: they are made, read, brought up to date, made one, and erased with their people.
func TestAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(200, `"name":"Acme Ltd"`, http.MethodPut, "accounts/A-1", `{"fields":{"account.name":"Acme Ltd","account.stage":"customer","account.buildings":"12"}}`)
	s.want(200, `"account.buildings":"12"`, http.MethodGet, "accounts/A-1", "")
	s.want(200, `"stage":"evaluation"`, http.MethodPut, "accounts/A-1", `{"fields":{"account.stage":"evaluation","account.name":""}}`)
	s.want(422, `account.stage`, http.MethodPut, "accounts/A-1", `{"fields":{"account.stage":"nonsense"}}`)
	s.want(422, `an account has no field contact.email`, http.MethodPut, "accounts/A-1", `{"fields":{"contact.email":"a@x.example"}}`)
	s.want(404, `not known`, http.MethodGet, "accounts/A-9", "")
	s.want(200, `"account":"Acme Ltd"`, http.MethodPut, "contacts", `{"contact":{"external_id":"C-7"},"fields":{"account":"A-1","contact.last_name":"Berg"}}`)
	s.want(200, `"account":"A-2"`, http.MethodPut, "contacts", `{"contact":{"external_id":"C-8"},"fields":{"account":"A-2"}}`)
	s.want(200, `"key":"A-2"`, http.MethodGet, "accounts", "")
	s.want(404, ``, http.MethodPost, "accounts/A-1/merge", `{"drop":"A-9"}`)
	s.want(409, `one contact already`, http.MethodPost, "accounts/A-1/merge", `{"drop":"A-1"}`)
	s.want(200, `"contacts":1`, http.MethodPost, "accounts/A-1/merge", `{"drop":"A-2"}`)
	s.want(200, `"account":"Acme Ltd"`, http.MethodGet, "contacts/external:C-8", "")
	s.want(200, `"contacts":2`, http.MethodDelete, "accounts/A-1", "")
	s.want(404, `not known`, http.MethodGet, "contacts/external:C-7", "")
	s.want(404, `not known`, http.MethodGet, "accounts/A-1", "")
	s.want(200, `"key":"A-3"`, http.MethodPut, "accounts/A-3", `{"fields":{}}`)
	s.want(200, `"contacts":0`, http.MethodDelete, "accounts/A-3", "")
	s.want(404, `not known`, http.MethodGet, "accounts/A-3", "")
}

// TestMergeAndErase: two contacts become one, who is found by both names, and then nothing is known
// of it. Who may only write may do neither.
func TestMergeAndErase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, n := range []string{"1", "2"} {
		s.want(200, "", http.MethodPut, "contacts", `{"contact":{"external_id":"C-`+n+`","email":"c`+n+`@x.example"},"fields":{"contact.last_name":"Xylophone"}}`)
	}
	s.want(404, `not known`, http.MethodPost, "contacts/external:C-1/merge", `{"drop":{"external_id":"C-9"}}`)
	s.want(200, `"changed":1`, http.MethodPost, "contacts/external:C-1/merge", `{"drop":{"external_id":"C-2"}}`)
	s.want(200, `"external_id":"C-1"`, http.MethodGet, "contacts/external:C-2", "")
	s.want(409, `one contact already`, http.MethodPost, "contacts/external:C-1/merge", `{"drop":{"external_id":"C-2"}}`)
	s.want(200, `"last_name":"Xylophone"`, http.MethodGet, "contacts/email:c2@x.example/dossier", "")
	s.want(200, `"changed":1`, http.MethodDelete, "contacts/external:C-1", "")
	s.want(404, `not known`, http.MethodGet, "contacts/external:C-2", "")
	s.want(422, `forgotten`, http.MethodPut, "contacts", `{"contact":{"email":"c1@x.example"}}`)
	if found, _, _, err := s.ops.Store.Search(t.Context(), []string{"xylophone", "c1@x", "c2@x"}); err != nil || len(found) > 0 {
		t.Errorf("left: %v, error %v", found, err)
	}
	writes := newSite(t, ops.ScopeWrite, ops.ScopeRead)
	writes.want(200, "", http.MethodPut, "contacts", `{"contact":{"external_id":"C-1"}}`)
	writes.want(403, `erase`, http.MethodDelete, "contacts/external:C-1", "")
	writes.want(403, `erase`, http.MethodPost, "contacts/external:C-1/merge", `{"drop":{"external_id":"C-2"}}`)
	writes.want(403, `erase`, http.MethodDelete, "accounts/A-1", "")
}

// TestPages: a cursor leads through all contacts, each once.
func TestPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var lines []string
	for i := range 250 {
		lines = append(lines, fmt.Sprintf(`{"name":"visited","contact":{"external_id":"V-%d","email":"v%d@x.example"},"create":true}`, i, i))
	}
	s.want(200, `"accepted":250`, http.MethodPost, "events", strings.Join(lines, "\n"))
	seen := map[string]bool{}
	for cursor, pages := "", 0; ; pages++ {
		_, text := s.call(http.MethodGet, "contacts?cursor="+cursor, "")
		var page struct {
			Contacts []api.Contact
			Next     string
		}
		if err := json.Unmarshal([]byte(text), &page); err != nil || pages > 5 {
			t.Fatal(err, pages)
		}
		for _, c := range page.Contacts {
			if seen[c.ID] {
				t.Errorf("%s comes twice", c.ID)
			}
			seen[c.ID] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 250 {
		t.Errorf("%d contacts", len(seen))
	}
}

// TestOpenAPI: the description names every path, and takes no key.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	text := s.want(200, `"openapi":"3.1`, http.MethodGet, "openapi.json", "", "Authorization", "")
	for _, want := range []string{"/api/v1/events", "/api/v1/contacts/{id}/touches", "application/x-ndjson", `"scheme":"bearer"`} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
}

// TestAtOnce: many at the same time, each once.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.want(200, `"accepted":1`, http.MethodPost, "events", benchmark)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			s.call(http.MethodPost, "events", `{"name":"visited","contact":{"external_id":"C-1"}}`, "Idempotency-Key", fmt.Sprint("k", i%20))
		})
	}
	wg.Wait()
	n := 0
	err := s.ops.Store.Read(t.Context(), func(tx *store.Tx) error {
		who, err := tx.ContactsByExternalID(t.Context(), []string{"C-1"})
		if err != nil {
			return err
		}
		list, err := tx.EventsOf(t.Context(), who[0].ID)
		for _, e := range list {
			if e.Name == "visited" {
				n++
			}
		}
		return err
	})
	if err != nil || n != 20 {
		t.Errorf("%d events, %v", n, err)
	}
}

// TestTwoProcessesAtOnce: on Postgres two processes take events of the same contacts, in any order:
// each counts once, and none fails because the other holds what it wants.
func TestTwoProcessesAtOnce(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	one := newSiteOn(t, dsn)
	st, err := store.Open(t.Context(), dsn, store.Options{Clock: one.ops.Clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	two := *one
	two.ops = ops.New(st, one.ops.Clock, one.ops.Keys)
	srv := httptest.NewServer(api.Handler(two.ops, slog.New(slog.NewTextHandler(two.log, nil))))
	t.Cleanup(srv.Close)
	two.url = srv.URL + api.Path
	const people, rounds = 30, 4
	var lines []string
	for i := range people {
		lines = append(lines, fmt.Sprintf(`{"name":"visited","contact":{"external_id":"V-%d","email":"v%d@x.example"},"create":true}`, i, i))
	}
	one.want(200, fmt.Sprintf(`"accepted":%d`, people), http.MethodPost, "events", strings.Join(lines, "\n"))
	var wg sync.WaitGroup
	for round := range rounds {
		for _, s := range []*site{one, &two} {
			wg.Go(func() {
				var lines []string
				for _, i := range rand.New(rand.NewPCG(uint64(round), uint64(len(s.url)))).Perm(people) {
					lines = append(lines, fmt.Sprintf(`{"name":"seen","contact":{"external_id":"V-%d"},"key":"k%d"}`, i, round))
				}
				code, text := s.call(http.MethodPost, "events", strings.Join(lines, "\n"))
				if code != 200 || !strings.Contains(text, `"refused":0`) {
					t.Errorf("%d %s", code, text)
				}
			})
		}
	}
	wg.Wait()
	n := 0
	err = one.ops.Store.Read(t.Context(), func(tx *store.Tx) error {
		for i := range people {
			who, err := tx.ContactsByExternalID(t.Context(), []string{fmt.Sprint("V-", i)})
			if err != nil {
				return err
			}
			list, err := tx.EventsOf(t.Context(), who[0].ID)
			if err != nil {
				return err
			}
			for _, e := range list {
				if e.Name == "seen" {
					n++
				}
			}
		}
		return nil
	})
	if err != nil || n != people*rounds {
		t.Errorf("%d events, %v", n, err)
	}
	for _, bad := range []string{"no-id", "00000000-0000-0000-0000-00000000000g"} {
		one.want(404, "", http.MethodGet, "contacts/"+bad, "")
	}
}
