package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/httpcall"
)

// HTTP is any gateway that takes a text by one HTTP request.
type HTTP struct {
	// Request writes the request for a text.
	Request func(context.Context, Text) (Request, error)
	// Judge tells what an answer means: "" is sent, or one of the kinds of a SendError, or
	// [OptedOut]. An error leaves the text unknown.
	Judge func(Answer) (channels.ErrorKind, error)
	// ID finds the gateway's own id in an answer's body: its first group, or all of it; nil:
	// it names none.
	ID *regexp.Regexp

	Secret andante.Secret    // hidden where an answer holds it; empty: there is none
	Inner  http.RoundTripper // nil: http.DefaultTransport
	Within time.Duration     // of a request; 0: 30 s
}

// OptedOut is what a gateway may say of a number besides the kinds of an error.
const OptedOut channels.ErrorKind = "opted_out"

// A Request is what is said to a gateway.
type Request struct {
	Method, URL string
	Header      map[string]string
	Body        string
}

// An Answer is what a gateway said.
type Answer struct {
	Status int
	Body   string
}

// Send makes the request. One that left and was not answered is unknown: of a gateway that
// we know nothing of, nothing can be asked.
func (g *HTTP) Send(ctx context.Context, t Text) (channels.Receipt, error) {
	q, end, err := httpcall.New(ctx, g.Within, "", g.Inner)
	if err != nil {
		return channels.Receipt{}, err
	}
	defer end()
	want, err := g.Request(q.Context(), t)
	if err != nil {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Permanent, Err: err}
	}
	r, err := http.NewRequestWithContext(q.Context(), want.Method, want.URL, strings.NewReader(want.Body))
	if err != nil {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Sender, Err: errors.New("the address of the gateway is none: see channels.sms.http.url")}
	}
	for name, value := range want.Header {
		r.Header.Set(name, value)
	}
	resp, err := q.Client().Do(r)
	if err != nil {
		return channels.Receipt{}, lost(q, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return channels.Receipt{}, lost(q, err)
	}
	said := string(body)
	for _, secret := range writtenOut(g.Secret.Reveal()) { // a gateway may show the one that it refuses
		said = strings.ReplaceAll(said, secret, "***")
	}
	return g.judge(Answer{resp.StatusCode, said})
}

// writtenOut are the forms in which a secret may stand in a request, or in what is said of one.
func writtenOut(secret string) []string {
	if secret == "" {
		return nil
	}
	asJSON, _ := json.Marshal(secret)
	return []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(asJSON), `"`), html.EscapeString(secret)}
}

// lost is what became of a text without an answer.
func lost(q *httpcall.Call, err error) error {
	if !q.Left() {
		return &channels.SendError{Kind: channels.Temporary, Err: fmt.Errorf("the gateway can't be reached: %w", httpcall.Hide(err))}
	}
	return &channels.SendError{Kind: channels.Unknown, Err: fmt.Errorf("the gateway did not answer: %w", httpcall.Hide(err))}
}

func (g *HTTP) judge(a Answer) (channels.Receipt, error) {
	words := andante.CleanText(a.Body)
	kind, err := g.Judge(a)
	if err != nil {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Unknown, Code: a.Status, Response: andante.CleanText(a.Body + " (" + err.Error() + ")")}
	}
	switch kind {
	case "":
		return channels.Receipt{Code: a.Status, Response: words, ProviderID: g.id(a.Body)}, nil
	case OptedOut:
		return channels.Receipt{}, &channels.SendError{Kind: channels.Address, OptOut: true, Code: a.Status, Response: words}
	}
	return channels.Receipt{}, &channels.SendError{Kind: kind, Code: a.Status, Response: words}
}

func (g *HTTP) id(body string) string {
	if g.ID == nil {
		return ""
	}
	m := g.ID.FindStringSubmatch(body)
	if len(m) == 0 {
		return ""
	}
	return andante.CleanText(m[len(m)-1])
}

// ByStatus is what an answer means by its status alone.
func ByStatus(status int) channels.ErrorKind {
	switch {
	case status >= 200 && status < 300:
		return ""
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return channels.Temporary
	case status >= 500: // it may have been taken before something went wrong
		return channels.Unknown
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return channels.Sender
	}
	return channels.Permanent
}
