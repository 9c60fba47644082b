package email_test

import (
	"bytes"
	"flag"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	gomessage "github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels/email"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func builder(t testing.TB) *email.Channel {
	t.Helper()
	ch, err := email.New(email.Config{Server: email.Server{Host: "localhost"}}, andante.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func welcome() andante.Message {
	return andante.Message{
		Touch: "01935100-0000-7000-8000-000000000001", Kind: andante.Email,
		From:        andante.Mailbox{Name: "Jonas Weber", Address: "jonas@harborview.example"},
		To:          andante.Mailbox{Name: "Maria Ortiz", Address: "maria@oakfield.example"},
		Subject:     "Your winter maintenance plan",
		Text:        "Hello Maria,\n\nhere is the plan.\n\nJonas\n",
		HTML:        "<p>Hello Maria,</p>\n<p>here is the plan.</p>\n<p>Jonas</p>\n",
		MessageID:   "01935100-0000-7000-8000-000000000001@harborview.example",
		Unsubscribe: "https://harborview.example/u/k7Qm2",
		Date:        time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CET", 3600)),
	}
}

func goldenMessages() map[string]andante.Message {
	plain := welcome()
	plain.HTML, plain.Unsubscribe = "", ""

	onlyHTML := welcome()
	onlyHTML.Text = ""

	german := welcome()
	german.Touch = "01935100-0000-7000-8000-000000000002"
	german.From.Name = "Jürgen \"JJ\" Weiß, Hausverwaltung"
	german.To = andante.Mailbox{Name: "Zoë Müller", Address: "Zoe.Mueller+plan@bücher.example"}
	german.ReplyTo = andante.Mailbox{Address: "antwort@harborview.example"}
	german.Subject = "Grüße aus dem Hafen: was sich seit Ihrem letzten Besuch bei uns im Haus alles geändert hat"
	german.Cc = []andante.Mailbox{{Name: "Änne Weiß", Address: "aenne@harborview.example"}, {Name: "Buchhaltung", Address: "rechnung@harborview.example"}}
	german.Text = "Guten Tag,\r\n.ein Punkt\r\rFrom hier an\n" + strings.Repeat("lang ", 300) + strings.Repeat("ü", 1200) + "\n."
	german.InReplyTo = "first@harborview.example"
	german.References = []string{"first@harborview.example", "second@harborview.example", "a-rather-long-one-that-must-be-folded@harborview.example"}
	german.Unsubscribe = "https://harborview.example/u/" + strings.Repeat("x", 800)

	// An image and files of all sorts of names, one of which looks like a boundary.
	files := welcome()
	files.HTML = `<p>Hello Maria, <img src="cid:img-1@andante" alt="the plan"></p>` + "\n"
	files.Parts = []andante.Part{
		{Name: "plan.png", MediaType: "image/png", ContentID: "img-1@andante", Bytes: bytes.Repeat([]byte("\x89PNG\r\n\x1a\n"), 30)},
		{Name: "plan.pdf", MediaType: "application/pdf", Bytes: []byte("%PDF-1.7\r\n--part-\r\n.\r\n")},
		{Name: "Wartung: Übersicht & Preise 2027 (50%), \"neu\".csv", MediaType: "text/csv", Bytes: []byte("a;b\nü;ö\n")},
		{Name: "計画書.pdf", MediaType: "application/pdf", Bytes: []byte{0}},
	}
	attached := files
	attached.HTML, attached.Parts = "", files.Parts[1:2]
	shown := files
	shown.Text, shown.Parts = "", files.Parts[:1]

	international := welcome()
	international.To = andante.Mailbox{Name: "Jürgen Weiß", Address: "jürgen@bücher.example"}
	return map[string]andante.Message{
		"plain": plain, "html": onlyHTML, "both": welcome(), "german": german, "files": files, "attached": attached, "shown": shown, "international": international,
	}
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for name, m := range goldenMessages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := builder(t).Prepare(m)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".eml")
			if *update {
				if err := os.WriteFile(file, s.Bytes, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(s.Bytes)); diff != "" {
				t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, diff)
			}
			checkForm(t, s.Bytes)
			readBack(t, m, want)
		})
	}
}

