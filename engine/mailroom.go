package engine

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/andante-hq/andante/mailroom"
)

// takeMail takes in mail until ctx ends.
func (e *Engine) takeMail(ctx context.Context, r RunOptions) error {
	in := e.Config.Inbound
	c := mailroom.Config{Name: cmp.Or(in.Domain, "localhost"), LMTP: in.LMTP, Taker: e.Ops, Log: e.log}
	if in.Cert != "" {
		pair, err := e.certificate(in.Cert, in.Key)
		if err != nil {
			return fmt.Errorf("inbound.cert: %w", err)
		}
		c.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	l, err := net.Listen("tcp", in.Listen)
	if err != nil {
		return fmt.Errorf("listen for mail: %w; choose another address with inbound.listen, or leave the role out with --role scheduler,worker", err)
	}
	if r.Mailroom != nil {
		r.Mailroom(l.Addr().String())
	}
	return mailroom.Serve(ctx, l, c)
}

// certificate reads a certificate and its key, from files of the workspace or of the machine.
func (e *Engine) certificate(cert, key string) (tls.Certificate, error) {
	var text [2][]byte
	for i, name := range []string{cert, key} {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(e.o.Dir, path)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return tls.Certificate{}, err
		}
		text[i] = b
	}
	return tls.X509KeyPair(text[0], text[1])
}
