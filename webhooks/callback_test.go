package webhooks

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// sent marks ann's mail as sent, and returns its Message-ID.
func (s *site) sent() string {
	s.t.Helper()
	var id string
	err := s.ops.Store.Write(s.t.Context(), func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(s.t.Context(), s.ann)
		if err != nil {
			return err
		}
		t := list[0]
		id = string(t.ID) + "@acme.example"
		t.State, t.Settled, t.Counted, t.MessageID, t.Address = andante.Sent, s.clock.Now(), s.clock.Now(), id, s.ops.Keys.Hash(annsAddress)
		_, err = tx.Change(s.t.Context(), []store.Change{{Touch: t, Was: andante.Planned}})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// post gives a request to a provider's end point and returns the status.
func (s *site) post(p Provider, r *http.Request) int {
	s.t.Helper()
	w := httptest.NewRecorder()
	c := &Callback{Name: "test", Provider: p, Ops: s.ops, Log: slog.New(slog.NewTextHandler(s.log, nil)), Mail: true}
	c.ServeHTTP(w, r)
	return w.Code
}

// barred tells whether ann's mailbox, or she herself, is barred from advertising by mail.
func (s *site) barred() bool {
	s.t.Helper()
	var list []andante.Suppression
	s.read(func(tx *store.Tx) (err error) {
		list, err = tx.Suppressions(s.t.Context(), []andante.ContactID{s.ann}, []andante.AddressHash{s.ops.Keys.Hash(annsAddress)})
		return err
	})
	for _, b := range list {
		if b.Covers(andante.Email, andante.Marketing) {
			return true
		}
	}
	return false
}

// a case is what one provider tells of one mail, and what follows.
type toldCase struct {
	name  string
	event string // that is noted, once; empty: none
	bars  bool
	body  func(id string) string
}

func (s *site) run(c toldCase, deliver func(body string) int) {
	s.t.Helper()
	body := c.body(s.sent())
	for range 2 { // it comes twice
		if code := deliver(body); code != http.StatusOK {
			s.t.Fatalf("%d: %s", code, s.log)
		}
	}
	if n := s.happened(); c.event != "" && n[c.event] != 1 || c.event == "" && n[andante.EventBounced]+n[andante.EventComplained]+n[andante.EventOptedOut]+n[andante.EventSoftBounced]+n[andante.EventRefused] > 0 {
		s.t.Errorf("events %v", n)
	}
	if s.barred() != c.bars {
		s.t.Errorf("barred: %v", s.barred())
	}
}

// The key, signature and payload that Twilio SendGrid publishes with its library (sendgrid-go,
// helpers/eventwebhook).
const (
	sendgridKey       = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
	sendgridSignature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
	sendgridTime      = "1600112502"
	sendgridPayload   = `[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]` + "\r\n"
)

// TestSendGridSignature: the published example, and what differs from it in one place.
func TestSendGridSignature(t *testing.T) {
	t.Parallel()
	at := time.Unix(1600112502, 0)
	request := func(signature, stamp string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/w/sendgrid", nil)
		r.Header.Set("X-Twilio-Email-Event-Webhook-Signature", signature)
		r.Header.Set("X-Twilio-Email-Event-Webhook-Timestamp", stamp)
		return r
	}
	p := &SendGrid{Key: sendgridKey}
	if err := p.Verify(request(sendgridSignature, sendgridTime), []byte(sendgridPayload), at); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another body":      p.Verify(request(sendgridSignature, sendgridTime), []byte(sendgridPayload+" "), at),
		"another time":      p.Verify(request(sendgridSignature, "1600112503"), []byte(sendgridPayload), at),
		"too late":          p.Verify(request(sendgridSignature, sendgridTime), []byte(sendgridPayload), at.Add(6*time.Minute)),
		"no signature":      p.Verify(request("", sendgridTime), []byte(sendgridPayload), at),
		"another signature": p.Verify(request("MEQCIB3bJQOarffIdM7+MEee+kYAdoViz6RUoScOASwMcXQxAiAcrus/j853JUlVm5qIRfbKBJwJq89znqOTedy3RetXLQ==", sendgridTime), []byte(sendgridPayload), at),
		"no key":            (&SendGrid{}).Verify(request(sendgridSignature, sendgridTime), []byte(sendgridPayload), at),
		"no key at all":     (&SendGrid{Key: "abc"}).Verify(request(sendgridSignature, sendgridTime), []byte(sendgridPayload), at),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	told, err := p.Read(nil, []byte(sendgridPayload))
	if err != nil || len(told.Mails) != 1 || told.Mails[0].Recipient != "hello@world.com" || told.Mails[0].What != ops.ToldBounced {
		t.Errorf("%+v, %v", told, err)
	}
}

// unsigned takes what a provider reads without a look at the signature.
type unsigned struct{ Provider }

func (unsigned) Verify(*http.Request, []byte, time.Time) error { return nil }

func TestSendGridEvents(t *testing.T) {
	t.Parallel()
	event := func(fields string) func(string) string {
		return func(id string) string {
			return `[{"email":"ann@x.example","timestamp":1767603600,"sg_event_id":"e1","smtp-id":"<` + id + `>",` + fields + `},{"event":"processed","email":"ann@x.example","sg_event_id":"e0"}]`
		}
	}
	for _, c := range []toldCase{
		{"no such mailbox", andante.EventBounced, true, event(`"event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 The email account that you tried to reach does not exist"`)},
		{"full", andante.EventSoftBounced, false, event(`"event":"bounce","type":"blocked","status":"5.2.2","reason":"552 5.2.2 mailbox full"`)},
		{"we are refused", andante.EventRefused, false, event(`"event":"bounce","type":"blocked","status":"5.7.1","reason":"550 5.7.1 blocked by Spamhaus, your IP is listed"`)},
		{"suppressed there", andante.EventBounced, true, event(`"event":"dropped","reason":"Bounced Address"`)},
		{"complaint", andante.EventComplained, true, event(`"event":"spamreport"`)},
		{"left there", andante.EventOptedOut, true, event(`"event":"group_unsubscribe"`)},
		{"delivered", andante.EventDelivered, false, event(`"event":"delivered","response":"250 OK"`)},
		{"deferred", "", false, event(`"event":"deferred","response":"450 try later"`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "en")
			s.run(c, func(body string) int {
				return s.post(unsigned{&SendGrid{}}, httptest.NewRequest(http.MethodPost, "/w/sendgrid", strings.NewReader(body)))
			})
		})
	}
}

// TestMailgun: signed over time and token, and a token counts once, whatever else is in the body.
func TestMailgun(t *testing.T) {
	t.Parallel()
	const key = "key-of-a-test"
	signature := func(at time.Time, token string) string {
		stamp := strconv.FormatInt(at.Unix(), 10)
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(stamp + token))
		return fmt.Sprintf(`"signature":{"timestamp":"%s","token":"%s","signature":"%s"}`, stamp, token, hex.EncodeToString(h.Sum(nil)))
	}
	event := func(fields string) func(string) string {
		return func(id string) string {
			return `{` + signature(time.Now(), "t0ken") + `,"event-data":{"id":"x","timestamp":1767603600.5,"recipient":"ann@x.example","message":{"headers":{"message-id":"` + id + `"}},` + fields + `}}`
		}
	}
	deliver := func(s *site) func(string) int {
		return func(body string) int {
			r := httptest.NewRequest(http.MethodPost, "/w/mailgun", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			return s.post(&Mailgun{Key: key}, r)
		}
	}
	for _, c := range []toldCase{
		{"no such mailbox", andante.EventBounced, true, event(`"event":"failed","severity":"permanent","reason":"bounce","delivery-status":{"code":550,"enhanced-code":"5.1.1","message":"5.1.1 user unknown","description":""}`)},
		{"it goes on trying", "", false, event(`"event":"failed","severity":"temporary","reason":"generic","delivery-status":{"code":452,"message":"4.2.2 full"}`)},
		{"complaint", andante.EventComplained, true, event(`"event":"complained"`)},
		{"left there", andante.EventOptedOut, true, event(`"event":"unsubscribed"`)},
		{"delivered", andante.EventDelivered, false, event(`"event":"delivered"`)},
		{"opened", "", false, event(`"event":"opened"`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "en")
			s.run(c, deliver(s))
		})
	}
	t.Run("replayed with another body", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, "en")
		id := s.sent()
		deliver(s)(event(`"event":"delivered"`)(id))
		deliver(s)(strings.Replace(event(`"event":"complained"`)(id), "1767603600.5", "1767603601.5", 1))
		if code := deliver(s)(event(`"event":"complained"`)(id)); code != http.StatusOK || s.barred() {
			t.Errorf("%d, barred: %v", code, s.barred())
		}
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, "en")
		id := s.sent()
		for name, body := range map[string]string{
			"forged":       strings.Replace(event(`"event":"complained"`)(id), `"signature":"`, `"signature":"00`, 1),
			"old":          `{` + signature(time.Now().Add(-13*time.Hour), "t") + `,"event-data":{"event":"complained","recipient":"ann@x.example"}}`,
			"to come":      `{` + signature(time.Now().Add(time.Hour), "t") + `,"event-data":{"event":"complained","recipient":"ann@x.example"}}`,
			"no signature": `{"event-data":{"event":"complained","recipient":"ann@x.example"}}`,
			"no token":     `{` + signature(time.Now(), "") + `,"event-data":{"event":"complained","recipient":"ann@x.example"}}`,
			"nonsense":     `]`,
		} {
			if code := deliver(s)(body); code != http.StatusForbidden || s.barred() {
				t.Errorf("%s: %d, barred %v", name, code, s.barred())
			}
		}
		if code := s.post(&Mailgun{}, httptest.NewRequest(http.MethodPost, "/w/mailgun", strings.NewReader("timestamp=1&token=1&signature=00"))); code != http.StatusForbidden {
			t.Errorf("without a key: %d", code)
		}
	})
	t.Run("a mail", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, "en")
		form := url.Values{"recipient": {"replies@in.acme.example"}, "sender": {annsAddress}, "body-mime": {answerOf(s.sent())}, "token": {"t2"}}
		form.Set("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(form.Get("timestamp") + "t2"))
		form.Set("signature", hex.EncodeToString(h.Sum(nil)))
		r := httptest.NewRequest(http.MethodPost, "/w/mailgun/mime", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if code := s.post(&Mailgun{Key: key}, r); code != http.StatusOK || s.happened()[andante.EventReplied] != 1 {
			t.Errorf("%d, %v", code, s.happened())
		}
	})
}

