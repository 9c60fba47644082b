package webhooks

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
)

// Postmark is what Postmark tells of mails, and mails that come in by it (Postmark: Bounce, Spam
// complaint, Delivery, Subscription change and Inbound webhook). It signs nothing: its requests
// carry a user and a password, which their addresses name.
type Postmark struct {
	User     string
	Password andante.Secret
}

// Verify compares user and password.
func (p *Postmark) Verify(r *http.Request, _ []byte, _ time.Time) error { return p.VerifyHeader(r) }

// VerifyHeader does so before the body is read.
func (p *Postmark) VerifyHeader(r *http.Request) error {
	user, password, _ := r.BasicAuth()
	wrong := sameSecret(password, p.Password)
	if user != p.User {
		return errSignature
	}
	return wrong
}

// postmarkVerdicts are what Postmark says where the server's words say nothing.
var postmarkVerdicts = map[string]inbound.Verdict{
	"HardBounce": inbound.Hard, "BadEmailAddress": inbound.Hard, "ManuallyDeactivated": inbound.Undecided, "SoftBounce": inbound.Soft, "Transient": inbound.Soft,
	"DnsError": inbound.Soft, "Blocked": inbound.ByUs, "SpamNotification": inbound.Content, "VirusNotification": inbound.Content, "DMARCPolicy": inbound.ByUs,
}

// Read understands an event, or a mail that came in.
func (p *Postmark) Read(_ *http.Request, body []byte) (t Told, err error) {
	var e struct {
		RecordType, Type, Email, Recipient, MessageID, Description, Details string
		ID                                                                  int64
		BouncedAt, DeliveredAt, ChangedAt                                   time.Time
		SuppressSending                                                     bool
		SuppressionReason                                                   string
		Metadata                                                            map[string]string
		// of a mail that came in
		RawEmail, OriginalRecipient string
		FromFull                    *struct{ Email, Name string }
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return t, err
	}
	if e.RecordType == "" || e.RecordType == "Inbound" {
		if e.RawEmail == "" {
			return t, fmt.Errorf("the raw mail is not in it: switch on Include raw email content in JSON payload")
		}
		raw := []byte(e.RawEmail)
		if b, err := base64.StdEncoding.DecodeString(e.RawEmail); err == nil {
			raw = b
		}
		t.In = &Incoming{Raw: raw, Envelope: inbound.Envelope{To: nonEmpty(e.OriginalRecipient)}}
		if e.FromFull != nil {
			t.In.From = e.FromFull.Email
		}
		return t, nil
	}
	x := ops.Told{Provider: "Postmark", ID: fmt.Sprintf("%s %s %d", e.RecordType, e.MessageID, e.ID), MessageID: e.Metadata["message-id"], Recipient: strings.TrimSpace(e.Email + e.Recipient), Words: e.Details, Verdict: postmarkVerdicts[e.Type]}
	x.At = e.BouncedAt
	switch e.RecordType {
	case "Delivery":
		x.What, x.At, x.Words = ops.ToldDelivered, e.DeliveredAt, ""
	case "SpamComplaint":
		x.What = ops.ToldComplained
	case "Bounce":
		switch x.What = ops.ToldBounced; e.Type {
		case "SpamComplaint":
			x.What = ops.ToldComplained
		case "Unsubscribe":
			x.What = ops.ToldOptedOut
		case "AutoResponder", "AddressChange", "Subscribe", "ChallengeVerification", "OpenRelayTest": // no bounces
			return t, nil
		}
	case "SubscriptionChange":
		if !e.SuppressSending || e.SuppressionReason != "ManualSuppression" { // the others come as events of their own
			return t, nil
		}
		x.What, x.At = ops.ToldOptedOut, e.ChangedAt
	default:
		return t, nil
	}
	t.Mails = []ops.Told{x}
	return t, nil
}
