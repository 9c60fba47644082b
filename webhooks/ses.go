package webhooks

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SNS signs with it where nobody asks for better
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
)

// SES is what Amazon SES tells through a topic of SNS (Amazon SES: Monitoring using notifications;
// Amazon SNS: Verifying the signatures of messages). Only our topic is believed, and only it is
// subscribed.
type SES struct {
	Topic string // its ARN
	Get   func(ctx context.Context, url string) ([]byte, error)

	mu     sync.Mutex
	certs  map[string]*x509.Certificate
	failed time.Time // when one could not be had last
}

// sns is a message of SNS.
type sns struct {
	Type, MessageId, TopicArn, Subject, Message, Timestamp, SignatureVersion, Signature, SigningCertURL, SubscribeURL, Token string
}

// signed are the fields that a signature covers, in their order.
func (m *sns) signed() string {
	fields := [][2]string{{"Message", m.Message}, {"MessageId", m.MessageId}}
	if m.Type == "Notification" {
		if m.Subject != "" {
			fields = append(fields, [2]string{"Subject", m.Subject})
		}
		fields = append(fields, [2]string{"Timestamp", m.Timestamp})
	} else {
		fields = append(fields, [2]string{"SubscribeURL", m.SubscribeURL}, [2]string{"Timestamp", m.Timestamp}, [2]string{"Token", m.Token})
	}
	fields = append(fields, [2]string{"TopicArn", m.TopicArn}, [2]string{"Type", m.Type})
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f[0] + "\n" + f[1] + "\n")
	}
	return b.String()
}

// snsHost is where SNS keeps its certificates and takes confirmations.
var snsHost = regexp.MustCompile(`^sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?$`)

// snsCertPath is how its certificates are called.
var snsCertPath = regexp.MustCompile(`^/SimpleNotificationService-[0-9a-zA-Z]+\.pem$`)

// snsURL tells whether an address is one of SNS.
func snsURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.User == nil && u.Port() == "" && snsHost.MatchString(u.Hostname())
}

// Verify checks topic, time, certificate and signature.
func (s *SES) Verify(r *http.Request, body []byte, now time.Time) error {
	var m sns
	if err := json.Unmarshal(body, &m); err != nil {
		return errSignature
	}
	switch at, err := time.Parse(time.RFC3339, m.Timestamp); {
	case s.Topic == "":
		return errNoSecret
	case m.TopicArn != s.Topic:
		return errors.New("it is another topic's")
	case err != nil:
		return errSignature
	case within(at, now, time.Hour) != nil: // SNS tries again for as long with one signature
		return errTooOld
	}
	hash, sum := crypto.SHA1, []byte(nil)
	switch text := []byte(m.signed()); m.SignatureVersion {
	case "1":
		d := sha1.Sum(text)
		sum = d[:]
	case "2":
		d := sha256.Sum256(text)
		hash, sum = crypto.SHA256, d[:]
	default:
		return errSignature
	}
	got, err := base64.StdEncoding.DecodeString(m.Signature)
	if err != nil {
		return errSignature
	}
	cert, err := s.cert(r.Context(), m.SigningCertURL, now)
	if err != nil {
		return err
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || rsa.VerifyPKCS1v15(key, hash, sum, got) != nil {
		return errSignature
	}
	return nil
}

// cert returns the certificate at an address of SNS, which is asked for once.
func (s *SES) cert(ctx context.Context, at string, now time.Time) (*x509.Certificate, error) {
	u, err := url.Parse(at)
	if err != nil || !snsURL(at) || !snsCertPath.MatchString(u.Path) || u.RawQuery != "" || u.Fragment != "" || u.Hostname() != s.host() {
		return nil, errors.New("its certificate is not one of SNS")
	}
	s.mu.Lock()
	c, failed := s.certs[at], s.failed
	s.mu.Unlock()
	if c != nil && now.Before(c.NotAfter) {
		return c, nil
	}
	if now.Before(failed.Add(time.Minute)) {
		return nil, errors.New("the certificate of SNS could not be had a moment ago")
	}
	c, err = s.fetch(ctx, at, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failed = now
		return nil, err
	}
	if s.certs == nil || len(s.certs) > 20 {
		s.certs = map[string]*x509.Certificate{}
	}
	s.certs[at] = c
	return c, nil
}

// host is where SNS of the topic's region keeps its certificates.
func (s *SES) host() string {
	parts := strings.Split(s.Topic, ":") // arn:aws:sns:REGION:ACCOUNT:NAME
	if len(parts) < 4 {
		return ""
	}
	host := "sns." + parts[3] + ".amazonaws.com"
	if parts[1] == "aws-cn" {
		host += ".cn"
	}
	return host
}

// fetch gets a certificate.
func (s *SES) fetch(ctx context.Context, at string, now time.Time) (*x509.Certificate, error) {
	text, err := s.Get(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("get the certificate of SNS: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errSignature
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil || now.After(c.NotAfter) || now.Before(c.NotBefore) {
		return nil, errSignature
	}
	return c, nil
}

// GetSNS asks for something at an address of SNS, without following it anywhere.
func GetSNS(ctx context.Context, at string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("it leads elsewhere") }}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, 64<<10))
}