func answerOf(id string) string {
	return "From: Ann <" + annsAddress + ">\r\nMessage-ID: <a1@x.example>\r\nIn-Reply-To: <" + id + ">\r\nSubject: Re: One\r\n\r\nCould you call me?\r\n"
}

// TestPostmark: a user and a password in the address.
func TestPostmark(t *testing.T) {
	t.Parallel()
	p := &Postmark{User: "andante", Password: "pass-of-a-test"}
	deliver := func(s *site, user, password string) func(string) int {
		return func(body string) int {
			r := httptest.NewRequest(http.MethodPost, "/w/postmark", strings.NewReader(body))
			r.SetBasicAuth(user, password)
			return s.post(p, r)
		}
	}
	event := func(fields string) func(string) string {
		return func(string) string {
			return `{"ID":4323372036854775807,"MessageID":"883953f4-6105-42a2-a16a-77a8eac79483",` + fields + `}`
		}
	}
	for _, c := range []toldCase{
		{"no such mailbox", andante.EventBounced, true, event(`"RecordType":"Bounce","Type":"HardBounce","TypeCode":1,"Email":"ann@x.example","BouncedAt":"2026-01-05T09:00:00Z","Description":"The server was unable to deliver your message","Details":"smtp;550 5.1.1 The email account does not exist"`)},
		{"away", "", false, event(`"RecordType":"Bounce","Type":"AutoResponder","Email":"ann@x.example"`)},
		{"soft", andante.EventSoftBounced, false, event(`"RecordType":"Bounce","Type":"SoftBounce","Email":"ann@x.example","BouncedAt":"2026-01-05T09:00:00Z","Details":""`)},
		{"complaint", andante.EventComplained, true, event(`"RecordType":"SpamComplaint","Type":"SpamComplaint","Email":"ann@x.example","BouncedAt":"2026-01-05T09:00:00Z"`)},
		{"left there", andante.EventOptedOut, true, event(`"RecordType":"SubscriptionChange","Recipient":"ann@x.example","SuppressSending":true,"SuppressionReason":"ManualSuppression","ChangedAt":"2026-01-05T09:00:00Z"`)},
		{"delivered", andante.EventDelivered, false, event(`"RecordType":"Delivery","Recipient":"ann@x.example","DeliveredAt":"2026-01-05T09:00:00Z"`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "en")
			s.run(c, deliver(s, "andante", "pass-of-a-test"))
		})
	}
	s := newSite(t, "en")
	id := s.sent()
	for _, wrong := range [][2]string{{"andante", ""}, {"andante", "other"}, {"other", "pass-of-a-test"}, {"", ""}} {
		if code := deliver(s, wrong[0], wrong[1])(event(`"RecordType":"SpamComplaint","Email":"ann@x.example"`)(id)); code != http.StatusForbidden || s.barred() {
			t.Errorf("%v: %d", wrong, code)
		}
	}
	in, err := json.Marshal(map[string]any{"FromFull": map[string]string{"Email": annsAddress}, "OriginalRecipient": "replies@in.acme.example", "RawEmail": answerOf(id)})
	if err != nil {
		t.Fatal(err)
	}
	if code := deliver(s, "andante", "pass-of-a-test")(string(in)); code != http.StatusOK || s.happened()[andante.EventReplied] != 1 {
		t.Errorf("a mail: %d, %v", code, s.happened())
	}
	if code := deliver(s, "andante", "pass-of-a-test")(`{"FromFull":{}}`); code != http.StatusBadRequest {
		t.Errorf("without its raw mail: %d", code)
	}
}

