// Package httpcall follows one HTTP request to somebody who acts on it: whether anything of it
// left this machine, and what status came back. From that follows whether it may be said
// again.
package httpcall

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// Usual is how long the other side may take over a request.
const Usual = 30 * time.Second

// maxAnswer is how much of an answer is read.
const maxAnswer = 1 << 20

// A Call is the transport of one request. It sees the request through whatever becomes of the
// context that it was made with.
type Call struct {
	ctx    context.Context
	base   *url.URL // instead of the address that the request names; nil: that
	inner  http.RoundTripper
	left   atomic.Bool
	status int
}

// New returns a call that may take so long (0: [Usual]), and what ends it. base is the address
// that stands instead of the request's own, for tests; empty: none. inner sends it; nil:
// [http.DefaultTransport].
func New(ctx context.Context, within time.Duration, base string, inner http.RoundTripper) (*Call, context.CancelFunc, error) {
	c := &Call{inner: inner}
	if c.inner == nil {
		c.inner = http.DefaultTransport
	}
	if base != "" {
		u, err := url.Parse(base)
		if err != nil {
			return nil, nil, err
		}
		c.base = u
	}
	if within == 0 {
		within = Usual
	}
	var end context.CancelFunc
	c.ctx, end = context.WithTimeout(context.WithoutCancel(ctx), within)
	return c, end, nil
}

// Context ends when the call has taken too long.
func (c *Call) Context() context.Context { return c.ctx }

// Left tells whether the request's header was handed to the connection: from then on the other
// side may act on it.
func (c *Call) Left() bool { return c.left.Load() }

// Status is that of the answer; 0 without one.
func (c *Call) Status() int { return c.status }

// RoundTrip implements [http.RoundTripper].
func (c *Call) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(httptrace.WithClientTrace(c.ctx, &httptrace.ClientTrace{WroteHeaders: func() { c.left.Store(true) }}))
	if c.base != nil {
		r.URL.Scheme, r.URL.Host, r.Host = c.base.Scheme, c.base.Host, c.base.Host
	}
	resp, err := c.inner.RoundTrip(r)
	if resp != nil {
		c.status = resp.StatusCode
		resp.Body = limited{resp.Body, io.LimitReader(resp.Body, maxAnswer)}
	}
	return resp, err
}

type limited struct {
	io.Closer
	io.Reader
}

// Client follows no redirect: what is handed over goes to the address that was configured.
func (c *Call) Client() *http.Client {
	return &http.Client{Transport: c, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Hide takes the address out of an error: it may name an account.
func Hide(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