// checkForm holds the bytes to what mailbox providers insist on.
func checkForm(t *testing.T, raw []byte) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("bad line of %d bytes: %.80q", len(line), line)
		}
	}
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Error("the last line has no end")
	}
	for line := range bytes.Lines(raw) {
		international := bytes.HasPrefix(line, []byte("To: ")) // RFC 6532: an address stands as it is
		if i := bytes.IndexFunc(line, func(r rune) bool { return r >= 0x80 }); i >= 0 && !international {
			t.Fatalf("%q is not 7-bit", line)
		}
	}
}

// readBack parses the mail with a second reader and compares what it finds with
// what was meant.
func readBack(t *testing.T, m andante.Message, raw []byte) {
	t.Helper()
	r, err := gomessage.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, _ := r.Header.Subject()
	id, _ := r.Header.MessageID()
	date, _ := r.Header.Date()
	if subject != m.Subject || id != m.MessageID || !date.Equal(m.Date) {
		t.Errorf("read back subject %q, id %q, date %v", subject, id, date)
	}
	from, _ := r.Header.AddressList("From")
	to, _ := r.Header.AddressList("To")
	if len(from) != 1 || from[0].Name != m.From.Name || len(to) != 1 || to[0].Name != m.To.Name {
		t.Errorf("read back from %v to %v", from, to)
	}
	references, _ := r.Header.MsgIDList("References")
	if diff := cmp.Diff(m.References, references); diff != "" && len(m.References) > 0 {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	unsubscribe := ""
	if m.Unsubscribe != "" {
		unsubscribe = "<" + m.Unsubscribe + ">"
	}
	if got := r.Header.Get("List-Unsubscribe"); got != unsubscribe {
		t.Errorf("List-Unsubscribe %q, want %q", got, unsubscribe)
	}
	var bodies, want []string
	for _, b := range []string{m.Text, m.HTML} {
		if b != "" {
			want = append(want, lines(b))
		}
	}
	for _, p := range m.Parts {
		want = append(want, lines(string(p.Bytes)))
	}
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, lines(string(b)))
	}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

// lines makes line ends alike; how many close the text is not of its meaning.
func lines(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.TrimRight(s, "\n")
}

