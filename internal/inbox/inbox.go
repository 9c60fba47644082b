package inbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/andante-hq/andante"
)

// Options of an [Inbox].
type Options struct {
	Addr     string           // host:port; empty: 127.0.0.1:0
	Dir      string           // each accepted mail becomes <n>-<to>.eml in it; empty: in memory only
	Now      func() time.Time // dates the mails and stamps Received in files; nil: the machine's time
	TLS      *tls.Config      // offer STARTTLS; nil: plain text only
	Implicit bool             // speak TLS from the first byte on
	User     string           // require AUTH PLAIN or LOGIN; empty: take mail from anyone
	Password string
	Token    func(user, token string) bool // require AUTH XOAUTH2 instead; nil: no token is asked for
	UTF8     bool                          // offer SMTPUTF8 (RFC 6531)

	Script       func(Command) *Reply // overrides replies; nil: every mail is taken
	DelayPerMail time.Duration        // waited at the final dot, as a slow relay does
	NoRaw        bool                 // keep no bytes in memory, for long runs
}

// A Mail is an accepted mail.
type Mail struct {
	From      string    // envelope
	To        []string  // envelope
	MessageID string    // without angle brackets
	UTF8      bool      // MAIL said SMTPUTF8
	MailAt    time.Time // when MAIL was received
	At        time.Time // when the mail was accepted
	Raw       []byte    // as received; nil with Options.Dir (read File) or NoRaw
	File      string    // full path; empty without Options.Dir
	Conn      int       // number of the connection, from 1
}

// An Inbox is a running mail server. Its methods are safe for concurrent use.
type Inbox struct {
	opt    Options
	addr   string
	folder *folder
	stop   func() error
	ctx    context.Context // ends with Close, and with it every wait
	cancel context.CancelFunc

	mu      sync.Mutex
	mails   []Mail
	changed chan struct{} // closed at the next change; nil while nobody waits
}

// Start listens and serves until Close. The folder is made if it is missing.
func Start(opt Options) (*Inbox, error) {
	if opt.Addr == "" {
		opt.Addr = "127.0.0.1:0"
	}
	if opt.Now == nil {
		opt.Now = andante.SystemClock{}.Now
	}
	in := &Inbox{opt: opt}
	in.ctx, in.cancel = context.WithCancel(context.Background())
	if opt.Dir != "" {
		var err error
		if in.folder, err = openFolder(opt.Dir); err != nil {
			return nil, fmt.Errorf("inbox: %w", err)
		}
	}
	l, err := net.Listen("tcp", opt.Addr)
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	in.addr = l.Addr().String()
	l = &countingListener{Listener: l}
	if opt.Script != nil {
		in.stop = serveScript(in, l)
	} else {
		in.stop = serveSMTP(in, l)
	}
	return in, nil
}

// Addr returns the host:port that it listens on.
func (in *Inbox) Addr() string { return in.addr }

// Close stops listening, cuts every connection and waits for their end.
func (in *Inbox) Close() error {
	in.cancel()
	return in.stop()
}

// Mails returns what has been accepted since Start, in order of acceptance.
func (in *Inbox) Mails() []Mail {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.mails)
}

// Count returns the number of mails accepted since Start.
func (in *Inbox) Count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.mails)
}

// Wait returns once n mails have been accepted, or the context's error.
func (in *Inbox) Wait(ctx context.Context, n int) error {
	for {
		in.mu.Lock()
		have := len(in.mails)
		if have < n && in.changed == nil {
			in.changed = make(chan struct{})
		}
		changed := in.changed
		in.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("inbox: %d of %d mails: %w", have, n, ctx.Err())
		case <-in.ctx.Done():
			return fmt.Errorf("inbox: closed with %d of %d mails", have, n)
		}
	}
}

// errClosed is what a mail meets that comes while the inbox closes.
var errClosed = errors.New("inbox: closed")

// keep takes a mail in: to the folder first, so that what is counted is there.
func (in *Inbox) keep(m Mail, raw []byte, helo string) error {
	if in.ctx.Err() != nil {
		return errClosed
	}
	m.MessageID = messageID(raw)
	m.At = in.opt.Now()
	if in.folder != nil {
		var err error
		if m.File, err = in.folder.write(m, raw, helo); err != nil {
			return err
		}
	} else if !in.opt.NoRaw {
		m.Raw = raw
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.mails = append(in.mails, m)
	if in.changed != nil {
		close(in.changed)
		in.changed = nil
	}
	return nil
}

// messageID reads the Message-ID out of the header, without angle brackets.
func messageID(raw []byte) string {
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
	return strings.Trim(strings.TrimSpace(h.Get("Message-Id")), "<>")
}

// countingListener numbers the connections that it accepts, from 1.
type countingListener struct {
	net.Listener
	n int // Accept is called by one goroutine
}

type numberedConn struct {
	net.Conn
	n int
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.n++
	return &numberedConn{Conn: c, n: l.n}, nil
}

// numberOf finds the number of a connection, below TLS if need be.
func numberOf(c net.Conn) int {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if n, ok := c.(*numberedConn); ok {
		return n.n
	}
	return 0
}
