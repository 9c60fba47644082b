package webhooks

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/store/storetest"
	"github.com/andante-hq/andante/workspace"
)

// site is the unsubscribe page over a store in which ann is on a sequence.
type site struct {
	t     testing.TB
	ops   *ops.Ops
	clock *andante.JumpClock
	ann   andante.ContactID
	token string
	url   string
	log   *bytes.Buffer
	w     *workspace.Workspace
}

func (s *site) published() *workspace.Workspace { return s.w }

const annsAddress = "ann@x.example"

func newSite(t testing.TB, language string) *site {
	t.Helper()
	clock := andante.NewJumpClock(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
	st := storetest.Migrated(t, filepath.Join(t.TempDir(), "andante.db"), clock)
	keys, err := ops.ParseKeyring(ops.SeededKeyring("x"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, clock: clock, ops: ops.New(st, clock, keys), log: new(bytes.Buffer)}
	s.fill(language)
	mux := http.NewServeMux()
	pages := NewPages(s.ops, "Acme & Sons", language, slog.New(slog.NewTextHandler(s.log, nil)))
	mux.HandleFunc("/u/{token}", pages.Preferences)
	mux.HandleFunc("/a/{token}", pages.Answer)
	mux.HandleFunc("/d/{token}", pages.Data)
	mux.HandleFunc("/c/{token}", pages.Click)
	mux.HandleFunc("/o/{token}", pages.Open)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.token = keys.Sign(ops.Token{Contact: s.ann, Touch: andante.NewID[andante.TouchID](clock.Now()), Kind: andante.Email, Address: keys.Hash(annsAddress)})
	s.url = srv.URL + "/u/"
	return s
}

func (s *site) fill(language string) {
	s.t.Helper()
	w, found := workspace.Load(memfs.FS{
		"andante.yaml": []byte("company: {name: Acme & Sons, postal_address: Here, country: US, language: " + cmp.Or(language, "en") + "}\npublic_url: https://mail.acme.example\nsenders: {news: {name: Acme, address: news@acme.example}}\nfields: {contact.need: text}\n"),
		"consent.yaml": []byte("- {need: []}\n"),
		"sequences/brief.md": []byte("---\nsequence: brief\ntitle: Brief\npurpose: marketing\nsender: news\n---\n\n## One\n\n" +
			"```yaml step\nkind: email\nafter: 0d\nsubject: One\nvalue: insight - one\n```\n\nHello.\n"),
	})
	if bad := workspace.Errors(found); len(bad) > 0 {
		s.t.Fatal(bad[0])
	}
	s.w = w
	if _, err := s.ops.Publish(s.t.Context(), w, nil, false); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.ops.TakeIn(s.t.Context(), w, []ops.Row{{ExternalID: "ann", Email: annsAddress}}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.ops.Enroll(s.t.Context(), ops.EnrollRequest{Sequence: "brief"}); err != nil {
		s.t.Fatal(err)
	}
	err := s.ops.Store.Read(s.t.Context(), func(tx *store.Tx) error {
		list, err := tx.ContactsByExternalID(s.t.Context(), []string{"ann"})
		if err == nil {
			s.ann = list[0].ID
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// gone tells whether ann is off the sequence, and how often she left.
func (s *site) gone() (bool, int) {
	s.t.Helper()
	var over bool
	var n int
	err := s.ops.Store.Read(s.t.Context(), func(tx *store.Tx) error {
		list, err := tx.EnrollmentsOf(s.t.Context(), []andante.ContactID{s.ann})
		if err != nil {
			return err
		}
		over = list[0].Reason == andante.ReasonOptedOut
		events, err := tx.EventsOf(s.t.Context(), s.ann)
		n = len(events)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return over, n
}

// send makes a request that follows no redirect and keeps no cookie.
func (s *site) send(method, token, kind string, body io.Reader) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+token, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	answer, text := s.do(r)
	if len(answer.Cookies()) > 0 {
		s.t.Errorf("%s sets a cookie", method)
	}
	return answer, text
}

// do sends a request, and follows it nowhere.
func (s *site) do(r *http.Request) (*http.Response, string) {
	s.t.Helper()
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, string(text)
}

// Scanners follow links: looking changes nothing, however often.
func TestLookingChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		answer, page := s.send(method, s.token, "", nil)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", method, answer.StatusCode)
		}
		if method == http.MethodHead && page != "" || method == http.MethodGet && !strings.Contains(page, `method="post"`) {
			t.Errorf("%s: %s", method, page)
		}
		if method == http.MethodGet && !strings.Contains(page, "Acme &amp; Sons") {
			t.Errorf("the company is not named, or not escaped: %s", page)
		}
		h := answer.Header
		if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: headers %v", method, h)
		}
	}
	if over, n := s.gone(); over || n != 0 {
		t.Error("looking has unsubscribed her")
	}
}

// RFC 8058 section 3.1: a POST with the pair List-Unsubscribe=One-Click, as
// multipart/form-data or urlencoded, without cookies or any other context; it
// must not be answered with a redirect.
func TestOneClick(t *testing.T) {
	t.Parallel()
	var form bytes.Buffer
	mw := multipart.NewWriter(&form)
	if err := mw.WriteField("List-Unsubscribe", "One-Click"); err != nil {
		t.Fatal(err)
	}
	mw.Close()
	for _, test := range []struct{ name, kind, body, source string }{
		{"urlencoded", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", "one-click"},
		{"multipart", mw.FormDataContentType(), form.String(), "one-click"},
		{"the button", "application/x-www-form-urlencoded", "", "link"},
		{"no type", "", "List-Unsubscribe=One-Click", "link"},
		{"no body", "", "", "link"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "en")
			for range 3 {
				answer, page := s.send(http.MethodPost, s.token, test.kind, strings.NewReader(test.body))
				if answer.StatusCode != http.StatusOK || !strings.Contains(page, "You are unsubscribed") {
					t.Errorf("%d: %s", answer.StatusCode, page)
				}
			}
			if over, n := s.gone(); !over || n != 1 {
				t.Errorf("unsubscribed: %v, %d events", over, n)
			}
			if log := s.log.String(); !strings.Contains(log, "reason="+test.source) || strings.Contains(log, annsAddress) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// Whatever is wrong with a link, the answer is the same, and nothing changes.
func TestBadLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	foreign, err := ops.ParseKeyring(ops.SeededKeyring("another house"))
	if err != nil {
		t.Fatal(err)
	}
	first := ""
	for name, token := range map[string]string{
		"cut": s.token[:len(s.token)-2], "changed": "B" + s.token[1:], "forged": foreign.Sign(ops.Token{Contact: s.ann, Kind: andante.Email}),
		"nonsense": "x", "long": strings.Repeat("A", 4000), "escaped": "%00%ff%3Cscript%3E", "dots": "..%2f..%2fetc%2fpasswd",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			answer, page := s.send(method, token, "", nil)
			if answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, name, answer.StatusCode)
			}
			if first == "" {
				first = page
			}
			if page != first || strings.Contains(page, "script") {
				t.Errorf("%s %s: another answer:\n%s", method, name, page)
			}
		}
	}
	if over, n := s.gone(); over || n != 0 {
		t.Error("a bad link has unsubscribed her")
	}
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "PROPFIND"} {
		for _, token := range []string{s.token, "x"} {
			answer, _ := s.send(method, token, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
			if answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != "GET, HEAD, POST" {
				t.Errorf("%s: %d, Allow %q", method, answer.StatusCode, answer.Header.Get("Allow"))
			}
		}
	}
	if over, _ := s.gone(); over {
		t.Error("another method has unsubscribed her")
	}
}

// The address says it all: whatever the body holds, the wish is carried out.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	for i, test := range []struct{ kind, body string }{
		{"application/x-www-form-urlencoded", "%zz=%&&&;=;"},
		{"application/x-www-form-urlencoded", "List-Unsubscribe=\x00\xff<script>"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"List-Unsub"},
		{"multipart/form-data", "no boundary"},
		{"multipart/form-data; boundary=\"" + strings.Repeat("b", 300) + "\"", "--b"},
		{"application/json", `{"List-Unsubscribe": "One-Click"`},
		{"application/xml", `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>`},
		{"nonsense;;;", "\x00\x01\x02"},
		{"application/x-www-form-urlencoded", strings.Repeat("a=b&", 1<<20)},               // 4 MB, far over what is read
		{"multipart/form-data; boundary=x", "--x\r\n" + strings.Repeat("A: b\r\n", 1<<19)}, // headers without end
		{"application/octet-stream", strings.Repeat("x", 8<<20)},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "en")
			r := httptest.NewRequest(http.MethodPost, "/u/"+s.token, strings.NewReader(test.body))
			r.Header.Set("Content-Type", test.kind)
			r.SetPathValue("token", s.token)
			answer := httptest.NewRecorder()
			NewPages(s.ops, "Acme", "en", slog.New(slog.DiscardHandler)).Preferences(answer, r)
			if answer.Code != http.StatusOK {
				t.Errorf("%d: %s", answer.Code, answer.Body)
			}
			if over, n := s.gone(); !over || n != 1 {
				t.Errorf("unsubscribed: %v, %d events", over, n)
			}
		})
	}
}

