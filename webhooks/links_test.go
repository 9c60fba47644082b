package webhooks

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// reach asks for a page of a link.
func (s *site) reach(method string, l ops.Link, header map[string]string) (*http.Response, string) {
	s.t.Helper()
	at := strings.TrimSuffix(s.url, "u/") + string(rune(l.Page)) + "/" + s.ops.Keys.SignLink(l)
	r, err := http.NewRequestWithContext(s.t.Context(), method, at, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	return s.do(r)
}

func (s *site) link(p ops.LinkPage, says string) ops.Link {
	var touch andante.TouchID
	s.read(func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(s.t.Context(), s.ann)
		touch = list[0].ID
		return err
	})
	return ops.Link{Page: p, Contact: s.ann, Touch: touch, Says: says}
}

func (s *site) read(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.ops.Store.Read(s.t.Context(), f); err != nil {
		s.t.Fatal(err)
	}
}

// happened counts the events of ann.
func (s *site) happened() map[string]int {
	s.t.Helper()
	n := map[string]int{}
	s.read(func(tx *store.Tx) error {
		list, err := tx.EventsOf(s.t.Context(), s.ann)
		for _, e := range list {
			n[e.Name]++
		}
		return err
	})
	return n
}

func (s *site) field(path string) (value string) {
	s.t.Helper()
	s.read(func(tx *store.Tx) error {
		list, err := tx.Contacts(s.t.Context(), []andante.ContactID{s.ann})
		value = list[0].Fields[strings.TrimPrefix(path, "contact.")]
		return err
	})
	return value
}

// TestAnswerLink: a link opens a page with the answer and one button; only the button sends it.
func TestAnswerLink(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	l := s.link(ops.AnswerPage, "contact.need=lighting <b>")
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		answer, page := s.reach(method, l, nil)
		if answer.StatusCode != http.StatusOK || s.field("contact.need") != "" || s.happened()[andante.EventAnswered] > 0 {
			t.Errorf("%s: %d, and it is kept", method, answer.StatusCode)
		}
		if method == http.MethodGet && (!strings.Contains(page, "lighting &lt;b&gt;") || strings.Count(page, "<button") != 1 || !strings.Contains(page, "Send this answer")) {
			t.Errorf("page %s", page)
		}
	}
	for range 3 {
		answer, page := s.reach(http.MethodPost, l, nil)
		if answer.StatusCode != http.StatusOK || !strings.Contains(page, "has your answer") {
			t.Errorf("%d: %s", answer.StatusCode, page)
		}
	}
	if s.field("contact.need") != "lighting <b>" || s.happened()[andante.EventAnswered] != 1 {
		t.Errorf("need %q, events %v", s.field("contact.need"), s.happened())
	}
	s.reach(http.MethodPost, s.link(ops.AnswerPage, "contact.need=heating"), nil)
	if s.field("contact.need") != "heating" || s.happened()[andante.EventAnswered] != 2 {
		t.Errorf("another answer: %q, %v", s.field("contact.need"), s.happened())
	}
	if answer, _ := s.reach(http.MethodPost, s.link(ops.AnswerPage, "contact.gone=x"), nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a field that is no more: %d", answer.StatusCode)
	}
	if answer, _ := s.reach(http.MethodPost, s.link(ops.AnswerPage, "contact.persona=cfo"), nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a field that is not declared: %d", answer.StatusCode)
	}
	wrong := s.ops.Keys.SignLink(s.link(ops.ClickPage, "contact.need=x"))
	r, err := http.Post(strings.TrimSuffix(s.url, "u/")+"a/"+wrong, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusNotFound || s.field("contact.need") != "heating" {
		t.Errorf("a token of another page: %d", r.StatusCode)
	}
}

// TestClickLeadsOnlyWhereTheMessageSaid: no open redirect.
func TestClickLeadsOnlyWhereTheMessageSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	answer, _ := s.reach(http.MethodGet, s.link(ops.ClickPage, "https://acme.example/a?b=c#d"), nil)
	if answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != "https://acme.example/a?b=c#d" || len(answer.Cookies()) > 0 {
		t.Errorf("%d to %s", answer.StatusCode, answer.Header.Get("Location"))
	}
	for _, bad := range []string{"javascript:alert(1)", "//evil.example", "/u/x", "mailto:a@x.example", "https:evil", ""} {
		if answer, _ := s.reach(http.MethodGet, s.link(ops.ClickPage, bad), nil); answer.StatusCode != http.StatusNotFound || answer.Header.Get("Location") != "" {
			t.Errorf("%q: %d", bad, answer.StatusCode)
		}
	}
	token := s.ops.Keys.SignLink(s.link(ops.ClickPage, "https://acme.example/a"))
	for _, forged := range []string{token[:len(token)-2], "B" + token[1:], token + "AA", strings.Repeat("A", 9000), "x?url=https://evil.example"} {
		r, err := http.Get(strings.TrimSuffix(s.url, "u/") + "c/" + forged)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%.40s: %d", forged, r.StatusCode)
		}
	}
	if answer, _ := s.reach(http.MethodPost, s.link(ops.ClickPage, "https://acme.example/a"), nil); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", answer.StatusCode)
	}
}

