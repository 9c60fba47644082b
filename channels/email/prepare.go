package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// Prepare builds the mail's final bytes (RFC 5322, RFC 2045): multipart with
// text and HTML, UTF-8, quoted-printable, lines of at most 998 bytes that end in
// CR LF. It refuses what would make a broken mail or a header of somebody's
// choosing. The same message gives the same bytes.
func (c *Channel) Prepare(m andante.Message) (channels.Sealed, error) {
	h, err := headerOf(m)
	if err != nil {
		return channels.Sealed{}, fmt.Errorf("prepare mail of touch %s: %w", m.Touch, err)
	}
	raw, err := build(m, h)
	if err != nil {
		return channels.Sealed{}, fmt.Errorf("prepare mail of touch %s: %w", m.Touch, err)
	}
	return channels.Sealed{
		Touch:     m.Touch,
		Kind:      andante.Email,
		Sender:    h.from.Address,
		From:      h.from.Address,
		To:        h.to.Address,
		MessageID: m.MessageID,
		Bytes:     raw,
		Hash:      channels.HashOf(raw),
		Segments:  1,
	}, nil
}

// build renders header and body with go-mail and checks what came out.
func build(m andante.Message, h header) ([]byte, error) {
	msg := gomail.NewMsg(
		gomail.WithNoDefaultUserAgent(),
		gomail.WithCharset(gomail.CharsetUTF8),
		gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithBoundary(boundary(m)),
	)
	msg.FromMailAddress(h.from)
	msg.ToMailAddress(h.to)
	if h.replyTo != nil {
		msg.ReplyToMailAddress(h.replyTo)
	}
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetGenHeader(gomail.HeaderSubject, h.subject)
	for _, f := range h.fields {
		msg.SetGenHeader(gomail.Header(f[0]), f[1])
	}
	switch {
	case m.Text != "" && m.HTML != "":
		msg.SetBodyString(gomail.TypeTextPlain, m.Text)
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML) // the best one last, RFC 2046 section 5.1.4
	case m.Text != "":
		msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	default:
		msg.SetBodyString(gomail.TypeTextHTML, m.HTML)
	}
	var b bytes.Buffer
	b.Grow(len(m.HTML)*9/8 + len(m.Text)*9/8 + 2048)
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(b.Bytes(), []byte("\r\n")) {
		b.WriteString("\r\n")
	}
	return b.Bytes(), checkLines(b.Bytes())
}

// boundary parts the bodies. It is drawn from what they are, so that it stays
// the same and nobody who writes a body can foresee it.
func boundary(m andante.Message) string {
	sum := sha256.New()
	for _, s := range []string{m.MessageID, m.Text, m.HTML} {
		io.WriteString(sum, strconv.Itoa(len(s)))
		io.WriteString(sum, ":")
		io.WriteString(sum, s)
	}
	return "part-" + hex.EncodeToString(sum.Sum(nil))[:40] // go-mail doesn't quote it: token characters only
}

// checkLines holds the result to RFC 5321 section 2.3.8 and RFC 5322 section
// 2.1.1, whatever the libraries did.
func checkLines(raw []byte) error {
	for len(raw) > 0 {
		end := bytes.IndexByte(raw, '\n')
		if end < 1 || bytes.IndexByte(raw[:end], '\r') != end-1 {
			return errBareLine
		}
		if end-1 > 998 {
			return errors.New("a line is longer than 998 bytes")
		}
		raw = raw[end+1:]
	}
	return nil
}

// A header is a message's header, checked and ready to be written.
type header struct {
	from, to, replyTo *mail.Address
	subject           string
	fields            [][2]string
}

// headerOf checks everything that becomes a header field.
func headerOf(m andante.Message) (header, error) {
	var h header
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	if m.Kind != andante.Email {
		note(fmt.Errorf("a message of kind %q is no mail", m.Kind))
	}
	if m.Date.IsZero() {
		note(errors.New("date is missing"))
	}
	if m.Text == "" && m.HTML == "" {
		note(errors.New("there is no text"))
	}
	note(plainText("text", m.Text))
	note(plainText("html", m.HTML))
	var err error
	h.from, err = addressOf("from", m.From)
	note(err)
	h.to, err = recipientOf(m.To)
	note(err)
	if m.ReplyTo.Address != "" && m.ReplyTo != m.From {
		h.replyTo, err = addressOf("reply-to", m.ReplyTo)
		note(err)
	}
	h.subject, err = phrase("subject", m.Subject, 900)
	note(err)
	note(checkID("message id", m.MessageID))
	h.fields, err = threadFields(m)
	note(err)
	unsubscribe, err := unsubscribeFields(m.Unsubscribe)
	note(err)
	h.fields = append(h.fields, unsubscribe...)
	return h, errors.Join(errs...)
}

// threadFields ties the mail to those that it answers (RFC 5322 section 3.6.4).
func threadFields(m andante.Message) ([][2]string, error) {
	var fields [][2]string
	if m.InReplyTo != "" {
		if err := checkID("in-reply-to", m.InReplyTo); err != nil {
			return nil, err
		}
		fields = append(fields, [2]string{"In-Reply-To", "<" + m.InReplyTo + ">"})
	}
	ids := make([]string, len(m.References))
	for i, id := range m.References {
		if err := checkID("references", id); err != nil {
			return nil, err
		}
		ids[i] = "<" + id + ">"
	}
	if len(ids) > 0 {
		fields = append(fields, [2]string{"References", strings.Join(ids, " ")})
	}
	return fields, nil
}
