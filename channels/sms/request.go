package sms

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// A request follows one HTTP request: whether anything of it left this machine, and what
// status came back. It is the transport of a client of its own, for twilio-go knows neither
// contexts nor other addresses than Twilio's.
type request struct {
	ctx    context.Context
	base   *url.URL // instead of the address that the request names; nil: that
	inner  http.RoundTripper
	left   atomic.Bool // its header was handed to the connection
	status int         // of the answer; 0 without one
}

// RoundTrip implements [http.RoundTripper].
func (q *request) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(httptrace.WithClientTrace(q.ctx, &httptrace.ClientTrace{WroteHeaders: func() { q.left.Store(true) }}))
	if q.base != nil {
		r.URL.Scheme, r.URL.Host, r.Host = q.base.Scheme, q.base.Host, q.base.Host
	}
	resp, err := q.inner.RoundTrip(r)
	if resp != nil {
		q.status = resp.StatusCode
		resp.Body = limited{resp.Body, io.LimitReader(resp.Body, maxAnswer)}
	}
	return resp, err
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 1 << 20

type limited struct {
	io.Closer
	io.Reader
}

// client follows no redirect: what is handed over goes to the address that was configured.
func (q *request) client() *http.Client {
	return &http.Client{Transport: q, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