func TestSealed(t *testing.T) {
	t.Parallel()
	m := goldenMessages()["german"]
	s, err := builder(t).Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	if s.From != "jonas@harborview.example" || s.To != "Zoe.Mueller+plan@xn--bcher-kva.example" {
		t.Errorf("envelope from %q to %q", s.From, s.To)
	}
	for range 20 {
		again, _ := builder(t).Prepare(m)
		if again.Hash != s.Hash {
			t.Fatal("the same message gave other bytes")
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*andante.Message){
		"a line in the subject":          func(m *andante.Message) { m.Subject = "Hello\r\nBcc: all@oakfield.example" },
		"a line feed in the subject":     func(m *andante.Message) { m.Subject = "Hello\nBcc: all@oakfield.example" },
		"a tab in the subject":           func(m *andante.Message) { m.Subject = "a\tb" },
		"C1 in the subject":              func(m *andante.Message) { m.Subject = "a\u0085b" },
		"an encoded word in the subject": func(m *andante.Message) { m.Subject = "=?utf-8?q?=0D=0A?=" },
		"broken UTF-8 in the subject":    func(m *andante.Message) { m.Subject = "a\xff" },
		"a subject without end":          func(m *andante.Message) { m.Subject = strings.Repeat("x", 901) },
		"NUL in the name":                func(m *andante.Message) { m.To.Name = "Ma\x00ria" },
		"a line in the name":             func(m *andante.Message) { m.From.Name = "Jonas\r\nX: y" },
		"a line in the address":          func(m *andante.Message) { m.To.Address = "maria@oakfield.example\r\nDATA" },
		"two addresses":                  func(m *andante.Message) { m.To.Address = "a@oakfield.example,b@oakfield.example" },
		"brackets":                       func(m *andante.Message) { m.To.Address = "<maria@oakfield.example>" },
		"parameters":                     func(m *andante.Message) { m.To.Address = "maria@oakfield.example> NOTIFY=NEVER <x@y.example" },
		"a quoted local part":            func(m *andante.Message) { m.To.Address = `"maria ortiz"@oakfield.example` },
		"no @":                           func(m *andante.Message) { m.To.Address = "maria" },
		"no domain":                      func(m *andante.Message) { m.To.Address = "maria@" },
		"no local part":                  func(m *andante.Message) { m.To.Address = "@oakfield.example" },
		"a domain without dot":           func(m *andante.Message) { m.To.Address = "maria@oakfield" },
		"a domain with empty label":      func(m *andante.Message) { m.To.Address = "maria@oakfield..example" },
		"a domain that ends in a dot":    func(m *andante.Message) { m.To.Address = "maria@oakfield.example." },
		"an IP address":                  func(m *andante.Message) { m.To.Address = "maria@192.0.2.1" },
		"an address literal":             func(m *andante.Message) { m.To.Address = "maria@[192.0.2.1]" },
		"a dot at the end of local":      func(m *andante.Message) { m.To.Address = "maria.@oakfield.example" },
		"two dots":                       func(m *andante.Message) { m.To.Address = "ma..ria@oakfield.example" },
		"a sender beyond ASCII":          func(m *andante.Message) { m.From.Address = "zoë@harborview.example" },
		"an invisible letter in to":      func(m *andante.Message) { m.To.Address = "maria\u200b@oakfield.example" },
		"a file without a name":          func(m *andante.Message) { m.Parts = []andante.Part{{MediaType: "image/png", Bytes: []byte("x")}} },
		"a line in a file's name": func(m *andante.Message) {
			m.Parts = []andante.Part{{Name: "a\r\nX: y", MediaType: "image/png", Bytes: []byte("x")}}
		},
		"a folder in a file's name": func(m *andante.Message) {
			m.Parts = []andante.Part{{Name: "../a.png", MediaType: "image/png", Bytes: []byte("x")}}
		},
		"a line in a media type": func(m *andante.Message) {
			m.Parts = []andante.Part{{Name: "a", MediaType: "image/png\r\nX: y", Bytes: []byte("x")}}
		},
		"a line in a Content-ID": func(m *andante.Message) {
			m.Parts = []andante.Part{{Name: "a", MediaType: "image/png", ContentID: "a@b>\r\nX: y", Bytes: []byte("x")}}
		},
		"an empty file": func(m *andante.Message) { m.Parts = []andante.Part{{Name: "a", MediaType: "image/png"}} },
		"an image that nothing shows": func(m *andante.Message) {
			m.HTML, m.Parts = "", []andante.Part{{Name: "a", MediaType: "image/png", ContentID: "a@b", Bytes: []byte("x")}}
		},
		"more than a mailbox takes": func(m *andante.Message) {
			m.Parts = []andante.Part{{Name: "a", MediaType: "image/png", Bytes: make([]byte, 8<<20)}}
		},
		"a long local part":                func(m *andante.Message) { m.To.Address = strings.Repeat("x", 65) + "@oakfield.example" },
		"no recipient":                     func(m *andante.Message) { m.To.Address = "" },
		"no sender":                        func(m *andante.Message) { m.From.Address = "" },
		"a bad reply-to":                   func(m *andante.Message) { m.ReplyTo.Address = "x" },
		"no date":                          func(m *andante.Message) { m.Date = time.Time{} },
		"no message id":                    func(m *andante.Message) { m.MessageID = "" },
		"brackets in the message id":       func(m *andante.Message) { m.MessageID = "<a@b>" },
		"a line in the message id":         func(m *andante.Message) { m.MessageID = "a@b\r\nX: y" },
		"a space in a reference":           func(m *andante.Message) { m.References = []string{"a@b", "c d@e"} },
		"a line in in-reply-to":            func(m *andante.Message) { m.InReplyTo = "a@b\nX: y" },
		"an http link to leave":            func(m *andante.Message) { m.Unsubscribe = "http://harborview.example/u/1" },
		"a mailto link to leave":           func(m *andante.Message) { m.Unsubscribe = "mailto:leave@harborview.example" },
		"a link with brackets":             func(m *andante.Message) { m.Unsubscribe = "https://h.example/>,<mailto:x@y.example" },
		"a link with a line":               func(m *andante.Message) { m.Unsubscribe = "https://h.example/\r\nX: y" },
		"a link without host":              func(m *andante.Message) { m.Unsubscribe = "https:///u" },
		"no body":                          func(m *andante.Message) { m.Text, m.HTML = "", "" },
		"NUL in the body":                  func(m *andante.Message) { m.Text = "a\x00" },
		"broken UTF-8 in the body":         func(m *andante.Message) { m.HTML = "a\xff" },
		"another kind":                     func(m *andante.Message) { m.Kind = andante.SMS },
		"letters that turn into a bad one": func(m *andante.Message) { m.To.Address = "maria@oak\u2488field.example" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := welcome()
			change(&m)
			if s, err := builder(t).Prepare(m); err == nil {
				t.Errorf("not refused:\n%s", s.Bytes)
			} else if strings.Contains(err.Error(), "oakfield.example") {
				t.Errorf("the error tells the address: %v", err)
			}
		})
	}
}

