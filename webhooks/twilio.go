package webhooks

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs with it
	"encoding/base64"
	"encoding/xml"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
)

// Twilio takes what Twilio tells: texts that came in, and what became of those that went out
// (Twilio: Messaging Webhooks, Track the Message Status of Outbound Messages). Its address is the
// public one of the configuration, for that is what Twilio signs. Without a token everything is
// refused.
type Twilio struct {
	Ops       *ops.Ops
	PublicURL string
	Token     andante.Secret // the account's auth token
	Log       *slog.Logger
}

// maxCallback is how much of a callback is read.
const maxCallback = 64 << 10

func (t *Twilio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil || !t.signed(r, form) {
		t.Log.Warn("a callback in Twilio's name is refused: its signature is wrong", "path", r.URL.Path)
		http.Error(w, "the signature is wrong", http.StatusForbidden)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 12*time.Second) // Twilio waits 15 s
	defer cancel()
	answer, err := t.take(ctx, r, form)
	if err != nil {
		t.Log.Error("a callback of Twilio could not be carried out; it comes again if its webhook says so", "err", andante.HideAddresses(err.Error()))
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	if err := xml.NewEncoder(w).Encode(answer); err != nil {
		t.Log.Debug("Twilio did not take the answer", "err", err)
	}
}

// twiml is what Twilio is answered (TwiML for Programmable Messaging).
type twiml struct {
	XMLName xml.Name `xml:"Response"`
	Message string   `xml:"Message,omitempty"`
}

func (t *Twilio) take(ctx context.Context, r *http.Request, form url.Values) (twiml, error) {
	id := form.Get("MessageSid")
	if id == "" {
		return twiml{}, nil
	}
	if form.Has("Body") && form.Get("From") != "" && (form.Get("SmsStatus") == "received" || form.Get("MessageStatus") == "") {
		wish, answered := optOutType(form.Get("OptOutType"))
		answer, err := t.Ops.TakeText(ctx, ops.TextIn{ID: id, From: form.Get("From"), Text: form.Get("Body"), Wish: wish, Answered: answered})
		return twiml{Message: answer}, err
	}
	code, _ := strconv.Atoi(form.Get("ErrorCode"))
	return twiml{}, t.Ops.TextStatus(ctx, ops.TextStatus{Touch: andante.TouchID(r.URL.Query().Get("touch")), Provider: "Twilio", Status: form.Get("MessageStatus"), Code: code})
}

// optOutType reads what Twilio has found and answered by itself (Twilio: Advanced Opt-Out).
func optOutType(s string) (wish inbound.Wish, answered bool) {
	switch strings.ToUpper(s) {
	case "STOP":
		return inbound.WishStop, true
	case "START":
		return inbound.WishStart, true
	case "HELP":
		return inbound.WishHelp, true
	}
	return inbound.WishNone, false
}

// signed tells whether Twilio has signed a request: HMAC-SHA1 over the public address and the
// fields in order, each with its values (Twilio: Webhooks Security). Some of its products sign the
// address with its port and some without.
func (t *Twilio) signed(r *http.Request, form url.Values) bool {
	got, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Twilio-Signature"))
	if err != nil || t.Token == "" {
		return false
	}
	address := strings.TrimSuffix(t.PublicURL, "/") + r.URL.Path
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	var fields strings.Builder
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			fields.WriteString(name + v)
		}
	}
	good := false
	for _, a := range withAndWithoutPort(address) {
		m := hmac.New(sha1.New, []byte(t.Token.Reveal()))
		m.Write([]byte(a + fields.String()))
		good = hmac.Equal(m.Sum(nil), got) || good
	}
	return good
}

// withAndWithoutPort returns an address as it is, and without its port, or with the one that its
// scheme has by itself.
func withAndWithoutPort(address string) []string {
	u, err := url.Parse(address)
	scheme, rest, _ := strings.Cut(address, "://")
	i := strings.IndexByte(rest, '/')
	if err != nil || i < 0 {
		return []string{address}
	}
	host := u.Hostname()
	if u.Port() == "" {
		host = net.JoinHostPort(host, map[string]string{"https": "443", "http": "80"}[u.Scheme])
	}
	return []string{address, scheme + "://" + host + rest[i:]}
}
