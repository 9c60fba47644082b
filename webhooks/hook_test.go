package webhooks

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// The secret of the examples that Standard Webhooks publish.
const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// TestStandardSignature: the published example of Standard Webhooks (libraries, webhook tests).
func TestStandardSignature(t *testing.T) {
	t.Parallel()
	const body, at = `{"test": 2432232314}`, 1614265330
	request := func(signature, stamp string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/w/standard", nil)
		r.Header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
		r.Header.Set("webhook-timestamp", stamp)
		r.Header.Set("webhook-signature", signature)
		return r
	}
	const good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	s := &Standard{Secret: hookSecret}
	now := time.Unix(at, 0)
	if err := s.Verify(request("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= "+good, strconv.Itoa(at)), []byte(body), now); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another body":    s.Verify(request(good, strconv.Itoa(at)), []byte(body+" "), now),
		"another time":    s.Verify(request(good, strconv.Itoa(at+1)), []byte(body), now),
		"too late":        s.Verify(request(good, strconv.Itoa(at)), []byte(body), now.Add(6*time.Minute)),
		"too early":       s.Verify(request(good, strconv.Itoa(at)), []byte(body), now.Add(-6*time.Minute)),
		"another version": s.Verify(request(strings.Replace(good, "v1", "v2", 1), strconv.Itoa(at)), []byte(body), now),
		"no signature":    s.Verify(request("", strconv.Itoa(at)), []byte(body), now),
		"no secret":       (&Standard{}).Verify(request(good, strconv.Itoa(at)), []byte(body), now),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// receiver is another program, which answers as it is told to.
type receiver struct {
	mu   sync.Mutex
	code int
	got  []string // ids
	last ops.Payload
	bad  error
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, _ := io.ReadAll(req.Body)
	wh, err := standardwebhooks.NewWebhook(hookSecret)
	if err == nil {
		err = wh.Verify(body, req.Header)
	}
	if err == nil {
		err = json.Unmarshal(body, &r.last)
	}
	if err != nil {
		r.bad = err
	}
	r.got = append(r.got, req.Header.Get("webhook-id"))
	if r.code == http.StatusFound {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(r.code)
}

func (r *receiver) answer(code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.code = code
}

func (r *receiver) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.got...)
}

// hooked publishes a workspace with a hook and returns what posts to it.
func (s *site) hooked(events string) (*Hooks, *receiver) {
	s.t.Helper()
	files := memfs.FS{}
	for name, text := range s.w.Files {
		files[name] = text
	}
	files["andante.yaml"] = []byte(string(files["andante.yaml"]) + "hooks: {crm: {url: \"https://crm.example/hook\", events: [" + events + "], secret: {env: X}}}\n")
	w, found := workspace.Load(files)
	if bad := workspace.Errors(found); len(bad) > 0 {
		s.t.Fatal(bad[0])
	}
	if _, err := s.ops.Publish(s.t.Context(), w, nil, false); err != nil {
		s.t.Fatal(err)
	}
	s.ops.Tells = true
	r := &receiver{code: http.StatusNoContent}
	srv := httptest.NewServer(r)
	s.t.Cleanup(srv.Close)
	return &Hooks{Ops: s.ops, Log: slog.New(slog.NewTextHandler(s.log, nil)), Target: func(context.Context, string) (Target, error) {
		return Target{URL: srv.URL + "/hook", Secret: hookSecret, Internal: true}, nil
	}}, r
}

