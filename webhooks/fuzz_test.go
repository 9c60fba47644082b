package webhooks

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// FuzzRead: whatever a provider's request holds, reading it ends, and breaks nothing.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "[]", "[{}]", `{"Type":"Notification","Message":"{}"}`, `{"Type":"Notification","Message":"{\"notificationType\":\"Received\",\"content\":\"x\"}"}`,
		`{"RecordType":"Bounce","Type":"HardBounce","Email":"a@x.example"}`, `{"event-data":{"event":"failed","timestamp":1e300}}`, `[{"event":"bounce","timestamp":-1}]`,
		"timestamp=1&token=2&signature=3&body-mime=x&recipient=a,b", "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nx\r\n--b--", `{"event_type":{"id":"postcard.mailed"},"body":{"metadata":{"touch":"x"}}}`,
	} {
		for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"} {
			f.Add(kind, seed)
		}
	}
	topic := "arn:aws:sns:eu-central-1:1:mail"
	f.Fuzz(func(t *testing.T, kind, body string) {
		for _, p := range []Provider{
			&SES{Topic: topic}, &SendGrid{Key: sendgridKey}, &SendGridParse{Secret: "s"}, &Mailgun{Key: "k"}, &Postmark{Password: "p"}, &Lob{Secret: "s"}, &RawMail{Secret: "s"}, &Standard{Secret: hookSecret},
		} {
			r := httptest.NewRequest(http.MethodPost, "/w/x", strings.NewReader(body))
			r.Header.Set("Content-Type", kind)
			if p.Verify(r, []byte(body), time.Now()) == nil {
				t.Errorf("%T takes what nobody signed", p)
			}
			told, err := p.Read(r, []byte(body))
			if err == nil && told.In != nil && len(told.In.Raw) > 2*len(body)+16 {
				t.Errorf("%T makes %d bytes of %d", p, len(told.In.Raw), len(body))
			}
		}
	})
}
