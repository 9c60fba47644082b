package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// A siege is a running web role, and somebody who means it ill.
type siege struct {
	*scene
	e       *Engine
	addr    string
	contact andante.Contact
	links   map[string]string // page → a token of the contact
}

func laySiege(t *testing.T) *siege {
	s := &siege{scene: newScene(t, harness.Workspace{}, harness.NewTown(3, 1), inbox.Options{})}
	s.part.Roles, s.part.UntilIdle = []Role{RoleWeb}, false
	s.enroll("hello")
	s.e = s.open()
	s.e.Config.Web.Listen = "127.0.0.1:0"
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- s.e.Run(ctx, RunOptions{Roles: s.part.Roles, Ready: func(addr string) { ready <- addr }})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		s.e.Close()
	})
	select {
	case s.addr = <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	s.contact = s.town.Contacts[1]
	now, k := s.e.Clock.Now(), s.e.Ops.Keys
	leave := k.Sign(ops.Token{Contact: s.contact.ID, Touch: andante.NewID[andante.TouchID](now), Kind: andante.Email, Address: k.Hash(s.contact.Email)})
	sign := func(page ops.LinkPage, says string) string {
		return k.SignLink(ops.Link{Page: page, Contact: s.contact.ID, Touch: andante.NewID[andante.TouchID](now), Says: says})
	}
	s.links = map[string]string{
		"u": leave, "p": leave, "a": sign(ops.AnswerPage, "contact.note=yes"), "d": sign(ops.DataPage, fmt.Sprint("erase ", now.Add(time.Hour).Unix())),
		"c": sign(ops.ClickPage, "https://acme.example/x"), "o": sign(ops.OpenPage, ""),
	}
	return s
}

// ask sends a request, follows nothing, and returns what came back.
func (s *siege) ask(method, path, body string, header ...string) (code int, h http.Header, text string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.addr+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Mozilla/5.0")
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return got.StatusCode, got.Header, string(b)
}

// known is all that the store holds of the contact, but for clicks, which are no change.
func (s *siege) known() string {
	s.t.Helper()
	var about map[string][]store.Row
	err := s.e.Store.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		about, err = tx.About(s.t.Context(), s.contact)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	delete(about, "clicks")
	b, err := json.Marshal(about)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// TestALookChangesNothing: GET and HEAD on every link, also dressed up as something else.
func TestALookChangesNothing(t *testing.T) {
	t.Parallel()
	s := laySiege(t)
	before := s.known()
	for page, token := range s.links {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for _, header := range [][]string{nil, {"X-HTTP-Method-Override", "POST"}, {"X-Method-Override", "DELETE"}, {"Purpose", "prefetch"}, {"Content-Type", "application/x-www-form-urlencoded"}} {
				code, _, _ := s.ask(method, "/"+page+"/"+token+"?List-Unsubscribe=One-Click&less=month&never=all&data=erase&send=yes", "", header...)
				if code >= 400 {
					t.Errorf("%s /%s/: %d", method, page, code)
				}
			}
		}
		if after := s.known(); after != before {
			t.Fatalf("a look at /%s/ changed the store:\n%s\n%s", page, before, after)
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS"} {
		if code, _, _ := s.ask(method, "/u/"+s.links["u"], ""); code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, code)
		}
	}
	if code, _, _ := s.ask(http.MethodPost, "/u/"+s.links["u"], "List-Unsubscribe=One-Click", "Content-Type", "application/x-www-form-urlencoded"); code != 200 || s.known() == before {
		t.Errorf("the one press that counts: %d", code)
	}
}

// TestForgedLinks: a token is for one page and one contact, and every other bit of it is refused.
func TestForgedLinks(t *testing.T) {
	t.Parallel()
	s := laySiege(t)
	before := s.known()
	refused := func(page, token string) {
		t.Helper()
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			code, h, text := s.ask(method, "/"+page+"/"+token, "less=month", "Content-Type", "application/x-www-form-urlencoded")
			point := page == "o" && code == 200 // the picture looks the same to everybody
			if code < 400 && !point || h.Get("Location") != "" || h.Get("X-Evil") != "" || strings.Contains(text, "evil.example") {
				t.Errorf("%s /%s/%.60s: %d %v", method, page, token, code, h)
			}
		}
	}
	for page, token := range s.links {
		for i := 0; i < len(token)-1; i += 7 {
			other := byte('A')
			if token[i] == 'A' {
				other = 'B'
			}
			refused(page, token[:i]+string(other)+token[i+1:])
		}
		refused(page, token[:len(token)-4])
		refused(page, token+"AAAA")
		refused(page, strings.Repeat("A", 100_000))
		for other, theirs := range s.links {
			if other != page && theirs != token {
				refused(page, theirs)
			}
		}
	}
	for _, bad := range []string{"%00", "..%2f..%2fsecrets%2fandante.keys", "x%0d%0aX-Evil:%20yes", "https:%2f%2fevil.example", "%2f%2fevil.example", "<script>evil.example</script>"} {
		refused("c", bad)
		refused("u", bad)
		refused("d", bad)
	}
	if s.known() != before {
		t.Error("a forged link changed the store")
	}
}

// TestHostsAndSizes: no page says what a request says of itself, nor reads more than it needs.
func TestHostsAndSizes(t *testing.T) {
	t.Parallel()
	s := laySiege(t)
	for page, token := range s.links {
		code, h, text := s.ask(http.MethodGet, "/"+page+"/"+token, "", "Host", "evil.example", "X-Forwarded-Host", "evil.example", "Referer", "https://evil.example/")
		if strings.Contains(text+fmt.Sprint(h), "evil.example") {
			t.Errorf("/%s/ answers %d with the host that the request names", page, code)
		}
		if page != "c" && page != "o" && !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("/%s/ has the headers %v", page, h)
		}
	}
	big := strings.Repeat("x=1&", 2<<20) // 8 MB
	if code, _, _ := s.ask(http.MethodPost, "/p/"+s.links["p"], big+"less=month", "Content-Type", "application/x-www-form-urlencoded"); code >= 500 || strings.Contains(s.known(), `"max":1`) {
		t.Errorf("a body of 8 MB: %d", code)
	}
	if code, _, _ := s.ask(http.MethodPost, "/api/v1/events", strings.Repeat("{}", 4<<20), "Content-Type", "application/json", "Authorization", "Bearer andante_x"); code < 400 || code >= 500 {
		t.Errorf("8 MB without a key: %d", code)
	}
	code, _, _ := s.ask(http.MethodGet, "/healthz", "", "X-Big", strings.Repeat("x", 64<<10))
	if code != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 64 KB: %d", code)
	}
}

// TestSlowClients: who sends a byte now and then keeps nobody else waiting, and is cut off.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for ten seconds")
	}
	s := laySiege(t)
	var slow []net.Conn
	for range 200 {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /u/%s HTTP/1.1\r\nHost: x\r\nX-", s.links["u"])
		slow = append(slow, c)
	}
	for range 20 {
		if code, _, _ := s.ask(http.MethodGet, "/p/"+s.links["p"], ""); code != 200 {
			t.Fatalf("beside slow clients: %d", code)
		}
	}
	cut := 0
	for _, c := range slow {
		if err := c.SetReadDeadline(andante.SystemClock{}.Wall().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		answer, err := bufio.NewReader(c).ReadString('\n')
		if err == io.EOF || strings.Contains(answer, "408") || strings.Contains(answer, "400") {
			cut++
		}
	}
	if cut != len(slow) {
		t.Errorf("%d of %d slow clients were cut off", cut, len(slow))
	}
}
