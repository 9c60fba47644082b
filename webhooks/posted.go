package webhooks

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
)

// RawMail takes mails as they are, message/rfc822, from anything that can post: a mail server's
// script, another system. The secret stands in the Authorization header, as a bearer's or as a
// password.
type RawMail struct{ Secret andante.Secret }

// Verify compares the secret.
func (m *RawMail) Verify(r *http.Request, _ []byte, _ time.Time) error { return m.VerifyHeader(r) }

// VerifyHeader does so before the body is read.
func (m *RawMail) VerifyHeader(r *http.Request) error {
	_, password, ok := r.BasicAuth()
	if !ok {
		password, ok = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	if !ok {
		password = ""
	}
	return sameSecret(password, m.Secret)
}

// Read takes the mail; its envelope may stand in the query: ?from=...&to=...
func (m *RawMail) Read(r *http.Request, body []byte) (t Told, err error) {
	if len(body) == 0 {
		return t, errors.New("there is no mail in it")
	}
	q := r.URL.Query()
	t.In = &Incoming{Raw: body, Envelope: inbound.Envelope{From: q.Get("from"), To: q["to"]}}
	return t, nil
}

// sameSecret compares in the same time, whatever is wrong.
func sameSecret(got string, want andante.Secret) error {
	if want == "" {
		return errNoSecret
	}
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want.Reveal()))
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return errSignature
	}
	return nil
}

func isJSON(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/json"
}

// maxFields is how many fields a form may have.
const maxFields = 200

// formOf reads a form, of either sort, from a body that was read already.
func formOf(r *http.Request, body []byte) (url.Values, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return url.ParseQuery(string(body))
	}
	form := url.Values{}
	for parts := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return form, err
		}
		if len(form) >= maxFields {
			return form, errors.New("the form has too many fields")
		}
		value, err := io.ReadAll(p)
		if err != nil {
			return form, err
		}
		form.Add(p.FormName(), string(value))
	}
}

func nonEmpty(list ...string) (some []string) {
	for _, s := range list {
		if s != "" {
			some = append(some, s)
		}
	}
	return some
}

// unixTime reads seconds since 1970; the zero time if it is none.
func unixTime(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0)
}
