package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
)

// A Talk is what a relay says and shows before the first mail.
type Talk struct {
	Extensions  map[string]string // by keyword, with their parameters
	TLS         bool
	Certificate *x509.Certificate // the relay's own; nil without TLS
	LoggedIn    bool
}

// Probe connects to a sender's server as Deliver does, up to where a mail would begin, and
// takes leave. Its error is the context's or a *channels.SendError of kind Temporary or
// Sender.
func (c *Channel) Probe(ctx context.Context, sender string) (Talk, error) {
	cfg, err := c.configOf(ctx, sender)
	if err != nil {
		return Talk{}, err
	}
	conn, err := dial(ctx, cfg, c.clock)
	if err != nil {
		return Talk{}, err
	}
	defer conn.quit()
	t := Talk{Extensions: conn.extensions, LoggedIn: cfg.User != ""}
	if secured, ok := conn.wire.conn.(*tls.Conn); ok {
		t.TLS = true
		if chain := secured.ConnectionState().PeerCertificates; len(chain) > 0 {
			t.Certificate = chain[0]
		}
	}
	return t, nil
}
