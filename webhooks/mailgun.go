package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
)

// Mailgun is what Mailgun tells of mails, and mails that come in by it (Mailgun: Webhooks, Securing
// Webhooks, Receive HTTP POST via MIME). Its signature covers a token and the time and not the
// body, so a token counts once.
type Mailgun struct {
	Key andante.Secret // the webhook signing key
}

type mailgunSignature struct{ Timestamp, Token, Signature string }

// Mailgun tries again for eight hours, with the same signature.
const mailgunWindow = 12 * time.Hour

// Verify checks a MAC over time and token.
func (m *Mailgun) Verify(r *http.Request, body []byte, now time.Time) error {
	s, err := signatureIn(r, body)
	if err != nil {
		return errSignature
	}
	return m.verify(s, now)
}

func (m *Mailgun) verify(s mailgunSignature, now time.Time) error {
	if m.Key == "" {
		return errNoSecret
	}
	got, err := hex.DecodeString(s.Signature)
	h := hmac.New(sha256.New, []byte(m.Key.Reveal()))
	h.Write([]byte(s.Timestamp + s.Token))
	if err != nil || s.Token == "" || !hmac.Equal(h.Sum(nil), got) {
		return errSignature
	}
	seconds, err := strconv.ParseInt(s.Timestamp, 10, 64)
	if err != nil {
		return errSignature
	}
	return within(time.Unix(seconds, 0), now, mailgunWindow)
}

// signatureIn reads the signature of an event, or of a form with a mail.
func signatureIn(r *http.Request, body []byte) (s mailgunSignature, err error) {
	if isJSON(r) {
		var post struct{ Signature mailgunSignature }
		err = json.Unmarshal(body, &post)
		return post.Signature, err
	}
	form, err := formOf(r, body)
	return mailgunSignature{form.Get("timestamp"), form.Get("token"), form.Get("signature")}, err
}

// once is the key by which a request counts once: its token, for the signature covers nothing else.
func (s mailgunSignature) once() string { return "Mailgun " + s.Token }

// Read understands an event, or a mail that came in.
func (m *Mailgun) Read(r *http.Request, body []byte) (t Told, err error) {
	if !isJSON(r) {
		form, err := formOf(r, body)
		if err != nil {
			return t, err
		}
		raw := form.Get("body-mime")
		if raw == "" {
			return t, errors.New("the raw mail is not in it: let the route's address end with mime")
		}
		t.Once = mailgunSignature{Token: form.Get("token")}.once()
		t.In = &Incoming{Raw: []byte(raw), Envelope: inbound.Envelope{From: form.Get("sender"), To: strings.FieldsFunc(form.Get("recipient"), func(c rune) bool { return c == ',' || c == ' ' })}}
		return t, nil
	}
	var post struct {
		Signature mailgunSignature
		Event     struct {
			Event, Severity, Reason, Recipient string
			Timestamp                          float64
			Status                             struct {
				Message, Description string
				Code                 any
				Enhanced             string `json:"enhanced-code"`
			} `json:"delivery-status"`
			Envelope struct{ Sender string }
			Message  struct {
				Headers struct {
					ID string `json:"message-id"`
				}
			}
		} `json:"event-data"`
	}
	if err := json.Unmarshal(body, &post); err != nil {
		return t, err
	}
	t.Once = post.Signature.once()
	e := post.Event
	x := ops.Told{
		Provider: "Mailgun", ID: post.Signature.Token, Sender: e.Envelope.Sender, MessageID: e.Message.Headers.ID, Recipient: e.Recipient,
		Status: e.Status.Enhanced, Words: strings.TrimSpace(e.Status.Message + " " + e.Status.Description), At: time.Unix(int64(e.Timestamp), 0).UTC(),
	}
	switch e.Event {
	case "delivered":
		x.What = ops.ToldDelivered
	case "failed":
		x.What = ops.ToldBounced
		switch {
		case e.Severity == "temporary": // it goes on trying
			return t, nil
		case e.Reason == "suppress-unsubscribe":
			x.What = ops.ToldOptedOut
		case e.Reason == "suppress-complaint":
			x.What = ops.ToldComplained
		case e.Reason == "suppress-bounce":
			x.Verdict = inbound.Hard
		}
	case "complained":
		x.What = ops.ToldComplained
	case "unsubscribed":
		x.What = ops.ToldOptedOut
	default:
		return t, nil
	}
	t.Mails = []ops.Told{x}
	return t, nil
}
