package webhooks

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// button posts a button of the page at a path.
func (s *site) button(path, name, value string) (int, http.Header, string) {
	s.t.Helper()
	r, err := http.PostForm(strings.TrimSuffix(s.url, "/u/")+path, url.Values{name: {value}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, r.Header, string(body)
}

// look gets a page.
func (s *site) look(path string) (int, string) {
	s.t.Helper()
	r, err := http.Get(strings.TrimSuffix(s.url, "/u/") + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

// mailed returns what was mailed to ann.
func (s *site) mailed() (list []store.Notice) {
	s.t.Helper()
	err := s.ops.Store.Read(s.t.Context(), func(tx *store.Tx) error {
		due, err := tx.DueNotices(s.t.Context(), s.clock.Now(), 99)
		for _, d := range due {
			one, err := tx.Notices(s.t.Context(), []andante.TouchID{d.ID})
			if err != nil {
				return err
			}
			list = append(list, one...)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

var dataLink = regexp.MustCompile(`https://mail\.acme\.example(/d/[A-Za-z0-9_-]+)`)

// TestDataByMail: who asks at the page gets a link by mail, and by it all that is known of them, or
// its erasure. The page itself shows nothing.
func TestDataByMail(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	if code, body := s.look("/u/" + s.token); code != 200 || !strings.Contains(body, "Mail me a link to all of it") || strings.Contains(body, annsAddress) {
		t.Errorf("page: %d %s", code, body)
	}
	for range 2 { // who presses twice gets one mail
		s.clock.Jump(s.clock.Now().Add(time.Minute))
		if code, _, body := s.button("/u/"+s.token, "data", "export"); code != 200 || !strings.Contains(body, "We have mailed a link") || strings.Contains(body, annsAddress) {
			t.Errorf("asked: %d %s", code, body)
		}
	}
	if code, _, _ := s.button("/u/"+s.token, "data", "nonsense"); code != 404 {
		t.Errorf("nonsense: %d", code)
	}
	list := s.mailed()
	if len(list) != 1 || list[0].Contact != s.ann || !list[0].ToContact || list[0].Person != "news" || list[0].Subject != "What Acme & Sons knows of you" {
		t.Fatalf("mailed %+v", list)
	}
	link := dataLink.FindStringSubmatch(list[0].Body)[1]
	if code, body := s.look(link); code != 200 || !strings.Contains(body, "Get the file") || strings.Contains(body, annsAddress) {
		t.Errorf("a GET shows %d %s", code, body)
	}
	code, header, body := s.button(link, "data", "export")
	var d ops.Dossier
	if err := json.Unmarshal([]byte(body), &d); err != nil || code != 200 || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") || d.Known["contacts"][0]["email"] != annsAddress || len(d.Known["notices"]) > 0 {
		t.Errorf("file: %d %v %s", code, header, body)
	}
	// An erasure.
	s.button("/u/"+s.token, "data", "erase")
	if list = s.mailed(); len(list) != 2 {
		t.Fatalf("mailed %+v", list)
	}
	for _, n := range list {
		if n.Subject == "Erase what Acme & Sons knows of you" {
			link = dataLink.FindStringSubmatch(n.Body)[1]
		}
	}
	if code, body := s.look(link); code != 200 || !strings.Contains(body, "Erase all of it") {
		t.Errorf("erase page: %d %s", code, body)
	}
	if _, err := s.ops.Dossier(t.Context(), s.ann); err != nil {
		t.Fatalf("a GET erased her: %v", err)
	}
	for range 2 {
		if code, _, body := s.button(link, "data", "erase"); code != 200 || !strings.Contains(body, "It is erased") {
			t.Errorf("erased: %d %s", code, body)
		}
	}
	if _, err := s.ops.Dossier(t.Context(), s.ann); err == nil {
		t.Error("she is known still")
	}
	if strings.Contains(s.log.String(), annsAddress) {
		t.Errorf("the log names her:\n%s", s.log)
	}
}

// TestDataLinkEnds: a link is valid for a day, and none is made of another.
func TestDataLinkEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t, "de")
	s.button("/u/"+s.token, "data", "erase")
	link := dataLink.FindStringSubmatch(s.mailed()[0].Body)[1]
	s.clock.Jump(s.clock.Now().Add(24*time.Hour + time.Second))
	if code, _, body := s.button(link, "data", "erase"); code != http.StatusGone || !strings.Contains(body, "zu alt") {
		t.Errorf("an old link: %d %s", code, body)
	}
	answer := s.ops.Keys.SignLink(ops.Link{Page: ops.AnswerPage, Contact: s.ann, Says: "erase 99999999999"})
	for _, bad := range []string{answer, s.token, "x", link[3:len(link)-2] + "AA"} {
		if code, _, _ := s.button("/d/"+bad, "data", "erase"); code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, code)
		}
	}
	if _, err := s.ops.Dossier(t.Context(), s.ann); err != nil {
		t.Error(err)
	}
}