// Of a body without end no more is read than it needs.
func TestEndlessBody(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	body := &endless{}
	r := httptest.NewRequest(http.MethodPost, "/u/"+s.token, body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetPathValue("token", s.token)
	answer := httptest.NewRecorder()
	NewPages(s.ops, "Acme", "en", slog.New(slog.DiscardHandler)).Preferences(answer, r)
	if answer.Code != http.StatusOK || body.n > 1<<20 {
		t.Errorf("%d after %d bytes", answer.Code, body.n)
	}
}

type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.n += len(p)
	return len(p), nil
}

// A wish that could not be written down must not look done: the provider, or the
// person, shall try again.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	s.ops.Store.Close()
	answer, page := s.send(http.MethodPost, s.token, "", nil)
	if answer.StatusCode != http.StatusServiceUnavailable || strings.Contains(page, "unsubscribed") || strings.Contains(page, "sql") {
		t.Errorf("%d: %s", answer.StatusCode, page)
	}
}

// TestLanguage: the page speaks the contact's language, or else the company's, or English.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{"de": "Nichts mehr", "de-AT": "Nichts mehr", "fr": "Plus rien", "es-MX": "Nada más", "en-GB": "Nothing more", "fi": "Nothing more", "": "Nothing more"} {
		s := newSite(t, language)
		if _, page := s.send(http.MethodGet, s.token, "", nil); !strings.Contains(page, ">"+want+"<") || strings.Contains(page, "{") && strings.Contains(page, "{company}") {
			t.Errorf("%q: %s", language, page)
		}
		err := s.ops.Store.Write(t.Context(), func(tx *store.Tx) error {
			list, err := tx.Contacts(t.Context(), []andante.ContactID{s.ann})
			if err == nil {
				list[0].Language = "fr"
				err = tx.PutContacts(t.Context(), []store.HashedContact{{Contact: list[0], EmailHash: s.ops.Keys.Hash(annsAddress)}})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, page := s.send(http.MethodGet, s.token, "", nil); !strings.Contains(page, `lang="fr"`) || !strings.Contains(page, "Plus d&#39;e-mails") {
			t.Errorf("%q, and French: %s", language, page)
		}
	}
}

const form = "application/x-www-form-urlencoded"

// press presses a button of the page.
func (s *site) press(body string) (int, string) {
	s.t.Helper()
	answer, page := s.send(http.MethodPost, s.token, form, strings.NewReader(body))
	return answer.StatusCode, page
}

func (s *site) choice() (c andante.Choice) {
	s.t.Helper()
	err := s.ops.Store.Read(s.t.Context(), func(tx *store.Tx) error {
		list, err := tx.Contacts(s.t.Context(), []andante.ContactID{s.ann})
		c = list[0].Choice
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// TestLessOften: what somebody presses is a choice at once, with the words that they pressed; what
// they chose before stays, and at the same link they can have everything as usual again.
func TestLessOften(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	if code, page := s.press("less=month"); code != http.StatusOK || !strings.Contains(page, "From now on: at most one message a month.") {
		t.Errorf("%d: %s", code, page)
	}
	if c := s.choice(); c.Max != 1 || c.Per != "30d" || c.At.IsZero() || c.Source != "page: At most one message a month" {
		t.Errorf("choice %+v", c)
	}
	if code, page := s.press("less=pause"); code != http.StatusOK || !strings.Contains(page, "at most one message a month; nothing before 5 April 2026") {
		t.Errorf("%d: %s", code, page)
	}
	if over, _ := s.gone(); over {
		t.Error("less is not never")
	}
	if _, page := s.send(http.MethodGet, s.token, "", nil); !strings.Contains(page, "Your choice: at most one message a month; nothing before 5 April 2026.") {
		t.Errorf("the page does not say what was chosen: %s", page)
	}
	if code, page := s.press("less=usual"); code != http.StatusOK || !s.choice().IsZero() || strings.Contains(page, "usual again</button>") {
		t.Errorf("%d, %+v: %s", code, s.choice(), page)
	}
}

func TestNever(t *testing.T) {
	t.Parallel()
	for wish, want := range map[string]string{"never=email": "no more advertising by email", "never=all": "no more advertising, by any way"} {
		s := newSite(t, "en")
		for range 2 {
			if code, page := s.press(wish); code != http.StatusOK || !strings.Contains(page, "You are unsubscribed") || !strings.Contains(page, want) {
				t.Errorf("%s: %d: %s", wish, code, page)
			}
		}
		if over, n := s.gone(); !over || n != 1 {
			t.Errorf("%s: %v, %d events", wish, over, n)
		}
	}
}

// TestOnlyButtonsOfThePage: nothing else can be wished for.
func TestOnlyButtonsOfThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	for _, body := range []string{"less=everything", "less=post", "not=cats", "never=visit", "never=call", "less=month%00", "not=%3Cscript%3E"} {
		if code, page := s.press(body); code != http.StatusNotFound || strings.Contains(page, "<script>") {
			t.Errorf("%s: %d: %s", body, code, page)
		}
	}
	if over, n := s.gone(); over || n != 0 || !s.choice().IsZero() {
		t.Error("something has changed")
	}
}

// TestGoneContact: the way out works for who is erased, and shows nothing of anybody.
func TestGoneContact(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	token := s.ops.Keys.Sign(ops.Token{Contact: andante.NewID[andante.ContactID](time.Unix(1, 0)), Kind: andante.Email, Address: s.ops.Keys.Hash(annsAddress)})
	if answer, page := s.send(http.MethodGet, token, "", nil); answer.StatusCode != http.StatusOK || strings.Contains(page, "months") || !strings.Contains(page, "No more emails") {
		t.Errorf("%d: %s", answer.StatusCode, page)
	}
	if answer, page := s.send(http.MethodPost, token, form, strings.NewReader("never=all")); answer.StatusCode != http.StatusOK || !strings.Contains(page, "You are unsubscribed") {
		t.Errorf("%d: %s", answer.StatusCode, page)
	}
	if over, _ := s.gone(); !over { // she has the address
		t.Error("who has the address goes on")
	}
}
