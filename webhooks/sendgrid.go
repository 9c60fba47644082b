package webhooks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
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

// SendGrid is what SendGrid tells of mails (Twilio SendGrid: Event Webhook, Signed Event Webhook
// Requests).
type SendGrid struct {
	Key andante.Secret // the verification key of the webhook: a public one, in base64
}

// Verify checks an ECDSA signature over the time and the body.
func (s *SendGrid) Verify(r *http.Request, body []byte, now time.Time) error {
	stamp := r.Header.Get("X-Twilio-Email-Event-Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errSignature
	}
	if err := s.verify(r.Header.Get("X-Twilio-Email-Event-Webhook-Signature"), stamp, body); err != nil {
		return err
	}
	return within(time.Unix(seconds, 0), now, window)
}

func (s *SendGrid) verify(signature, stamp string, body []byte) error {
	if s.Key == "" {
		return errNoSecret
	}
	der, err := base64.StdEncoding.DecodeString(s.Key.Reveal())
	if err != nil {
		return errors.New("callbacks.sendgrid.key is no key in base64")
	}
	key, err := x509.ParsePKIXPublicKey(der)
	public, ok := key.(*ecdsa.PublicKey)
	if err != nil || !ok {
		return errors.New("callbacks.sendgrid.key is no public key of the elliptic kind")
	}
	got, err := base64.StdEncoding.DecodeString(signature)
	sum := sha256.Sum256(append([]byte(stamp), body...))
	if err != nil || !ecdsa.VerifyASN1(public, sum[:], got) {
		return errSignature
	}
	return nil
}

// Read understands a list of events.
func (s *SendGrid) Read(_ *http.Request, body []byte) (t Told, err error) {
	var events []struct {
		Event, Type, Email, Reason, Status string
		ID                                 string `json:"sg_event_id"`
		SMTP                               string `json:"smtp-id"`
		Timestamp                          int64
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&events); err != nil {
		return t, err
	}
	for _, e := range events {
		x := ops.Told{
			Provider: "SendGrid", ID: e.ID, MessageID: strings.Trim(e.SMTP, "<>"), Recipient: e.Email, Status: e.Status, Words: e.Reason, At: time.Unix(e.Timestamp, 0).UTC(),
		}
		switch e.Event {
		case "delivered":
			x.What = ops.ToldDelivered
		case "bounce":
			x.What = ops.ToldBounced
			if e.Type == "blocked" {
				x.Verdict = inbound.Soft
			}
		case "dropped": // it was not even tried
			x.What = ops.ToldBounced
			switch e.Reason {
			case "Bounced Address", "Invalid":
				x.Verdict = inbound.Hard
			case "Unsubscribed Address":
				x.What = ops.ToldOptedOut
			case "Spam Reporting Address":
				x.What = ops.ToldComplained
			}
		case "spamreport":
			x.What = ops.ToldComplained
		case "unsubscribe", "group_unsubscribe":
			x.What = ops.ToldOptedOut
		default: // processed, deferred, open, click: we know, or it says little
			continue
		}
		t.Mails = append(t.Mails, x)
	}
	return t, nil
}

// SendGridParse takes mails that come in by SendGrid (Inbound Parse, with the raw mail). It signs
// nothing, so the address has a secret in it.
type SendGridParse struct{ Secret andante.Secret }

// Verify compares the secret in the address.
func (s *SendGridParse) Verify(r *http.Request, _ []byte, _ time.Time) error {
	return s.VerifyHeader(r)
}

// VerifyHeader does so before the body is read.
func (s *SendGridParse) VerifyHeader(r *http.Request) error {
	return sameSecret(r.PathValue("secret"), s.Secret)
}

// Read takes the mail out of the form.
func (s *SendGridParse) Read(r *http.Request, body []byte) (t Told, err error) {
	form, err := formOf(r, body)
	if err != nil {
		return t, err
	}
	raw := form.Get("email")
	if raw == "" {
		return t, errors.New("the raw mail is not in it: switch on POST the raw, full MIME message")
	}
	var e struct {
		To   []string
		From string
	}
	if err := json.Unmarshal([]byte(form.Get("envelope")), &e); err != nil {
		return t, err
	}
	t.In = &Incoming{Raw: []byte(raw), Envelope: inbound.Envelope{From: e.From, To: e.To, Null: e.From == ""}}
	return t, nil
}
