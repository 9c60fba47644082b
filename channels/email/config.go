package email

import (
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

// Config says where the relay is and how to talk to it.
type Config struct {
	Host     string // name or address of the relay; its certificate must carry it
	Port     int    // default: 587, with implicit TLS 465, with none 25
	TLS      string // starttls (default), implicit or none
	User     string // empty: no AUTH
	Password andante.Secret
	Hello    string // our name in EHLO; default: localhost

	Connections    int           // kept per sender between two batches; default 4
	IdleTimeout    time.Duration // a kept connection is closed after it; default 30s
	DialTimeout    time.Duration // until connected, TLS included; default 30s
	CommandTimeout time.Duration // for each command, RFC 5321 section 4.5.3.2; default 5m
	DotTimeout     time.Duration // for the answer to the final dot, section 4.5.3.2.6; default 10m
	MaxMails       int           // per connection; default 500

	FlightSize int           // messages per permit; default and most: channels.FlightSize
	FlightTime time.Duration // of sending per permit; default: channels.FlightTime

	RootCAs *x509.CertPool // for a relay with a private authority; nil: the system's
	Log     *slog.Logger   // told when the relay is away and when it is back; nil: nobody is
}

func (c Config) withDefaults() Config {
	setDefault(&c.TLS, StartTLS)
	setDefault(&c.Port, map[string]int{StartTLS: 587, ImplicitTLS: 465, NoTLS: 25}[c.TLS])
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

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) check() error {
	switch {
	case c.Host == "":
		return errors.New("email: host is missing; name the relay that takes the mails")
	case c.TLS != StartTLS && c.TLS != ImplicitTLS && c.TLS != NoTLS:
		return fmt.Errorf("email: tls is %q; use starttls, implicit or none", c.TLS)
	case c.Port < 1 || c.Port > 65535:
		return fmt.Errorf("email: port %d is out of range", c.Port)
	case c.User != "" && c.Password == "":
		return errors.New("email: a user without a password; set the password, or leave out the user")
	case strings.ContainsFunc(c.Hello, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return errors.New("email: hello must be a plain host name")
	}
	return nil
}
