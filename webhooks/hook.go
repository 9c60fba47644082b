package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
)

// A Target is a hook as this machine reaches it.
type Target struct {
	URL      string
	Secret   andante.Secret // whsec_ and base64
	Internal bool           // it may lie in a network of ours
}

// Hooks posts events to other programs (Standard Webhooks). A delivery comes at least once, under
// the same webhook-id each time.
type Hooks struct {
	Ops    *ops.Ops
	Target func(ctx context.Context, name string) (Target, error)
	Log    *slog.Logger
}

// hooksAtOnce is how many deliveries of one hook are taken in one go.
const hooksAtOnce = 20

// Send posts what is due, once, and returns whether there is more.
func (h *Hooks) Send(ctx context.Context) (more bool, err error) {
	names, err := h.Ops.Hooks(ctx)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		n, failed := h.sendTo(ctx, name)
		more, err = more || n == hooksAtOnce, errors.Join(err, failed)
	}
	return more, err
}

func (h *Hooks) sendTo(ctx context.Context, name string) (n int, err error) {
	due, err := h.Ops.Dispatches(ctx, name, hooksAtOnce)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	target, unusable := h.Target(ctx, name)
	for _, d := range due {
		failed := unusable
		if failed == nil && d.Payload != nil {
			failed = h.post(ctx, target, d)
		}
		if ctx.Err() != nil { // the lease ends by itself
			return 0, ctx.Err()
		}
		if failed != nil {
			h.Log.Warn("a hook did not take an event; it comes again", "hook", name, "event", string(d.Event), "attempt", d.Attempts+1, "err", andante.HideAddresses(failed.Error()))
		}
		if err := h.Ops.Dispatched(ctx, d.Delivery, failed); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// post sends one delivery, signed.
func (h *Hooks) post(ctx context.Context, to Target, d ops.Dispatch) error {
	body, err := json.Marshal(d.Payload)
	if err != nil {
		return err
	}
	wh, err := standardwebhooks.NewWebhook(to.Secret.Reveal())
	if err != nil {
		return errors.New("the secret is not whsec_ and base64")
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	now := h.Ops.Clock.Wall()
	signature, err := wh.Sign(d.ID, now, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Andante")
	r.Header.Set(standardwebhooks.HeaderWebhookID, d.ID)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	client := clientFor(to.Internal)
	defer client.CloseIdleConnections()
	answer, err := client.Do(r)
	var at *url.Error
	if errors.As(err, &at) { // some addresses are secrets
		err = at.Err
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 300))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s: %s", answer.Status, bytes.TrimSpace(said))
	}
	return nil
}

// errInternal says that an address lies where nobody outside should send us.
var errInternal = errors.New("the address lies in an internal network; write internal: yes if it is meant to")

// clientFor follows no redirect and uses no proxy. The address is looked at when it is dialled, after
// its name was resolved, so that no name can lead elsewhere meanwhile.
func clientFor(internal bool) *http.Client {
	d := &net.Dialer{Timeout: 10 * time.Second}
	if !internal {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !public(at.Addr()) {
				return errInternal
			}
			return nil
		}
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 15 * time.Second, MaxResponseHeaderBytes: 32 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// nowhere are networks that are public by no means (IANA special-purpose address registries), beside
// those that the standard library knows.
var nowhere = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("255.255.255.255/32"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// public tells whether an address is one of the public network.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range nowhere {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
