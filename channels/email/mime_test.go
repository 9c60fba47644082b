package email

import (
	"bytes"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gomail "github.com/wneessen/go-mail"
	"pgregory.net/rapid"

	"github.com/andante-hq/andante"
)

// byGoMail builds a mail with go-mail.
func byGoMail(t *rapid.T, m andante.Message, h header) string {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithBoundary(boundary(m, "")))
	msg.FromMailAddress(h.from)
	msg.ToMailAddress(h.to)
	if h.replyTo != nil {
		msg.ReplyToMailAddress(h.replyTo)
	}
	for _, a := range h.cc {
		msg.AddCcMailAddress(a)
	}
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(m.MessageID)
	for name, value := range map[gomail.Header]string{
		gomail.HeaderSubject: h.subject, gomail.HeaderInReplyTo: h.answers, gomail.HeaderReferences: h.references,
		gomail.HeaderListUnsubscribe: h.unsubscribe,
	} {
		if value != "" || name == gomail.HeaderSubject {
			msg.SetGenHeader(name, value)
		}
	}
	if h.unsubscribe != "" {
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	} else {
		msg.SetGenHeader("Auto-Submitted", "auto-generated")
	}
	switch {
	case m.Text != "" && m.HTML != "":
		msg.SetBodyString(gomail.TypeTextPlain, m.Text)
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	case m.Text != "":
		msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	default:
		msg.SetBodyString(gomail.TypeTextHTML, m.HTML)
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(b.Bytes(), []byte("\r\n")) {
		b.WriteString("\r\n")
	}
	return b.String()
}

// Words of bodies and headers: what encodings stumble over, and any text.
var (
	drawWord = rapid.OneOf(
		rapid.SampledFrom([]string{"a", "Maria", "=", ".", "ü", "日本語", "👩‍👩‍👧", "\t", "  ", "From", "=41", "\\", "\"", "<b>", "@", ",", strings.Repeat("x", 74), strings.Repeat("ü", 40), strings.Repeat("long ", 20)}),
		rapid.StringMatching(`[ -~]{0,90}`), rapid.String())
	drawBody = rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(1, 12).Draw(t, "words") {
			b.WriteString(strings.ReplaceAll(strings.ReplaceAll(drawWord.Draw(t, "word"), "\r", ""), "\x00", ""))
			b.WriteString(rapid.SampledFrom([]string{"", " ", "\n", "\r\n", " \n", "\t\n", "\n\n"}).Draw(t, "after"))
		}
		return b.String()
	})
)

// TestBuiltAsByGoMail: what becomes of a message is, byte for byte, what go-mail makes of
// it.
func TestBuiltAsByGoMail(t *testing.T) {
	t.Parallel()
	ids := rapid.SampledFrom([]string{"first@harborview.example", "a-rather-long-one-that-must-be-folded-somewhere@harborview.example", "x@y"})
	rapid.Check(t, func(t *rapid.T) {
		m := andante.Message{
			Kind:    andante.Email,
			From:    andante.Mailbox{Name: drawWord.Draw(t, "from"), Address: "jonas@harborview.example"},
			To:      andante.Mailbox{Name: drawWord.Draw(t, "to"), Address: "Zoe.Mueller+plan@bücher.example"},
			Subject: drawWord.Draw(t, "subject") + " " + drawWord.Draw(t, "subject"),
			Text:    drawBody.Draw(t, "text"), HTML: rapid.OneOf(rapid.Just(""), drawBody).Draw(t, "html"),
			MessageID: ids.Draw(t, "id"), InReplyTo: rapid.OneOf(rapid.Just(""), ids).Draw(t, "answers"), References: rapid.SliceOfN(ids, 0, 9).Draw(t, "references"),
			Unsubscribe: rapid.SampledFrom([]string{"", "https://harborview.example/u/k7", "https://harborview.example/u/" + strings.Repeat("x", 800)}).Draw(t, "unsubscribe"),
			Date:        time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CET", 3600)),
		}
		if rapid.Bool().Draw(t, "reply to") {
			m.ReplyTo = andante.Mailbox{Address: "antwort@harborview.example"}
		}
		for range rapid.IntRange(0, 3).Draw(t, "copies") {
			m.Cc = append(m.Cc, andante.Mailbox{Name: drawWord.Draw(t, "copied"), Address: "nora@harborview.example"})
		}
		if rapid.IntRange(0, 5).Draw(t, "html alone") == 0 && m.HTML != "" {
			m.Text = ""
		}
		h, err := headerOf(m)
		if err != nil {
			t.Skip(err)
		}
		if diff := cmp.Diff(byGoMail(t, m, h), string(compose(m, h))); diff != "" {
			t.Fatalf("-go-mail +ours:\n%s", diff)
		}
	})
}

// FuzzQuotedPrintable: a body is encoded as the standard library does, but for a CR alone,
// of which that makes one line end too few before what must be encoded.
func FuzzQuotedPrintable(f *testing.F) {
	for _, s := range []string{"", "plain", "a = b\n", "tab\t\nspace \r\n", strings.Repeat("ü", 100), strings.Repeat("x", 75) + " \n", strings.Repeat("x", 74) + "é", "\n.\n", "a\rb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
		var want bytes.Buffer
		w := quotedprintable.NewWriter(&want)
		w.Write([]byte(s))
		w.Close()
		if got := string(appendQuotedPrintable(nil, s)); got != want.String() {
			t.Errorf("%q: %q, want %q", s, got, want.String())
		}
		if got, crlf := appendQuotedPrintable(nil, strings.ReplaceAll(s, "\n", "\r\n")), want.Bytes(); !bytes.Equal(got, crlf) {
			t.Errorf("%q with CR LF: %q, want %q", s, got, crlf)
		}
	})
}