// topic is a topic of SNS with a key of its own.
type topic struct {
	arn  string
	key  *rsa.PrivateKey
	cert []byte
	got  []string
}

func newTopic(t *testing.T) *topic {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &topic{arn: "arn:aws:sns:eu-central-1:123456789012:mail", key: key, cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (p *topic) get(_ context.Context, at string) ([]byte, error) {
	p.got = append(p.got, at)
	return p.cert, nil
}

const snsCert = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"

// message writes a message of the topic. change may alter it before it is signed.
func (p *topic) message(kind, text, version string, change func(*sns)) string {
	m := &sns{
		Type: kind, MessageId: "m1", TopicArn: p.arn, Message: text, Timestamp: time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), SignatureVersion: version, SigningCertURL: snsCert,
		SubscribeURL: "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc", Token: "abc",
	}
	if change != nil {
		change(m)
	}
	hash, sum := crypto.SHA1, []byte(nil)
	if version == "1" {
		d := sha1.Sum([]byte(m.signed()))
		sum = d[:]
	} else {
		d := sha256.Sum256([]byte(m.signed()))
		hash, sum = crypto.SHA256, d[:]
	}
	signature, err := rsa.SignPKCS1v15(nil, p.key, hash, sum)
	if err != nil {
		return err.Error()
	}
	m.Signature = base64.StdEncoding.EncodeToString(signature)
	b, err := json.Marshal(m)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestSES(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	mail := func(id string) string {
		return `"mail":{"source":"news@acme.example","messageId":"ses-1","destination":["ann@x.example"],"commonHeaders":{"messageId":"<` + id + `>"}}`
	}
	event := func(version, fields string) func(string) string {
		return func(id string) string { return p.message("Notification", `{`+fields+`,`+mail(id)+`}`, version, nil) }
	}
	for _, c := range []toldCase{
		{"no such mailbox", andante.EventBounced, true, event("1", `"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General","feedbackId":"f1","timestamp":"2026-01-05T09:00:00.000Z","bouncedRecipients":[{"emailAddress":"ann@x.example","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]}`)},
		{"suppressed there", andante.EventBounced, true, event("2", `"eventType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"OnAccountSuppressionList","feedbackId":"f1","timestamp":"2026-01-05T09:00:00.000Z","bouncedRecipients":[{"emailAddress":"ann@x.example"}]}`)},
		{"nobody knows", andante.EventRefused, false, event("2", `"eventType":"Bounce","bounce":{"bounceType":"Undetermined","bounceSubType":"Undetermined","feedbackId":"f1","timestamp":"2026-01-05T09:00:00.000Z","bouncedRecipients":[{"emailAddress":"ann@x.example"}]}`)},
		{"complaint", andante.EventComplained, true, event("1", `"notificationType":"Complaint","complaint":{"feedbackId":"f2","timestamp":"2026-01-05T09:00:00.000Z","complainedRecipients":[{"emailAddress":"ann@x.example"}]}`)},
		{"delivered", andante.EventDelivered, false, event("2", `"eventType":"Delivery","delivery":{"timestamp":"2026-01-05T09:00:00.000Z","recipients":["ann@x.example"]}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "en")
			s.run(c, func(body string) int {
				return s.post(&SES{Topic: p.arn, Get: p.get}, httptest.NewRequest(http.MethodPost, "/w/ses", strings.NewReader(body)))
			})
		})
	}
	t.Run("a mail", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, "en")
		text := `{"notificationType":"Received","mail":{"source":"ann@x.example"},"receipt":{"recipients":["replies@in.acme.example"],"action":{"type":"SNS","encoding":"BASE64"}},"content":"` + base64.StdEncoding.EncodeToString([]byte(answerOf(s.sent()))) + `"}`
		code := s.post(&SES{Topic: p.arn, Get: p.get}, httptest.NewRequest(http.MethodPost, "/w/ses", strings.NewReader(p.message("Notification", text, "2", nil))))
		if code != http.StatusOK || s.happened()[andante.EventReplied] != 1 {
			t.Errorf("%d, %v", code, s.happened())
		}
	})
}

// TestSNSAttacks: another topic, another host, old messages and altered ones are refused, and
// nothing is fetched from elsewhere than SNS.
func TestSNSAttacks(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	s := newSite(t, "en")
	complaint := `{"notificationType":"Complaint","complaint":{"feedbackId":"f2","complainedRecipients":[{"emailAddress":"ann@x.example"}]},"mail":{"source":"x"}}`
	s.sent()
	for name, test := range map[string]struct {
		body string
		code int
	}{
		"another topic":                       {p.message("Notification", complaint, "2", func(m *sns) { m.TopicArn = "arn:aws:sns:eu-central-1:666:mail" }), http.StatusForbidden},
		"another host":                        {p.message("Notification", complaint, "2", func(m *sns) { m.SigningCertURL = "https://evil.example/c.pem" }), http.StatusForbidden},
		"a host that looks like it":           {p.message("Notification", complaint, "2", func(m *sns) { m.SigningCertURL = "https://sns.eu-central-1.amazonaws.com.evil.example/c.pem" }), http.StatusForbidden},
		"a query":                             {p.message("Notification", complaint, "2", func(m *sns) { m.SigningCertURL = "https://sns.eu-central-1.amazonaws.com/?Action=x&y=.pem" }), http.StatusForbidden},
		"another region":                      {p.message("Notification", complaint, "2", func(m *sns) { m.SigningCertURL = strings.Replace(snsCert, "eu-central-1", "us-east-1", 1) }), http.StatusForbidden},
		"a user in it":                        {p.message("Notification", complaint, "2", func(m *sns) { m.SigningCertURL = "https://sns.eu-central-1.amazonaws.com@evil.example/c.pem" }), http.StatusForbidden},
		"a port":                              {p.message("Notification", complaint, "2", func(m *sns) { m.SigningCertURL = "https://sns.eu-central-1.amazonaws.com:8080/c.pem" }), http.StatusForbidden},
		"not encrypted":                       {p.message("Notification", complaint, "2", func(m *sns) { m.SigningCertURL = "http://sns.eu-central-1.amazonaws.com/c.pem" }), http.StatusForbidden},
		"no certificate":                      {p.message("Notification", complaint, "2", func(m *sns) { m.SigningCertURL = "https://sns.eu-central-1.amazonaws.com/x" }), http.StatusForbidden},
		"another version":                     {p.message("Notification", complaint, "3", nil), http.StatusForbidden},
		"old":                                 {p.message("Notification", complaint, "2", func(m *sns) { m.Timestamp = "2025-01-01T00:00:00.000Z" }), http.StatusForbidden},
		"altered":                             {strings.Replace(p.message("Notification", complaint, "2", nil), "ann@x", "bob@x", 1), http.StatusForbidden},
		"nonsense":                            {"]", http.StatusForbidden},
		"a subscription that leads elsewhere": {p.message("SubscriptionConfirmation", "hello", "2", func(m *sns) { m.SubscribeURL = "https://169.254.169.254/latest" }), http.StatusBadRequest},
	} {
		p.got = nil
		code := s.post(&SES{Topic: p.arn, Get: p.get}, httptest.NewRequest(http.MethodPost, "/w/ses", strings.NewReader(test.body)))
		if code != test.code || s.barred() {
			t.Errorf("%s: %d", name, code)
		}
		for _, at := range p.got {
			if at != snsCert {
				t.Errorf("%s: it asked %s", name, at)
			}
		}
	}
	p.got = nil
	code := s.post(&SES{Topic: p.arn, Get: p.get}, httptest.NewRequest(http.MethodPost, "/w/ses", strings.NewReader(p.message("SubscriptionConfirmation", "hello", "1", nil))))
	if code != http.StatusOK || len(p.got) != 2 || !strings.Contains(p.got[1], "ConfirmSubscription") {
		t.Errorf("our own subscription: %d, %v", code, p.got)
	}
}

// TestLob: a piece that comes back bars the postal address and is somebody's task.
func TestLob(t *testing.T) {
	t.Parallel()
	const secret = "lob-secret"
	s := newSite(t, "en")
	id := strings.TrimSuffix(s.sent(), "@acme.example")
	err := s.ops.Store.Write(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Touches(t.Context(), []andante.TouchID{andante.TouchID(id)})
		if err != nil {
			return err
		}
		x := list[0]
		x.ID, x.Kind, x.Step, x.Address = andante.NewID[andante.TouchID](s.clock.Now()), andante.Postcard, "card", s.ops.Keys.Hash("1 Main Street")
		id = string(x.ID)
		return tx.AddTouches(t.Context(), []andante.Touch{x})
	})
	if err != nil {
		t.Fatal(err)
	}
	deliver := func(event, key string, at time.Time) int {
		body := `{"id":"evt_1","event_type":{"id":"postcard.` + event + `"},"date_created":"2026-01-05T09:00:00.000Z","body":{"id":"psc_1","metadata":{"touch":"` + id + `"}}}`
		stamp := strconv.FormatInt(at.UnixMilli(), 10)
		h := hmac.New(sha256.New, []byte(key))
		h.Write([]byte(stamp + "." + body))
		r := httptest.NewRequest(http.MethodPost, "/w/lob", strings.NewReader(body))
		r.Header.Set("Lob-Signature", hex.EncodeToString(h.Sum(nil)))
		r.Header.Set("Lob-Signature-Timestamp", stamp)
		return s.post(&Lob{Secret: secret}, r)
	}
	if code := deliver("returned_to_sender", "other", time.Now()); code != http.StatusForbidden {
		t.Errorf("forged: %d", code)
	}
	if code := deliver("returned_to_sender", secret, time.Now().Add(-6*time.Minute)); code != http.StatusForbidden {
		t.Errorf("old: %d", code)
	}
	if n := s.happened(); n[andante.EventReturned] > 0 {
		t.Errorf("events %v", n)
	}
	for range 2 {
		for _, event := range []string{"mailed", "returned_to_sender", "in_transit", "nonsense"} {
			if code := deliver(event, secret, time.Now()); code != http.StatusOK {
				t.Errorf("%s: %d %s", event, code, s.log)
			}
		}
	}
	if n := s.happened(); n[andante.EventMailed] != 1 || n[andante.EventReturned] != 1 {
		t.Errorf("events %v", n)
	}
	s.read(func(tx *store.Tx) error {
		bars, err := tx.Suppressions(t.Context(), nil, []andante.AddressHash{s.ops.Keys.Hash("1 Main Street")})
		if len(bars) != 3 {
			t.Errorf("bars %+v", bars)
		}
		return err
	})
}

// TestRawMail: any mail, from whoever knows the secret.
func TestRawMail(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	mail := answerOf(s.sent())
	post := func(p Provider, auth func(*http.Request)) int {
		r := httptest.NewRequest(http.MethodPost, "/w/mail?from=ann@x.example&to=replies@in.acme.example", strings.NewReader(mail))
		auth(r)
		return s.post(p, r)
	}
	p := &RawMail{Secret: "raw-secret"}
	for name, auth := range map[string]func(*http.Request){
		"nothing": func(*http.Request) {}, "another": func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, "no scheme": func(r *http.Request) { r.Header.Set("Authorization", "raw-secret") },
	} {
		if code := post(p, auth); code != http.StatusForbidden || s.happened()[andante.EventReplied] > 0 {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code := post(&RawMail{}, func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }); code != http.StatusForbidden {
		t.Errorf("no secret: %d", code)
	}
	for _, auth := range []func(*http.Request){func(r *http.Request) { r.Header.Set("Authorization", "Bearer raw-secret") }, func(r *http.Request) { r.SetBasicAuth("any", "raw-secret") }} {
		if code := post(p, auth); code != http.StatusOK {
			t.Errorf("%d: %s", code, s.log)
		}
	}
	if n := s.happened()[andante.EventReplied]; n != 1 {
		t.Errorf("%d replies", n)
	}
}

// TestSendGridParse: a form with the raw mail, at an address that has the secret in it.
func TestSendGridParse(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for k, v := range map[string]string{"email": answerOf(s.sent()), "envelope": `{"to":["replies@in.acme.example"],"from":"ann@x.example"}`, "spam_score": "0.1"} {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	post := func(secret string) int {
		r := httptest.NewRequest(http.MethodPost, "/w/sendgrid/"+secret, bytes.NewReader(form.Bytes()))
		r.SetPathValue("secret", secret)
		r.Header.Set("Content-Type", w.FormDataContentType())
		return s.post(&SendGridParse{Secret: "s3"}, r)
	}
	if code := post("x"); code != http.StatusForbidden {
		t.Errorf("another secret: %d", code)
	}
	if code := post("s3"); code != http.StatusOK || s.happened()[andante.EventReplied] != 1 {
		t.Errorf("%d, %v: %s", code, s.happened(), s.log)
	}
}

// TestOversize: no more is read than a limit.
func TestOversize(t *testing.T) {
	t.Parallel()
	s := newSite(t, "en")
	body := &endless{}
	w := httptest.NewRecorder()
	c := &Callback{Name: "test", Provider: &Lob{Secret: "x"}, Ops: s.ops, Log: slog.New(slog.DiscardHandler)}
	c.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/w/lob", body))
	if w.Code != http.StatusRequestEntityTooLarge || body.n > 2*maxEvents {
		t.Errorf("%d after %d bytes", w.Code, body.n)
	}
	w = httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/w/lob", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}