func TestDemoMayLinkToLoopback(t *testing.T) {
	t.Parallel()
	m := welcome()
	m.Unsubscribe = "http://127.0.0.1:8080/u/1"
	if _, err := builder(t).Prepare(m); err != nil {
		t.Error(err)
	}
}

// FuzzPrepare: whatever a contact is called or an author writes, the mail has
// the header that we meant, by two readers, and nothing else.
func FuzzPrepare(f *testing.F) {
	f.Add("Maria", "maria@oakfield.example", "Hello", "text", "<p>text</p>", "https://h.example/u")
	f.Add("a\r\nBcc: x@y.z", "a@b.c\r\nRCPT TO:<x>", "s\nX: y", "\r\n.\r\n", "\n.\n", "https://h.example/\n")
	f.Add(strings.Repeat(" ", 200), "ü@ü.example", strings.Repeat(" ", 300)+"x", strings.Repeat("x", 2000), "--part-", "")
	f.Add("=?utf-8?q?x?=", "a@bücher.example", "=?utf-8?b?DQo=?=", "From x", "\x00", "https://h.example/>,<x")
	f.Add("\"quoted\\", "o'neil+a=b@oakfield.example", strings.Repeat("ü", 400), "\r\r\n\n", "a=\r\n=20", "https://h.example/\u00a0")
	f.Fuzz(func(t *testing.T, name, address, subject, text, html, link string) {
		m := welcome()
		m.To = andante.Mailbox{Name: name, Address: address}
		m.Subject, m.Text, m.HTML, m.Unsubscribe = subject, text, html, link
		s, err := builder(t).Prepare(m)
		if err != nil {
			return
		}
		checkForm(t, s.Bytes)
		if strings.ContainsAny(s.To, "\r\n <>") {
			t.Errorf("envelope to %q", s.To)
		}
		want := []string{"Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
		if text == "" || html == "" {
			want = append(want, "Content-Transfer-Encoding")
		}
		if link != "" {
			want = append(want, "List-Unsubscribe", "List-Unsubscribe-Post")
		} else {
			want = append(want, "Auto-Submitted")
		}
		slices.Sort(want)
		one, err := mail.ReadMessage(bytes.NewReader(s.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for k, v := range one.Header {
			got = append(got, slices.Repeat([]string{k}, len(v))...)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("net/mail's header (-want +got):\n%s", diff)
		}
		two, err := message.Read(bytes.NewReader(s.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		got = got[:0]
		for fields := two.Header.Fields(); fields.Next(); {
			got = append(got, fields.Key())
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("go-message's header (-want +got):\n%s", diff)
		}
		if list, err := one.Header.AddressList("To"); err != nil || len(list) != 1 {
			t.Errorf("To is %q: %v %v", one.Header.Get("To"), list, err)
		}
	})
}
