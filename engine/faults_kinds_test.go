package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// farEnds are a gateway of texts and a printing house that keep what they take. They outlive
// the process that is killed.
type farEnds struct {
	mu     sync.Mutex
	texts  []string       // numbers
	words  string         // of each of them
	pieces []string       // touches
	keys   map[string]int // idempotency key → piece
	missed map[string]int // how often it was asked for a number or a touch in vain
	came   chan struct{}
}

func newFarEnds(t *testing.T) (*farEnds, string) {
	f := &farEnds{keys: map[string]int{}, missed: map[string]int{}, came: make(chan struct{}, 10_000)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", f.text)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages.json", f.messages)
	mux.HandleFunc("POST /send", f.text)
	mux.HandleFunc("POST /v1/postcards", f.piece)
	mux.HandleFunc("GET /v1/postcards", f.find)
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return f, srv.URL
}

func (f *farEnds) text(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	f.mu.Lock()
	f.texts = append(f.texts, r.PostForm.Get("To"))
	n := len(f.texts)
	f.words = r.PostForm.Get("Body")
	f.mu.Unlock()
	f.came <- struct{}{}
	time.Sleep(5 * time.Millisecond) // a kill falls between what is taken and its answer
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid": "SM%032x", "status": "queued"}`, n)
}

func (f *farEnds) messages(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []map[string]string{}
	for n, to := range f.texts {
		if to == r.URL.Query().Get("To") {
			found = append(found, map[string]string{
				"sid": fmt.Sprintf("SM%032x", n+1), "to": to, "body": f.words, "status": "sent", "direction": "outbound-api", "date_created": time.Now().UTC().Format(time.RFC1123Z),
			})
		}
	}
	if len(found) == 0 {
		f.missed[r.URL.Query().Get("To")]++
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"messages": found})
}

func (f *farEnds) piece(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseMultipartForm(1 << 22)
	key := r.Header.Get("Idempotency-Key")
	f.mu.Lock()
	n, known := f.keys[key]
	if !known {
		n = len(f.pieces)
		f.keys[key], f.pieces = n, append(f.pieces, r.FormValue("metadata[touch]"))
	}
	f.mu.Unlock()
	f.came <- struct{}{}
	time.Sleep(5 * time.Millisecond)
	fmt.Fprintf(w, `{"id": "psc_%016x"}`, n)
}

func (f *farEnds) find(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []map[string]string{}
	for n, touch := range f.pieces {
		if touch == r.URL.Query().Get("metadata[touch]") {
			found = append(found, map[string]string{"id": fmt.Sprintf("psc_%016x", n)})
		}
	}
	if len(found) == 0 {
		f.missed[r.URL.Query().Get("metadata[touch]")]++
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": found})
}

// late counts what came although it had been asked for more often than each is before it is sent:
// a request of a killed process can arrive after the next one has asked what there is.
func (f *farEnds) late(list []string, before int) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range list {
		if f.missed[id] > before {
			n++
		}
	}
	return n
}

// received waits until n things have come since it was asked last.
func (f *farEnds) received(t *testing.T, n int) {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for range n {
		select {
		case <-f.came:
		case <-limit:
			t.Fatal("nothing comes any more")
		}
	}
}

const kindsConfig = `company: {name: Harness, postal_address: "1 Test Road, Portland, ME", country: US, zone: UTC, language: en}
public_url: https://mail.harness.example
inbound: {domain: in.harness.example, addresses: [replies]}
people:
  nora: {name: Nora Whitfield, email: nora@harness.example}
senders:
  news: {name: Harness News, address: news@harness.example, sms: "+15125550100"}
tasks: {mail: no}
deliver: {mode: live}
channels:
  email: {host: 127.0.0.1, port: 25, tls: none}
  sms:
    driver: twilio
    from: "+15125550100"
    countries: [US]
    rate: 100 per second
    twilio: {account: AC00000000000000000000000000000001, secret: {file: secrets/twilio}, url: URL}
  cards:
    driver: lob
    from: {street: 1 Test Road, city: Portland, region: ME, postal_code: "04101"}
    lob: {key: {file: secrets/lob}, verify: no, url: URL}
`

// kindSequence is a sequence of one step.
func kindSequence(name, kind string) string {
	return "---\nsequence: " + name + "\ntitle: " + name + "\npurpose: relationship\nsender: news\n---\n\n## One\n\n```yaml step\nkind: " + kind +
		"\nafter: 0d\nvalue: idea - a thought\n```\n\n{{ company.name }}: a thought.\n"
}

