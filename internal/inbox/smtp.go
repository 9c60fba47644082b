package inbox

import (
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/andante-hq/andante"
)

// serveSMTP runs go-smtp on l and returns what stops it.
func serveSMTP(in *Inbox, l net.Listener) (stop func() error) {
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{in: in, conn: c}, nil
	}))
	s.Domain = "inbox.localhost"
	s.AllowInsecureAuth = true // it listens on loopback
	s.ErrorLog = log.New(io.Discard, "", 0)
	s.MaxMessageBytes = 50 << 20
	s.EnableSMTPUTF8 = in.opt.UTF8
	if in.opt.TLS != nil && in.opt.Implicit {
		l = tls.NewListener(l, in.opt.TLS)
	} else {
		s.TLSConfig = in.opt.TLS
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	return func() error {
		err := s.Close()
		if errors.Is(err, smtp.ErrServerClosed) {
			return nil
		}
		// Serve may not have heard of the listener yet.
		return errors.Join(ignoreClosed(err), ignoreClosed(l.Close()), ignoreClosed(<-done))
	}
}

// ignoreClosed drops the error of an Accept that our own Close has ended.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// session is one client's conversation.
type session struct {
	in     *Inbox
	conn   *smtp.Conn
	authed bool
	mail   Mail
}

var errAuthRequired = &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if s.in.opt.asksLogin() && !s.authed {
		return errAuthRequired
	}
	s.mail = Mail{From: from, UTF8: o.UTF8, MailAt: s.in.opt.Now(), Conn: numberOf(s.conn.Conn())}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.in.pause(s.in.opt.DelayPerMail); err != nil {
		return err
	}
	return s.in.keep(s.mail, raw, s.conn.Hostname())
}

func (s *session) Reset()        { s.mail = Mail{} }
func (s *session) Logout() error { return nil }

// AuthMechanisms offers AUTH only where it is required.
func (s *session) AuthMechanisms() []string {
	switch {
	case s.in.opt.Token != nil:
		return []string{xoauth2}
	case s.in.opt.User != "":
		return []string{sasl.Plain, sasl.Login}
	}
	return nil
}

func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if !s.in.knows(user, password) {
			return smtp.ErrAuthFailed
		}
		s.authed = true
		return nil
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return newLoginServer(check), nil
	case xoauth2:
		return &tokenServer{takes: func(user, token string) bool {
			s.authed = s.in.opt.Token(user, token)
			return s.authed
		}}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (o Options) asksLogin() bool { return o.User != "" || o.Token != nil }

// knows compares the credentials in constant time.
func (in *Inbox) knows(user, password string) bool {
	u := subtle.ConstantTimeCompare([]byte(user), []byte(in.opt.User))
	p := subtle.ConstantTimeCompare([]byte(password), []byte(in.opt.Password))
	return u&p == 1
}

// pause waits for d, or until the inbox closes.
func (in *Inbox) pause(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	return andante.Sleep(in.ctx, d)
}

// loginServer is AUTH LOGIN, which go-sasl has for clients only.
type loginServer struct {
	check func(user, password string) error
	user  string
	step  int
}

func newLoginServer(check func(user, password string) error) sasl.Server {
	return &loginServer{check: check}
}

// Next asks for the name, then for the password, then decides.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch {
	case l.step == 1 && response == nil:
		return []byte("Username:"), false, nil
	case l.step == 1: // an initial response is the name
		l.step++
		fallthrough
	case l.step == 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.user, string(response))
	}
}