func (s *site) flush(h *Hooks, after time.Duration) {
	s.t.Helper()
	s.clock.Jump(s.clock.Now().Add(after))
	if _, err := h.Send(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) happens(name string) {
	s.t.Helper()
	if err := s.ops.Record(s.t.Context(), andante.Event{Contact: s.ann, Name: name, Detail: "so"}); err != nil {
		s.t.Fatal(err)
	}
}

// TestHook: what is subscribed comes once, signed, with whom it is about; nothing else does.
func TestHook(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	h, r := s.hooked("purchased, handed_over")
	s.happens(andante.EventPurchased)
	s.happens("visited")
	s.flush(h, 0)
	s.flush(h, time.Hour)
	if ids := r.ids(); len(ids) != 1 || r.bad != nil || r.last.Type != "purchased" || r.last.Data.Contact.Email != annsAddress || r.last.Data.Detail != "so" {
		t.Errorf("%v, %v, %+v", ids, r.bad, r.last)
	}
	if err := s.ops.HandOver(t.Context(), s.ann, "nora", "asked for it"); err != nil {
		t.Fatal(err)
	}
	s.flush(h, 0)
	if len(r.ids()) != 2 || r.last.Type != "handed_over" || len(r.last.Data.Story) == 0 || len(r.last.Data.Missing) != 1 {
		t.Errorf("%v, %+v", r.ids(), r.last)
	}
}

// TestHookIsTriedAgain: with growing waits, under the same id, and can be replayed.
func TestHookIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	h, r := s.hooked("")
	r.answer(http.StatusInternalServerError)
	s.happens(andante.EventPurchased)
	s.flush(h, 0)
	s.flush(h, time.Second) // too soon
	s.flush(h, 10*time.Second)
	s.flush(h, time.Minute) // too soon
	s.flush(h, 5*time.Minute)
	ids := r.ids()
	if len(ids) != 3 || ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("tries %v", ids)
	}
	r.answer(http.StatusFound) // a redirect is no yes, and not followed
	s.flush(h, time.Hour)
	if n := len(r.ids()); n != 4 {
		t.Errorf("%d requests", n)
	}
	r.answer(http.StatusOK)
	s.flush(h, 3*time.Hour)
	s.flush(h, 30*time.Hour)
	if n := len(r.ids()); n != 5 {
		t.Errorf("%d requests", n)
	}
	n, err := s.ops.ReplayHook(t.Context(), "crm", s.clock.Now().Add(-100*time.Hour), true)
	if err != nil || n != 1 {
		t.Errorf("replayed %d, %v", n, err)
	}
	s.flush(h, time.Second)
	if ids := r.ids(); len(ids) != 6 || ids[5] != ids[0] {
		t.Errorf("after the replay %v", ids)
	}
}

// TestHookGivesUp: after days it has failed, and says why.
func TestHookGivesUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	h, r := s.hooked("")
	r.answer(http.StatusGone)
	s.happens(andante.EventPurchased)
	for range 40 {
		s.flush(h, 25*time.Hour)
	}
	if n := len(r.ids()); n != 10 {
		t.Errorf("%d tries", n)
	}
	s.read(func(tx *store.Tx) error {
		list, err := tx.Deliveries(t.Context(), "crm", time.Unix(0, 0), 10)
		if len(list) != 1 || list[0].State != andante.Failed || !strings.Contains(list[0].Answer, "410") {
			t.Errorf("%+v", list)
		}
		return err
	})
}

// TestHookStaysOutside: no hook is posted to an internal address, whatever its name resolves to.
func TestHookStaysOutside(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.2.1",
		"::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "fec0::1", "fe80::1%eth0",
	} {
		if public(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
	for _, a := range []string{"1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s is not public", a)
		}
	}
	asked := false
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(srv.Close)
	for _, at := range []string{srv.URL, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1), strings.Replace(srv.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1), "http://169.254.169.254/latest/meta-data"} {
		h := &Hooks{Ops: newSite(t, "en").ops, Log: slog.New(slog.DiscardHandler)}
		err := h.post(t.Context(), Target{URL: at, Secret: hookSecret}, ops.Dispatch{Payload: &ops.Payload{}})
		if err == nil || !strings.Contains(err.Error(), errInternal.Error()) || asked {
			t.Errorf("%s: %v", at, err)
		}
	}
}