// TestEachKindKilled: a process that is killed while it sends texts, hands post to a printing
// house and gives tasks does each of them once. The next process asks both what they have of what
// was left, so that nothing is unknown that had come.
func TestEachKindKilled(t *testing.T) {
	const people, kills = 60, 3
	f, url := newFarEnds(t)
	mail, err := inbox.Start(inbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	p := kindsPart(t, mail.Addr(), strings.ReplaceAll(kindsConfig, "URL", url), map[string]string{
		"text": kindSequence("text", "sms"), "post": kindSequence("post", "postcard"), "talk": kindSequence("talk", "call"),
	})
	settleKinds(t, p, people)

	f.whileKilled(t, p, kills, people/3)
	states := kindStates(t, p)
	lateTexts, latePieces := f.late(f.texts, 0), f.late(f.pieces, 1) // each piece is asked for before it is sent
	t.Logf("%v, %d texts, %d of them late, %d pieces, %d late", states, len(f.texts), lateTexts, len(f.pieces), latePieces)
	f.once(t)
	known := func(sent, came, late int) bool { return came-late <= sent && sent <= came }
	texts, post, talk := states[andante.SMS], states[andante.Postcard], states[andante.Call]
	if texts[andante.Sent]+texts[andante.Unknown] != people || !known(texts[andante.Sent], len(f.texts), lateTexts) || texts[andante.Unknown] > kills*connections*channels.SmallFlight {
		t.Errorf("texts: %v of %d that came", texts, len(f.texts))
	}
	if !known(post[andante.Sent], len(f.pieces), latePieces) { // it is safe: what came and is not known goes again under its key, and is recognised
		t.Logf("came, and is not known yet:\n%s", f.unsettled(t, p))
	}
	if post[andante.Sent]+post[andante.Planned] != people || !known(post[andante.Sent], len(f.pieces), latePieces+kills) {
		t.Errorf("post: %v of %d that came", post, len(f.pieces))
	}
	if talk[andante.Open] != people {
		t.Errorf("calls: %v", talk)
	}
}

// kindsPart is a process with a workspace of its own.
func kindsPart(t *testing.T, mail, config string, sequences map[string]string) part {
	t.Helper()
	p := part{
		Dir: t.TempDir(), Store: workspace.DefaultStore, Mail: mail, Roles: []Role{RoleScheduler, RoleWorker},
		Connections: 2, Lease: 3 * time.Second, Grace: 20 * time.Second, UntilIdle: true,
	}
	files := map[string]string{
		"andante.yaml": config, "consent.yaml": "- {need: []}\n", "governor.yaml": "limits: []\n",
		"secrets/twilio": "0123456789abcdef0123456789abcdef\n", "secrets/lob": "live_0123456789abcdef\n", "secrets/andante.keys": string(ops.SeededKeyring("kinds")),
	}
	for name, text := range sequences {
		files["sequences/"+name+".md"] = text
	}
	for name, text := range files {
		path := filepath.Join(p.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// whileKilled runs a process, kills it each time when so many more things have come, and lets the
// last one finish.
func (f *farEnds) whileKilled(t *testing.T, p part, kills, each int) {
	t.Helper()
	process := p.start(t)
	for range kills {
		f.received(t, each)
		process.kill()
		process = p.start(t)
	}
	process.wait(3 * time.Minute)
}

// once wants nothing to have come twice.
func (f *farEnds) once(t *testing.T) {
	t.Helper()
	for what, list := range map[string][]string{"text": f.texts, "piece": f.pieces} {
		seen := map[string]bool{}
		for _, to := range list {
			if seen[to] {
				t.Errorf("a %s came twice to %s", what, to)
			}
			seen[to] = true
		}
	}
}

// TestWhatStaysHereKilled: so it is with texts through a gateway that can't be asked, with what
// waits to be printed, with every kind of task, and with messages that wait for a line.
func TestWhatStaysHereKilled(t *testing.T) {
	const people, kills = 40, 3
	f, url := newFarEnds(t)
	mail, err := inbox.Start(inbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	config, _, _ := strings.Cut(strings.ReplaceAll(kindsConfig, "URL", url), "    driver: twilio")
	config += `    driver: http
    from: "+15125550100"
    countries: [US]
    rate: 100 per second
    http:
      url: ` + url + `/send
      headers: {Content-Type: application/x-www-form-urlencoded}
      body: 'To={{ text.to }}&Body={{ text.body }}'
`
	sequences := map[string]string{"text": kindSequence("text", "sms"), "read": kindSequence("read", "email\nsubject: A word\nreview: owner"), "word": kindSequence("word", "other\nlabel: A word")}
	opens := []andante.Kind{andante.Postcard, andante.Card, andante.Letter, andante.Visit, andante.Video}
	for _, k := range opens {
		sequences[string(k)] = kindSequence(string(k), string(k)+"\nsubject: A word")
	}
	p := kindsPart(t, mail.Addr(), config, sequences)
	settleKinds(t, p, people)
	f.whileKilled(t, p, kills, people/5)
	states := kindStates(t, p)
	t.Logf("%v, %d texts", states, len(f.texts))
	f.once(t)
	if texts := states[andante.SMS]; texts[andante.Sent]+texts[andante.Unknown] != people || texts[andante.Sent] > len(f.texts) || texts[andante.Unknown] > kills*connections*channels.SmallFlight {
		t.Errorf("texts: %v of %d that came", texts, len(f.texts))
	}
	for _, k := range append(opens, andante.Other) {
		if states[k][andante.Open] != people {
			t.Errorf("%s: %v", k, states[k])
		}
	}
	if states[andante.Email][andante.Review] != people || len(mail.Mails()) > 0 {
		t.Errorf("mails: %v, and %d came", states[andante.Email], len(mail.Mails()))
	}
}

// settleKinds publishes, and enrolls people who have everything.
func settleKinds(t *testing.T, p part, people int) {
	t.Helper()
	ctx := t.Context()
	e, err := Open(ctx, p.options(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	w, found := workspace.Load(e.FS())
	if bad := workspace.Errors(found); len(bad) > 0 {
		t.Fatal(bad[0])
	}
	if _, err := e.Ops.Publish(ctx, w, nil, false); err != nil {
		t.Fatal(err)
	}
	var rows []ops.Row
	for n := range people {
		rows = append(rows, ops.Row{
			ExternalID: fmt.Sprint(n), Email: fmt.Sprintf("p%d@x.example", n), Account: fmt.Sprint("a", n),
			Fields: map[string]string{
				"contact.phone": fmt.Sprintf("+1512555%04d", n), "contact.first_name": "Ann", "contact.last_name": "Lee", "contact.zone": "UTC", "contact.street": fmt.Sprint(n+1, " Mill Road"),
				"contact.city": "Austin", "contact.region": "TX", "contact.postal_code": "78701", "contact.country": "US", "account.owner": "nora", "account.stage": "customer",
			},
		})
	}
	if taken, err := e.Ops.TakeIn(ctx, w, rows); err != nil || len(taken.Refused) > 0 {
		t.Fatal(taken, err)
	}
	for _, name := range w.Names() {
		if rep, err := e.Ops.Enroll(ctx, ops.EnrollRequest{Sequence: name}); err != nil || rep.Entered != people {
			t.Fatalf("%s: %+v, %v", name, rep, err)
		}
	}
}

// kindStates counts the touches by kind and state, and holds the tasks to them.
func kindStates(t *testing.T, p part) map[andante.Kind]map[andante.State]int {
	t.Helper()
	e, err := Open(t.Context(), p.options(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	states := map[andante.Kind]map[andante.State]int{}
	err = e.Store.Read(context.Background(), func(tx *store.Tx) error {
		counts, err := tx.CountTouches(t.Context())
		for _, c := range counts {
			if states[c.Kind] == nil {
				states[c.Kind] = map[andante.State]int{}
			}
			states[c.Kind][c.State] += c.N
		}
		if err != nil {
			return err
		}
		tasks, err := tx.OpenTasks(t.Context(), "nora", 1000)
		open := states[andante.Email][andante.Review]
		for _, k := range []andante.Kind{andante.Call, andante.Visit, andante.Video, andante.Other} {
			open += states[k][andante.Open]
		}
		if len(tasks) != open {
			t.Errorf("%d tasks for %d that are open", len(tasks), open)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// unsettled tells of pieces that came and are not known as sent: what was asked, and what was tried.
func (f *farEnds) unsettled(t *testing.T, p part) string {
	t.Helper()
	var s strings.Builder
	st, err := store.Open(t.Context(), filepath.Join(p.Dir, p.Store), store.Options{Clock: andante.SystemClock{}})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	err = st.Read(t.Context(), func(tx *store.Tx) error {
		for _, id := range f.pieces {
			list, err := tx.Touches(t.Context(), []andante.TouchID{andante.TouchID(id)})
			if err != nil || len(list) == 0 || list[0].State == andante.Sent {
				continue
			}
			attempts, err := tx.AttemptsOf(t.Context(), []andante.TouchID{andante.TouchID(id)})
			if err != nil {
				return err
			}
			fmt.Fprintf(&s, "%s: %s, due %s, asked for in vain %d times\n", id, list[0].State, list[0].Due, f.missed[id])
			for _, a := range attempts {
				fmt.Fprintf(&s, "  %d: %s to %s: %s %q\n", a.Number, a.Started, a.Ended, a.Outcome, a.Response)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.String()
}
