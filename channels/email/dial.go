package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// dial connects, says EHLO, secures the connection and authenticates. Its error
// is the context's or a *SendError of kind Temporary or Sender.
func dial(ctx context.Context, cfg Config, clock andante.Clock) (*conn, error) {
	if cfg.Tokens == nil {
		return connect(ctx, cfg, clock, cfg.Password)
	}
	token, err := cfg.Tokens.Token(ctx)
	if err != nil {
		return nil, tokenError(ctx, err)
	}
	c, err := connect(ctx, cfg, clock, token)
	if !tokenRefused(err) {
		return c, err
	}
	// It may have been withdrawn before its time; another one tells whether it was that.
	cfg.Tokens.Refused(token)
	if token, err = cfg.Tokens.Token(ctx); err != nil {
		return nil, tokenError(ctx, err)
	}
	return connect(ctx, cfg, clock, token)
}

// connect does it with a password or a token.
func connect(ctx context.Context, cfg Config, clock andante.Clock, secret andante.Secret) (*conn, error) {
	d := net.Dialer{Deadline: clock.Wall().Add(cfg.DialTimeout)}
	raw, err := d.DialContext(ctx, "tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port)))
	if err != nil {
		return nil, dialError(ctx, stageConnect, err)
	}
	// Nothing has been permitted yet, so the end of ctx may cut the handshake.
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	c := &conn{cfg: cfg, clock: clock, secret: secret, wire: newWire(raw, clock), used: clock.Wall()}
	if err := c.open(raw); err != nil {
		c.close()
		stop()
		return nil, err.in(ctx)
	}
	if !stop() {
		c.close()
		return nil, ctx.Err()
	}
	return c, nil
}

// A failure says at which stage no connection came about, and why.
type failure struct {
	stage stage
	reply reply // zero without one
	err   error
}

// in turns the failure into what dial returns.
func (f *failure) in(ctx context.Context) error {
	if f.reply.code != 0 && f.err == nil {
		return refusal(f.stage, f.reply)
	}
	return dialError(ctx, f.stage, f.err)
}

// dialError classifies a connection that failed without a reply. A certificate
// that doesn't fit, or a setting that can't work, needs the operator.
func dialError(ctx context.Context, s stage, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	kind := channels.Temporary
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	if errors.As(err, &cert) || errors.As(err, &authority) || errors.Is(err, errSettings) {
		kind = channels.Sender
	}
	return &channels.SendError{Kind: kind, Err: fmt.Errorf("%s: %w", s, err)}
}

// errSettings marks a disagreement between configuration and relay.
var errSettings = errors.New("the relay and the settings don't agree")

// open carries out everything between the TCP connection and the first MAIL.
func (c *conn) open(raw net.Conn) *failure {
	if c.cfg.TLS == ImplicitTLS {
		if f := c.secure(); f != nil {
			return f
		}
	}
	r, err := c.wire.reply(c.cfg.CommandTimeout)
	if err != nil || r.code != 220 {
		return &failure{stageConnect, r, err}
	}
	if f := c.hello(); f != nil {
		return f
	}
	if c.cfg.TLS == StartTLS {
		if f := c.startTLS(); f != nil {
			return f
		}
	}
	if c.cfg.User == "" {
		return nil
	}
	if c.cfg.TLS == NoTLS && !onLoopback(raw) {
		err := fmt.Errorf("%w: a password goes only over TLS; set tls to starttls or implicit", errSettings)
		return &failure{stage: stageAuth, err: err}
	}
	return c.auth()
}

// secure starts TLS on the connection (RFC 8446, RFC 6125: the certificate must
// carry the configured name).
func (c *conn) secure() *failure {
	t := tls.Client(c.wire.conn, &tls.Config{ServerName: c.cfg.Host, RootCAs: c.cfg.RootCAs, MinVersion: tls.VersionTLS12})
	if err := t.SetDeadline(c.clock.Wall().Add(c.cfg.DialTimeout)); err != nil {
		return &failure{stage: stageTLS, err: err}
	}
	if err := t.Handshake(); err != nil {
		return &failure{stage: stageTLS, err: err}
	}
	c.wire.use(t)
	return nil
}

// startTLS insists on STARTTLS (RFC 3207): going on without it would be what an
// attacker in between wants.
func (c *conn) startTLS() *failure {
	if _, offered := c.extensions["STARTTLS"]; !offered {
		return &failure{stage: stageTLS, err: fmt.Errorf("%w: it doesn't offer STARTTLS", errSettings)}
	}
	r, err := c.wire.ask(c.cfg.CommandTimeout, "STARTTLS")
	if err != nil || r.code != 220 {
		return &failure{stageTLS, r, err}
	}
	if c.wire.r.Buffered() > 0 {
		return &failure{stage: stageTLS, err: errors.New("plain text after STARTTLS")}
	}
	if f := c.secure(); f != nil {
		return f
	}
	return c.hello() // section 4.2: what was said before TLS is forgotten
}

// hello says EHLO, or HELO to a relay that knows no better (RFC 5321 section
// 3.2), and notes the extensions.
func (c *conn) hello() *failure {
	c.extensions = map[string]string{}
	r, err := c.wire.ask(c.cfg.CommandTimeout, "EHLO "+c.cfg.Hello)
	if err == nil && (r.code == 500 || r.code == 502) {
		r, err = c.wire.ask(c.cfg.CommandTimeout, "HELO "+c.cfg.Hello)
	}
	if err != nil || !r.good() {
		return &failure{stageHello, r, err}
	}
	for _, line := range r.lines[1:] {
		keyword, parameters, _ := strings.Cut(line, " ")
		c.extensions[strings.ToUpper(keyword)] = parameters
	}
	return nil
}

// onLoopback tells whether the other end is this machine.
func onLoopback(c net.Conn) bool {
	a, ok := c.RemoteAddr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}
