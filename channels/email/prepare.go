package email

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// Prepare builds the mail's final bytes (RFC 5322, RFC 2045): multipart with
// text and HTML, UTF-8, quoted-printable, lines of at most 998 bytes that end in
// CR LF. It refuses what would make a broken mail or a header of somebody's
// choosing. The same message gives the same bytes, but for the time in a DKIM signature.
func (c *Channel) Prepare(m andante.Message) (channels.Sealed, error) {
	h, err := headerOf(m)
	if err != nil {
		return channels.Sealed{}, fmt.Errorf("prepare mail of touch %s: %w", m.Touch, err)
	}
	raw := compose(m, h)
	raw, err = sign(c.cfg.Keys, h.from.Address, raw)
	if err != nil {
		return channels.Sealed{}, fmt.Errorf("prepare mail of touch %s: %w", m.Touch, err)
	}
	if len(raw) > maxMail {
		return channels.Sealed{}, fmt.Errorf("prepare mail of touch %s: it has %d MB, and many mailboxes take no more than %d", m.Touch, len(raw)>>20, maxMail>>20)
	}
	if err := checkLines(raw); err != nil {
		return channels.Sealed{}, fmt.Errorf("prepare mail of touch %s: %w", m.Touch, err)
	}
	return channels.Sealed{
		Touch:     m.Touch,
		Kind:      andante.Email,
		Sender:    h.from.Address,
		From:      h.bounces,
		To:        h.to.Address,
		Cc:        h.copied(),
		MessageID: m.MessageID,
		Bytes:     raw,
		Hash:      channels.HashOf(raw),
		Segments:  1,
	}, nil
}

// checkLines holds the result to RFC 5321 section 2.3.8 and RFC 5322 section
// 2.1.1, whatever came in.
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
	cc                []*mail.Address
	subject           string
	bounces           string // envelope sender

	// The values of fields that not every mail has.
	answers, references, unsubscribe string
}

// copied are the addresses of those who get a copy.
func (h *header) copied() (list []string) {
	for _, a := range h.cc {
		list = append(list, a.Address)
	}
	return list
}

// named are the same people as the header shows them.
func (h *header) named() (list []string) {
	for _, a := range h.cc {
		list = append(list, a.String())
	}
	return list
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
	for _, copied := range m.Cc {
		cc, err := addressOf("cc", copied)
		note(err)
		h.cc = append(h.cc, cc)
	}
	if m.ReplyTo.Address != "" && m.ReplyTo != m.From {
		h.replyTo, err = addressOf("reply-to", m.ReplyTo)
		note(err)
	}
	h.subject, err = phrase("subject", m.Subject, 900)
	note(err)
	note(checkID("message id", m.MessageID))
	h.answers, h.references, err = threadOf(m)
	note(err)
	h.unsubscribe, err = unsubscribeOf(m.Unsubscribe, m.LeaveTo)
	note(err)
	if h.from != nil {
		h.bounces = h.from.Address
	}
	if m.Bounces != "" {
		h.bounces, err = plainAddress("bounces", m.Bounces)
		note(err)
	}
	note(checkParts(m))
	return h, errors.Join(errs...)
}

// threadOf ties the mail to those that it answers (RFC 5322 section 3.6.4).
func threadOf(m andante.Message) (answers, references string, err error) {
	if m.InReplyTo != "" {
		if err := checkID("in-reply-to", m.InReplyTo); err != nil {
			return "", "", err
		}
		answers = "<" + m.InReplyTo + ">"
	}
	ids := make([]string, len(m.References))
	for i, id := range m.References {
		if err := checkID("references", id); err != nil {
			return "", "", err
		}
		ids[i] = "<" + id + ">"
	}
	return answers, strings.Join(ids, " "), nil
}
