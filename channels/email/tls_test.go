package email_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

func portOf(in *inbox.Inbox) int {
	_, port, _ := net.SplitHostPort(in.Addr())
	n, _ := strconv.Atoi(port)
	return n
}

// certificate returns a server's configuration and the pool that trusts it.
func certificate(t *testing.T, name string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server, trusted := certificate(t, "127.0.0.1")
	stranger, _ := certificate(t, "elsewhere.example")
	script := func(inbox.Command) *inbox.Reply { return nil }
	inject := func(c inbox.Command) *inbox.Reply {
		if c.Stage == inbox.StartTLS {
			return &inbox.Reply{Raw: []byte("220 go\r\n250 PIPELINING\r\n")}
		}
		return nil
	}
	tests := map[string]struct {
		opt  inbox.Options
		cfg  email.Config
		want channels.ErrorKind
	}{
		"starttls":               {inbox.Options{TLS: server}, email.Config{Server: email.Server{TLS: email.StartTLS, RootCAs: trusted}}, ok},
		"starttls, scripted":     {inbox.Options{TLS: server, Script: script}, email.Config{Server: email.Server{TLS: email.StartTLS, RootCAs: trusted}}, ok},
		"implicit":               {inbox.Options{TLS: server, Implicit: true}, email.Config{Server: email.Server{TLS: email.ImplicitTLS, RootCAs: trusted}}, ok},
		"with a password":        {inbox.Options{TLS: server, User: "u", Password: "p"}, email.Config{Server: email.Server{TLS: email.StartTLS, RootCAs: trusted, User: "u", Password: "p"}}, ok},
		"with a wrong password":  {inbox.Options{TLS: server, User: "u", Password: "p"}, email.Config{Server: email.Server{TLS: email.StartTLS, RootCAs: trusted, User: "u", Password: "canary"}}, sender},
		"password over loopback": {inbox.Options{User: "u", Password: "p"}, email.Config{Server: email.Server{User: "u", Password: "p"}}, ok},
		"not offered":            {inbox.Options{}, email.Config{Server: email.Server{TLS: email.StartTLS}}, sender},
		"nobody vouches":         {inbox.Options{TLS: server}, email.Config{Server: email.Server{TLS: email.StartTLS}}, sender},
		"another name":           {inbox.Options{TLS: stranger}, email.Config{Server: email.Server{TLS: email.StartTLS, RootCAs: trusted}}, sender},
		"text slipped in":        {inbox.Options{TLS: server, Script: inject}, email.Config{Server: email.Server{TLS: email.StartTLS, RootCAs: trusted}}, temporary},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, ch := relay(t, tt.opt, tt.cfg)
			g := &channeltest.Gate{}
			err := ch.Deliver(t.Context(), batchOf(t, ch, 3), g)
			if channels.KindOf(err) != tt.want || tt.want == ok && err != nil {
				t.Fatalf("error %v, want kind %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error tells the password: %v", err)
			}
			if want := map[bool]int{true: 3}[tt.want == ok]; in.Count() != want {
				t.Errorf("%d mails arrived, want %d", in.Count(), want)
			}
		})
	}
}

func TestMailWithoutAuth(t *testing.T) {
	t.Parallel()
	_, ch := relay(t, inbox.Options{User: "u", Password: "p"}, email.Config{})
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), batchOf(t, ch, 1), g); err != nil {
		t.Fatal(err)
	}
	if k := g.Kinds()[0]; k != sender {
		t.Errorf("outcome %q", k)
	}
}
