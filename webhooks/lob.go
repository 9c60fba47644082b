package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
)

// Lob is what Lob tells of postcards and letters (Lob: Webhooks, Securing Your Webhooks).
type Lob struct {
	Secret andante.Secret // of the webhook
}

// Verify checks a MAC over the time, a dot and the body.
func (l *Lob) Verify(r *http.Request, body []byte, now time.Time) error {
	if l.Secret == "" {
		return errNoSecret
	}
	stamp := r.Header.Get("Lob-Signature-Timestamp")
	h := hmac.New(sha256.New, []byte(l.Secret.Reveal()))
	h.Write([]byte(stamp + "."))
	h.Write(body)
	got, err := hex.DecodeString(r.Header.Get("Lob-Signature"))
	if err != nil || !hmac.Equal(h.Sum(nil), got) {
		return errSignature
	}
	n, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errSignature
	}
	at := time.Unix(n, 0)
	if n > 1e11 { // in milliseconds
		at = time.UnixMilli(n)
	}
	return within(at, now, window)
}

// Read understands an event.
func (l *Lob) Read(_ *http.Request, body []byte) (t Told, err error) {
	var e struct {
		ID      string
		Type    struct{ ID string } `json:"event_type"`
		Created time.Time           `json:"date_created"`
		Body    struct{ Metadata map[string]string }
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return t, err
	}
	_, what, _ := strings.Cut(e.Type.ID, ".")
	if touch := e.Body.Metadata["touch"]; andante.IsID(touch) {
		t.Post = []ops.PostTold{{Provider: "Lob", ID: e.ID, Touch: andante.TouchID(touch), What: what, At: e.Created}}
	}
	return t, nil
}
