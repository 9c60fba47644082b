package webhooks

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// TestTwilioSignature: the examples of Twilio's own libraries (twilio-go,
// client/request_validator_test.go).
func TestTwilioSignature(t *testing.T) {
	t.Parallel()
	form := url.Values{
		"Digits": {"1234"}, "CallSid": {"CA1234567890ABCDE"}, "To": {"+18005551212"}, "Caller": {"+14158675309"}, "From": {"+14158675309"}, "ReasonConferenceEnded": {"test"}, "Reason": {"Participant"},
	}
	const https, plain = "vOEb5UThFn24KEfnOFLQY2AE5FY=", "n2xBNyzSW7rfYStDtOFiFMv7qNo="
	for _, test := range []struct {
		public, token, signature string
		want                     bool
	}{
		{"https://mycompany.com", "12345", https, true},
		{"https://mycompany.com:1234", "12345", https, true},
		{"http://mycompany.com", "12345", plain, true},
		{"http://mycompany.com:1234", "12345", plain, true},
		{"https://mycompany.com", "12346", https, false},
		{"https://other.com", "12345", https, false},
		{"http://mycompany.com", "12345", https, false},
		{"https://mycompany.com", "", https, false},
		{"https://mycompany.com", "12345", "95+Bu0JVPi0r/SsESZCVf0dWAjw=", false}, // its fields are in another order
		{"https://mycompany.com", "12345", "WRONG SIGNATURE", false},
		{"https://mycompany.com", "12345", "", false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/myapp.php?foo=1&bar=2", nil)
		r.Header.Set("X-Twilio-Signature", test.signature)
		h := &Twilio{PublicURL: test.public, Token: andante.Secret(test.token)}
		if got := h.signed(r, form); got != test.want {
			t.Errorf("%s %q %s: %v", test.public, test.token, test.signature, got)
		}
	}
}

// line is what Twilio speaks with, over a store in which bea has a number.
type line struct {
	*site
	bea andante.ContactID
	h   *Twilio
}

const beasNumber = "+15125550101"

func newLine(t *testing.T) *line {
	t.Helper()
	s := newSite(t, "en")
	row := ops.Row{ExternalID: "bea", Email: "bea@x.example", Fields: map[string]string{"contact.phone": beasNumber, "contact.first_name": "Bea", "contact.country": "US"}}
	w := s.published()
	if _, err := s.ops.TakeIn(t.Context(), w, []ops.Row{row}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ops.Enroll(t.Context(), ops.EnrollRequest{Sequence: "brief", Where: `contact.first_name == "Bea"`}); err != nil {
		t.Fatal(err)
	}
	l := &line{site: s, h: &Twilio{Ops: s.ops, PublicURL: "https://mail.acme.example", Token: "token", Log: slog.New(slog.NewTextHandler(s.log, nil))}}
	err := s.ops.Store.Read(t.Context(), func(tx *store.Tx) error {
		list, err := tx.ContactsByExternalID(t.Context(), []string{"bea"})
		l.bea = list[0].ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// post sends a callback, signed with a token.
func (l *line) post(path, token string, form url.Values) (int, string) {
	l.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var fields strings.Builder
	for _, name := range sortedKeys(form) {
		fields.WriteString(name + form.Get(name))
	}
	m := hmac.New(sha1.New, []byte(token))
	io.WriteString(m, "https://mail.acme.example"+path+fields.String())
	r.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(m.Sum(nil)))
	answer := httptest.NewRecorder()
	l.h.ServeHTTP(answer, r)
	return answer.Code, answer.Body.String()
}

func sortedKeys(form url.Values) (names []string) {
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// text sends what somebody wrote.
func (l *line) text(sid, body, optOut string) (int, string) {
	form := url.Values{"MessageSid": {sid}, "SmsStatus": {"received"}, "From": {beasNumber}, "To": {"+15125550100"}, "Body": {body}}
	if optOut != "" {
		form.Set("OptOutType", optOut)
	}
	return l.post("/w/twilio", "token", form)
}

// barred tells whether bea's number gets no texts.
func (l *line) barred() (bars []string) {
	l.t.Helper()
	err := l.ops.Store.Read(l.t.Context(), func(tx *store.Tx) error {
		list, err := tx.Suppressions(l.t.Context(), nil, []andante.AddressHash{l.ops.Keys.Hash(beasNumber)})
		for _, s := range list {
			bars = append(bars, string(s.Kind)+" "+string(s.Purpose)+" "+string(s.Reason))
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return bars
}

func (l *line) events() (names []string) {
	l.t.Helper()
	err := l.ops.Store.Read(l.t.Context(), func(tx *store.Tx) error {
		list, err := tx.EventsOf(l.t.Context(), l.bea)
		for _, e := range list {
			names = append(names, e.Name)
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return names
}

// TestStopByText: once, with one confirmation that sells nothing.
func TestStopByText(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	if code, answer := l.text("SM1", "Stop!", ""); code != http.StatusOK || !strings.Contains(answer, "<Message>Acme &amp; Sons: you will get no more texts from us. Reply START to get them again.</Message>") {
		t.Errorf("%d: %s", code, answer)
	}
	if code, answer := l.text("SM1", "Stop!", ""); code != http.StatusOK || strings.Contains(answer, "Message") {
		t.Errorf("again: %d: %s", code, answer)
	}
	if bars := l.barred(); len(bars) != 2 || bars[0] != "sms marketing opted_out" {
		t.Errorf("bars %q", bars)
	}
	if n := len(slices.DeleteFunc(l.events(), func(e string) bool { return e != andante.EventOptedOut })); n != 1 {
		t.Errorf("%d opt-outs", n)
	}
	if strings.Contains(l.log.String(), beasNumber) {
		t.Errorf("log: %s", l.log)
	}
	// Whoever said stop may say start.
	if code, answer := l.text("SM2", "start", ""); code != http.StatusOK || !strings.Contains(answer, "again") || len(l.barred()) > 0 {
		t.Errorf("%d: %s, bars %q", code, answer, l.barred())
	}
}

// TestAnsweredByTwilio: what Twilio has answered is not answered twice.
func TestAnsweredByTwilio(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	if code, answer := l.text("SM1", "ARRETEZ SVP", "STOP"); code != http.StatusOK || strings.Contains(answer, "Message") || len(l.barred()) != 2 {
		t.Errorf("%d: %s, bars %q", code, answer, l.barred())
	}
}

func TestOtherTexts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct{ answer, event, bars string }{
		"help":                    {"Reply STOP to end these texts", "", ""},
		"Please don't stop":       {"", andante.EventReplied, ""},
		"Yes, Thursday is fine":   {"", andante.EventReplied, ""},
		"please stop texting me!": {"you will get no more texts", andante.EventOptedOut, "sms marketing opted_out"},
	} {
		l := newLine(t)
		code, answer := l.text("SM1", body, "")
		if code != http.StatusOK || !strings.Contains(answer, want.answer) || want.answer == "" && strings.Contains(answer, "Message") {
			t.Errorf("%q: %d: %s", body, code, answer)
		}
		if want.event != "" && !slices.Contains(l.events(), want.event) {
			t.Errorf("%q: events %q", body, l.events())
		}
		if bars := strings.Join(l.barred(), ", "); !strings.HasPrefix(bars, want.bars) || want.bars == "" && bars != "" {
			t.Errorf("%q: bars %q", body, bars)
		}
	}
}

// TestForgedTexts: without Twilio's signature nothing is believed, and without a token nothing at all.
func TestForgedTexts(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	form := url.Values{"MessageSid": {"SM1"}, "SmsStatus": {"received"}, "From": {beasNumber}, "Body": {"stop"}}
	if code, _ := l.post("/w/twilio", "another", form); code != http.StatusForbidden {
		t.Errorf("another token: %d", code)
	}
	l.h.Token = ""
	if code, _ := l.post("/w/twilio", "", form); code != http.StatusForbidden {
		t.Errorf("no token: %d", code)
	}
	l.h.Token = "token"
	form.Set("Body", strings.Repeat("x", 70<<10))
	if code, _ := l.post("/w/twilio", "token", form); code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", code)
	}
	answer := httptest.NewRecorder()
	l.h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/w/twilio?From="+url.QueryEscape(beasNumber)+"&Body=stop&SmsStatus=received", nil))
	if answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", answer.Code)
	}
	if len(l.barred()) > 0 || len(l.events()) > 0 {
		t.Errorf("something followed: %q, %q", l.barred(), l.events())
	}
}
