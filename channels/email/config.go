package email

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// How a connection is secured.
const (
	StartTLS    = "starttls" // required: a relay that doesn't offer it is refused
	ImplicitTLS = "implicit" // TLS from the first byte on (RFC 8314 section 3)
	NoTLS       = "none"     // for a relay on loopback or a network of one's own; never with a password, but on loopback
)

// A Server is where mails are handed in, and as whom.
type Server struct {
	Host     string // name or address; its certificate must carry it
	Port     int    // default: 587, with implicit TLS 465, with none 25
	TLS      string // starttls (default), implicit or none
	User     string // empty: no AUTH
	Password andante.Secret
	Tokens   Tokens         // instead of a password: OAuth 2.0
	RootCAs  *x509.CertPool // for a server with a private authority; nil: the system's
}

// Config says where mails are handed in and how to talk there.
type Config struct {
	Server
	// ServerOf, if set, says by which server the mails of a sender leave. An error stops
	// that sender alone. It is asked for each batch and must be safe for concurrent use.
	ServerOf func(ctx context.Context, sender string) (Server, error)

	Keys []Key // with which mails are signed; none: the server signs, or nobody does

	Hello string // our name in EHLO; default: localhost

	Connections    int           // kept per sender between two batches; default 4
	IdleTimeout    time.Duration // a kept connection is closed after it; default 30s
	DialTimeout    time.Duration // until connected, TLS included; default 30s
	CommandTimeout time.Duration // for each command, RFC 5321 section 4.5.3.2; default 5m
	DotTimeout     time.Duration // for the answer to the final dot, section 4.5.3.2.6; default 10m
	MaxMails       int           // per connection; default 500

	FlightSize int           // messages per permit; default and most: channels.FlightSize
	FlightTime time.Duration // of sending per permit; default: channels.FlightTime

	Log *slog.Logger // told when the relay is away and when it is back; nil: nobody is
}

func (c Config) withDefaults() Config {
	c.Server = c.Server.withDefaults()
	setDefault(&c.Hello, "localhost")
	setDefault(&c.Connections, 4)
	setDefault(&c.IdleTimeout, 30*time.Second)
	setDefault(&c.DialTimeout, 30*time.Second)
	setDefault(&c.CommandTimeout, 5*time.Minute)
	setDefault(&c.DotTimeout, 10*time.Minute)
	setDefault(&c.MaxMails, 500)
	setDefault(&c.Log, slog.New(slog.DiscardHandler))
	return c
}

func (s Server) withDefaults() Server {
	setDefault(&s.TLS, StartTLS)
	setDefault(&s.Port, map[string]int{StartTLS: 587, ImplicitTLS: 465, NoTLS: 25}[s.TLS])
	return s
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) check() error {
	if strings.ContainsFunc(c.Hello, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errors.New("email: hello must be a plain host name")
	}
	if c.ServerOf != nil { // each is looked at when it is asked for
		return nil
	}
	return c.Server.Check()
}

// Check tells what is missing, or can't be.
func (s Server) Check() error {
	s = s.withDefaults()
	switch {
	case s.Host == "":
		return errors.New("email: host is missing; name the relay that takes the mails")
	case s.TLS != StartTLS && s.TLS != ImplicitTLS && s.TLS != NoTLS:
		return fmt.Errorf("email: tls is %q; use starttls, implicit or none", s.TLS)
	case s.Port < 1 || s.Port > 65535:
		return fmt.Errorf("email: port %d is out of range", s.Port)
	case s.Tokens != nil && s.User == "":
		return errors.New("email: access tokens without a user; name the mailbox")
	case s.User != "" && s.Password == "" && s.Tokens == nil:
		return errors.New("email: a user without a password; set the password, or leave out the user")
	}
	return nil
}
