package engine

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
)

// hostile is a contact that means harm, or came from a broken export. clean means
// that a Postgres store would take it in at all.
type hostile struct {
	name  string
	clean bool
	spoil func(*andante.Contact)
}

var hostiles = []hostile{
	{"a header in the name", true, func(c *andante.Contact) { c.FirstName = "Ann\r\nBcc: everybody@evil.example\r\n\r\nHello" }},
	{"a template in the name", true, func(c *andante.Contact) { c.FirstName = "{{ company.name }}{% for i in (1..100000000) %}x{% endfor %}" }},
	{"markup in the name", true, func(c *andante.Contact) { c.FirstName = `"><script>alert(1)</script><a href="` }},
	{"a name without end", true, func(c *andante.Contact) { c.FirstName = strings.Repeat("Ann ", 100_000) }},
	{"marks that turn the text around", true, func(c *andante.Contact) { c.FirstName = "\u202egnp.exe\u2066\u0300\u200d\ufeff" }},
	{"a dot on a line of its own", true, func(c *andante.Contact) { c.FirstName = "Ann\r\n.\r\nMAIL FROM:<x@evil.example>\r\n" }},
	{"NUL and broken UTF-8", false, func(c *andante.Contact) { c.FirstName, c.LastName = "A\x00n\xffn", "\xc3\x28" }},
	{"a command in the address", true, func(c *andante.Contact) { c.Email = "x@town.example>\r\nRCPT TO:<everybody@evil.example" }},
	{"two addresses", true, func(c *andante.Contact) { c.Email = "x@town.example, everybody@evil.example" }},
	{"an address that is none", true, func(c *andante.Contact) { c.Email = "\"@\"@@<>" }},
	{"broken UTF-8 in the address", false, func(c *andante.Contact) { c.Email = "x\xff\x00@town.example" }},
	{"no address", true, func(c *andante.Contact) { c.Email = "" }},
	{"a zone that is none", true, func(c *andante.Contact) { c.Zone, c.Country, c.Language = "../../etc/passwd", "U\nS", "xx-\u0001" }},
	{"a link that runs", true, func(c *andante.Contact) { c.Fields = map[string]string{"note": "javascript:alert(1)"} }},
	{"a link that is none", true, func(c *andante.Contact) { c.Fields = map[string]string{"note": "https://\x01\" onclick=x"} }},
}

// rude answers of a mail server, by the recipient's name.
var rude = map[string]inbox.Reply{
	"refused-rcpt": {Raw: []byte("550 \x00\xff\r\n")},
	"refused-dot":  {Raw: []byte("550 \x00\xff\r\n")},
	"many-lines":   {Raw: []byte("550-\xff\xfe\r\n550-5.1.1 \x1b[2J\r\n550 5.1.1 nobody\r\n")},
	"no-number":    {Raw: []byte("\x00\xff\xfe\r\n")},
	"endless":      {Raw: append(bytes.Repeat([]byte("x"), 200_000), '\r', '\n')},
	"cut":          {After: 60},
}

// answers is the script of the rude server.
func answers(c inbox.Command) *inbox.Reply {
	name, _, _ := strings.Cut(c.To, "@")
	stage := map[string]inbox.Stage{"refused-dot": inbox.Dot, "cut": inbox.Body}[name]
	if stage == "" {
		stage = inbox.RcptTo
	}
	// At the stage of RCPT, To is the recipient before this one.
	if c.Stage == inbox.RcptTo {
		_, rest, _ := strings.Cut(c.Line, "<")
		name, _, _ = strings.Cut(rest, "@")
	}
	if r, ok := rude[name]; ok && c.Stage == stage {
		return &r
	}
	return nil
}

// TestPoison: hostile contacts, a text that fails for one of them and a server
// that answers nonsense to another harm nobody else, each of them has an outcome,
// and no half mail stands at the server.
func TestPoison(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { poison(t, onSQLite, func(hostile) bool { return true }) })
	t.Run("Postgres", func(t *testing.T) { poison(t, (*scene).onPostgres, func(h hostile) bool { return h.clean }) })
}

func poison(t *testing.T, setting func(*scene), takes func(hostile) bool) {
	town := harness.NewTown(120, 1)
	spoiled := map[andante.ContactID]string{}
	spoil := func(i int, name string, f func(*andante.Contact)) {
		f(&town.Contacts[i])
		spoiled[town.Contacts[i].ID] = name
	}
	for i, h := range hostiles {
		if takes(h) {
			spoil(3*i+1, h.name, h.spoil)
		}
	}
	i := 3*len(hostiles) + 1
	for name := range rude {
		spoil(i, name, func(c *andante.Contact) { c.Email = name + "@town.example" })
		i += 3
	}
	s := newScene(t, harness.Workspace{Sequences: map[string]string{
		"hello": harness.Sequence("hello", "", harness.Mail{
			Body: "Hello {{ contact.first_name | default: \"there\" }}, [read this]({{ contact.note | default: \"https://harness.example\" }}).",
		}),
	}}, town, inbox.Options{Script: answers})
	setting(s)
	s.enroll("hello")
	s.alone()

	books := s.books()
	audit := books.Audit()
	t.Log(audit)
	report(t, audit.Breaches)
	report(t, books.ReasonGiven())
	for _, x := range books.Touches {
		name, bad := spoiled[x.Contact]
		if !bad && x.State != andante.Sent {
			t.Errorf("touch %s of an honest contact is %s: %s %s", x.ID, x.State, x.Reason, x.Evidence.Detail)
		}
		if bad {
			t.Logf("%s: %s %s %q", name, x.State, x.Reason, x.Evidence.Detail)
		}
		if want := outcomes[name]; want != "" && x.State != want {
			t.Errorf("%s: %s, want %s", name, x.State, want)
		}
	}
	for _, m := range s.inbox.Mails() {
		if what := wrong(m); what != "" {
			t.Errorf("mail to %v: %s", m.To, what)
		}
	}
}

// outcomes are where the end is certain.
var outcomes = map[string]andante.State{
	"refused-rcpt": andante.Failed, "refused-dot": andante.Failed, "many-lines": andante.Failed, "cut": andante.Unknown, // the final dot was handed to the socket

	"two addresses": andante.Failed, "a command in the address": andante.Failed, "no address": andante.Skipped, "a link that runs": andante.Failed,
}

// wrong says what is wrong with a received mail.
func wrong(m inbox.Mail) string {
	if len(m.To) != 1 || !strings.HasSuffix(m.To[0], "@town.example") {
		return "it goes to somebody else"
	}
	r, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return err.Error()
	}
	if r.Header.Get("Bcc") != "" {
		return "it has a header of somebody's choosing"
	}
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return err.Error()
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	n := 0
	for ; ; n++ {
		p, err := parts.NextPart() // it undoes quoted-printable
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err.Error()
		}
		text, err := io.ReadAll(p)
		switch {
		case err != nil:
			return err.Error()
		case !bytes.Contains(text, []byte(harness.EndMark)):
			return "it is half a mail"
		case strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") && bytes.Contains(bytes.ToLower(text), []byte("<script")):
			return "it has a script"
		}
	}
	if n != 2 {
		return "it has not two parts"
	}
	return ""
}
