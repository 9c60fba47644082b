package mailroom

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
)

// Limits of a connection (RFC 5321 section 4.5.3).
const (
	maxConnections = 500
	maxRecipients  = 100
	commandTime    = 2 * time.Minute // and a mail's bytes
	takeTime       = time.Minute
)

// A Taker takes mails in.
type Taker interface {
	// TakeMail returns once what follows from a mail is committed. Safe for concurrent use; the
	// same mail counts once.
	TakeMail(ctx context.Context, raw []byte, e inbound.Envelope) (ops.Arrived, error)
	// TakesMailTo tells whether an address is one of ours.
	TakesMailTo(ctx context.Context, address string) (bool, error)
}

// Config says how mail is taken.
type Config struct {
	Name  string      // as the server calls itself
	LMTP  bool        // RFC 2033, for a mail server that hands over
	TLS   *tls.Config // nil: no STARTTLS
	Taker Taker
	Log   *slog.Logger
}

// Serve takes mail from a listener until ctx ends; what is being taken then is finished.
func Serve(ctx context.Context, l net.Listener, c Config) error {
	s := smtp.NewServer(&backend{c, context.WithoutCancel(ctx)})
	s.Domain, s.LMTP, s.TLSConfig = c.Name, c.LMTP, c.TLS
	s.MaxMessageBytes, s.MaxRecipients = inbound.MaxMail, maxRecipients
	s.ReadTimeout, s.WriteTimeout = commandTime, time.Minute
	s.EnableSMTPUTF8, s.EnableBINARYMIME = true, false
	s.ErrorLog = quiet{c.Log}
	down := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		down <- s.Shutdown(end)
	})
	if err := s.Serve(netutil.LimitListener(l, maxConnections)); err != nil && !errors.Is(err, smtp.ErrServerClosed) && ctx.Err() == nil {
		stop()
		return err
	}
	if stop() {
		return nil
	}
	if err := <-down; err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, smtp.ErrServerClosed) {
		return err
	}
	return nil
}

// quiet writes what goes wrong with a connection where it disturbs nobody.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, args ...any) {
	level := slog.LevelDebug
	if strings.HasPrefix(format, "panic") {
		level = slog.LevelError
	}
	q.log.Log(context.Background(), level, "a connection for mail ended", "err", andante.HideAddresses(fmt.Sprintf(format, args...)))
}
func (q quiet) Println(...any) {}

type backend struct {
	Config
	ctx context.Context
}

// NewSession begins a connection.
func (b *backend) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{backend: b}, nil }

// session is one connection.
type session struct {
	*backend
	envelope inbound.Envelope
}

var (
	errLater   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "It can't be taken just now; try again later"}
	errNobody  = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "There is no such mailbox here"}
	errNoRelay = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Mail for other domains is not passed on"}
)

// Reset forgets the envelope.
func (s *session) Reset() { s.envelope = inbound.Envelope{} }

// Logout ends the connection.
func (s *session) Logout() error { return nil }

// Mail begins a mail.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.envelope = inbound.Envelope{From: strings.ToLower(from), Null: from == ""}
	return nil
}

// Rcpt takes a recipient, if it is one of ours.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	ctx, cancel := context.WithTimeout(s.ctx, takeTime)
	defer cancel()
	ours, err := s.Taker.TakesMailTo(ctx, to)
	switch {
	case errors.Is(err, ops.ErrOtherDomain):
		return errNoRelay
	case err != nil:
		s.Log.Error("mail can't be taken in", "err", err)
		return errLater
	case !ours:
		return errNobody
	}
	s.envelope.To = append(s.envelope.To, strings.ToLower(to))
	return nil
}

// Data takes the mail in, and answers after the commit.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, takeTime)
	defer cancel()
	told, err := s.Taker.TakeMail(ctx, raw, s.envelope)
	if err != nil {
		s.Log.Error("a mail could not be taken in; whoever sends it tries again", "err", err)
		return errLater
	}
	s.Log.Info("mail came in", "class", string(told.Class), "contact", string(told.Contact), "touch", string(told.Touch))
	return nil
}

// LMTPData does so once for all recipients: it is one mail.
func (s *session) LMTPData(r io.Reader, _ smtp.StatusCollector) error { return s.Data(r) }