// sesEvent is a message of SES: a notification of a feedback, an event of a configuration set, or a
// mail that came in.
type sesEvent struct {
	NotificationType, EventType string
	Mail                        struct {
		Source, MessageId string
		Destination       []string
		CommonHeaders     struct{ MessageId string }
	}
	Bounce struct {
		BounceType, BounceSubType, FeedbackId string
		Timestamp                             time.Time
		BouncedRecipients                     []struct{ EmailAddress, Status, DiagnosticCode string }
	}
	Complaint struct {
		FeedbackId, ComplaintSubType string
		Timestamp                    time.Time
		ComplainedRecipients         []struct{ EmailAddress string }
	}
	Delivery struct {
		Timestamp  time.Time
		Recipients []string
	}
	Content string // of a mail that came in
	Receipt struct {
		Recipients []string
		Action     struct{ Encoding string }
	}
}

// sesVerdicts are what SES says where the server's words say nothing.
var sesVerdicts = map[string]inbound.Verdict{
	"NoEmail": inbound.Hard, "Suppressed": inbound.Hard, "OnAccountSuppressionList": inbound.Hard, "MailboxFull": inbound.Soft,
	"MessageTooLarge": inbound.Content, "ContentRejected": inbound.Content, "AttachmentRejected": inbound.Content,
}

// Read understands a message of SNS.
func (s *SES) Read(_ *http.Request, body []byte) (t Told, err error) {
	var m sns
	if err := json.Unmarshal(body, &m); err != nil {
		return t, err
	}
	switch m.Type {
	case "SubscriptionConfirmation":
		if !snsURL(m.SubscribeURL) {
			return t, errors.New("its confirmation leads elsewhere than to SNS")
		}
		t.Done = func(ctx context.Context) error {
			_, err := s.Get(ctx, m.SubscribeURL)
			return err
		}
		return t, nil
	case "Notification":
	default:
		return t, nil
	}
	var e sesEvent
	if err := json.Unmarshal([]byte(m.Message), &e); err != nil {
		return t, nil // such as the word by which SES says that a topic is set up
	}
	mail := func(what, id, to string, at time.Time) ops.Told {
		return ops.Told{
			Provider: "Amazon SES", ID: id + " " + to, What: what, Sender: e.Mail.Source, MessageID: strings.Trim(e.Mail.CommonHeaders.MessageId, "<>"), Recipient: to, At: at,
		}
	}
	switch e.NotificationType + e.EventType {
	case "Bounce":
		for _, b := range e.Bounce.BouncedRecipients {
			x := mail(ops.ToldBounced, e.Bounce.FeedbackId, b.EmailAddress, e.Bounce.Timestamp)
			x.Status, x.Words, x.Verdict = b.Status, strings.TrimPrefix(b.DiagnosticCode, "smtp; "), sesVerdicts[e.Bounce.BounceSubType]
			t.Mails = append(t.Mails, x)
		}
	case "Complaint":
		for _, c := range e.Complaint.ComplainedRecipients {
			t.Mails = append(t.Mails, mail(ops.ToldComplained, e.Complaint.FeedbackId, c.EmailAddress, e.Complaint.Timestamp))
		}
	case "Delivery":
		for _, to := range e.Delivery.Recipients {
			t.Mails = append(t.Mails, mail(ops.ToldDelivered, "delivered "+e.Mail.MessageId, to, e.Delivery.Timestamp))
		}
	case "Received":
		raw := []byte(e.Content)
		if strings.EqualFold(e.Receipt.Action.Encoding, "BASE64") {
			if raw, err = base64.StdEncoding.DecodeString(e.Content); err != nil {
				return t, err
			}
		}
		if len(raw) == 0 {
			return t, errors.New("the mail is not in it: let SES publish it to SNS whole, in base64")
		}
		t.In = &Incoming{Raw: raw, Envelope: inbound.Envelope{From: e.Mail.Source, To: e.Receipt.Recipients}}
	}
	return t, nil
}