// judge lets the time pass after which it is known who clicked.
func (s *site) judge(after time.Duration) {
	s.t.Helper()
	s.clock.Jump(s.clock.Now().Add(after))
	if _, err := s.ops.JudgeClicks(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// TestMachinesClickNothing: what scanners do is told apart, and is no click.
func TestMachinesClickNothing(t *testing.T) {
	t.Parallel()
	const page, other = "https://acme.example/a", "https://acme.example/b"
	for _, test := range []struct {
		name  string
		click func(*site)
		want  string
	}{
		{"a person", func(s *site) { s.reach(http.MethodGet, s.link(ops.ClickPage, page), nil) }, andante.EventClicked},
		{"a person, twice", func(s *site) {
			s.reach(http.MethodGet, s.link(ops.ClickPage, page), nil)
			s.reach(http.MethodGet, s.link(ops.ClickPage, page), nil)
		}, andante.EventClicked},
		{"the header alone", func(s *site) { s.reach(http.MethodHead, s.link(ops.ClickPage, page), nil) }, andante.EventMachineClicked},
		{"in advance", func(s *site) {
			s.reach(http.MethodGet, s.link(ops.ClickPage, page), map[string]string{"Sec-Purpose": "prefetch;prerender"})
		}, andante.EventMachineClicked},
		{"a scanner", func(s *site) {
			s.reach(http.MethodGet, s.link(ops.ClickPage, page), map[string]string{"User-Agent": "Barracuda Sentinel (EE)"})
		}, andante.EventMachineClicked},
		{"one that says nothing", func(s *site) {
			s.reach(http.MethodGet, s.link(ops.ClickPage, page), map[string]string{"User-Agent": ""})
		}, andante.EventMachineClicked},
		{"every link at once", func(s *site) {
			s.reach(http.MethodGet, s.link(ops.ClickPage, page), nil)
			s.clock.Jump(s.clock.Now().Add(time.Second))
			s.reach(http.MethodGet, s.link(ops.ClickPage, other), nil)
		}, andante.EventMachineClicked},
		{"beside a scanner", func(s *site) {
			s.reach(http.MethodHead, s.link(ops.ClickPage, other), nil)
			s.clock.Jump(s.clock.Now().Add(5 * time.Second))
			s.reach(http.MethodGet, s.link(ops.ClickPage, page), nil)
		}, andante.EventMachineClicked},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "en")
			test.click(s)
			s.judge(time.Second)
			if n := s.happened(); n[andante.EventClicked]+n[andante.EventMachineClicked] > 0 {
				t.Errorf("judged before its time: %v", n)
			}
			s.judge(time.Minute)
			n := s.happened()
			if n[test.want] != 1 || n[andante.EventClicked]+n[andante.EventMachineClicked] != 1 {
				t.Errorf("events %v", n)
			}
		})
	}
}

// TestPersonAfterTheScanner: who reads the mail later is a person all the same.
func TestPersonAfterTheScanner(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	s.reach(http.MethodHead, s.link(ops.ClickPage, "https://acme.example/a"), nil)
	s.judge(time.Minute)
	s.reach(http.MethodGet, s.link(ops.ClickPage, "https://acme.example/a"), nil)
	s.judge(time.Minute)
	if n := s.happened(); n[andante.EventClicked] != 1 || n[andante.EventMachineClicked] != 1 {
		t.Errorf("events %v", n)
	}
}

// TestOpened: a picture that shows nothing, whatever is wrong with its address.
func TestOpened(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	answer, picture := s.reach(http.MethodGet, s.link(ops.OpenPage, ""), nil)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "image/gif" || !strings.HasPrefix(picture, "GIF89a") {
		t.Errorf("%d, %q", answer.StatusCode, picture)
	}
	s.judge(time.Minute)
	if n := s.happened(); n[andante.EventOpened] != 1 {
		t.Errorf("events %v", n)
	}
	r, err := http.Get(strings.TrimSuffix(s.url, "u/") + "o/forged")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("a forged one shows: %d", r.StatusCode)
	}
}
