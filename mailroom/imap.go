package mailroom

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
)

// A Reader keeps how far mailboxes were read, and takes their mails in.
type Reader interface {
	TakeMail(ctx context.Context, raw []byte, e inbound.Envelope) (ops.Arrived, error)
	ReadMailbox(ctx context.Context, name, folder string) (ops.MailboxRead, bool, error)
	PutMailbox(ctx context.Context, m ops.MailboxRead) error
}

// A Mailbox is one that is read by IMAP (RFC 9051). Nothing in it is changed: no mail is marked as
// read.
type Mailbox struct {
	Name     string // key
	Host     string
	Port     int
	TLS      string // implicit, starttls or none
	Roots    *tls.Config
	User     string
	Password andante.Secret
	Token    func(context.Context) (andante.Secret, error) // access token instead of the password; may be nil
	Inbox    string
	Sent     string // folder of what its owner has sent by hand; empty: it is not read
	Poll     time.Duration
	Reader   Reader
	Log      *slog.Logger
	Wall     func() time.Time
}

// How a mailbox is read.
const (
	imapBatch   = 20               // mails in one request
	firstBreak  = 10 * time.Second // after a connection that failed ...
	longestOne  = 10 * time.Minute // ... and at most
	lookBack    = 14 * 24 * time.Hour
	imapPatient = 2 * time.Minute // for one command
)

// Watch reads the mailbox until ctx ends: what is in it by then, and what comes. A connection that
// fails is made again, after growing breaks.
func (m *Mailbox) Watch(ctx context.Context) {
	for pause := firstBreak; ctx.Err() == nil; {
		began := m.Wall()
		err := m.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if m.Wall().Sub(began) > 5*time.Minute { // it had worked
			pause = firstBreak
		}
		m.Log.Warn("a mailbox can't be read; it is tried again", "mailbox", m.Name, "in", pause, "err", andante.HideAddresses(fmt.Sprint(err)))
		if andante.Sleep(ctx, pause) != nil {
			return
		}
		pause = min(2*pause, longestOne)
	}
}

// session is one connection.
func (m *Mailbox) session(ctx context.Context) error {
	news := make(chan struct{}, 1)
	c, err := m.dial(ctx, &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
		if d.NumMessages != nil {
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer func() { stop(); c.Close() }()
	if err := m.login(ctx, c); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if m.Sent != "" {
			if err := m.read(ctx, c, m.Sent, true); err != nil {
				return err
			}
		}
		if err := m.read(ctx, c, m.Inbox, false); err != nil {
			return err
		}
		if err := m.wait(ctx, c, news); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// dial connects, with TLS where the mailbox says so.
func (m *Mailbox) dial(ctx context.Context, h *imapclient.UnilateralDataHandler) (*imapclient.Client, error) {
	at := net.JoinHostPort(m.Host, fmt.Sprint(m.Port))
	conf := &tls.Config{ServerName: m.Host, MinVersion: tls.VersionTLS12}
	if m.Roots != nil {
		conf = m.Roots
	}
	o := &imapclient.Options{TLSConfig: conf, UnilateralDataHandler: h}
	conn, err := (&net.Dialer{Timeout: 30 * time.Second}).DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	switch m.TLS {
	case "none":
		return imapclient.New(conn, o), nil
	case "starttls":
		return imapclient.NewStartTLS(conn, o)
	}
	secure := tls.Client(conn, conf)
	within, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := secure.HandshakeContext(within); err != nil {
		conn.Close()
		return nil, err
	}
	return imapclient.New(secure, o), nil
}

// login says who we are: by a password, or by an access token as Google and Microsoft want it.
func (m *Mailbox) login(ctx context.Context, c *imapclient.Client) error {
	if m.Token == nil {
		return c.Login(m.User, m.Password.Reveal()).Wait()
	}
	token, err := m.Token(ctx)
	if err != nil {
		return err
	}
	return c.Authenticate(&xoauth2{m.User, token})
}

// xoauth2 is the mechanism XOAUTH2 (Google: OAuth 2.0 Mechanism).
type xoauth2 struct {
	user  string
	token andante.Secret
}

// Start sends user and token.
func (x *xoauth2) Start() (mech string, ir []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token.Reveal() + "\x01\x01"), nil
}

// Next answers what the server says of a token that it refuses: nothing, so that it ends.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// read takes in what has come to a folder since it was read last.
func (m *Mailbox) read(ctx context.Context, c *imapclient.Client, folder string, sent bool) error {
	box, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return fmt.Errorf("folder %s: %w", folder, err)
	}
	last, known, err := m.Reader.ReadMailbox(ctx, m.Name, folder)
	if err != nil {
		return err
	}
	criteria := &imap.SearchCriteria{}
	switch {
	case !known: // what was there before we came is not about us
		return m.Reader.PutMailbox(ctx, ops.MailboxRead{Name: m.Name, Folder: folder, Validity: box.UIDValidity, UID: uint32(max(box.UIDNext, 1)) - 1})
	case last.Validity != box.UIDValidity: // numbers mean others now; what comes twice counts once
		last = ops.MailboxRead{Name: m.Name, Folder: folder, Validity: box.UIDValidity}
		criteria.Since = m.Wall().Add(-lookBack)
	default:
		criteria.UID = []imap.UIDSet{{{Start: imap.UID(last.UID) + 1}}} // 0: to the end
	}
	found, err := c.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return err
	}
	uids := slices.DeleteFunc(found.AllUIDs(), func(u imap.UID) bool { return uint32(u) <= last.UID }) // n:* gives the last one at least
	slices.Sort(uids)
	for batch := range slices.Chunk(uids, imapBatch) {
		if err := m.take(ctx, c, batch, &last, sent); err != nil {
			return err
		}
	}
	return nil
}

// take takes some mails in, one after the other, and notes how far it has come.
func (m *Mailbox) take(ctx context.Context, c *imapclient.Client, uids []imap.UID, last *ops.MailboxRead, sent bool) error {
	whole := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: inbound.MaxMail}}
	list, err := c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b *imapclient.FetchMessageBuffer) int { return int(a.UID) - int(b.UID) })
	for _, mail := range list {
		raw := mail.FindBodySection(whole)
		if raw == nil && len(mail.BodySection) > 0 { // a server that names the section in its own way
			raw = mail.BodySection[0].Bytes
		}
		if len(raw) > 0 {
			within, cancel := context.WithTimeout(ctx, takeTime)
			told, err := m.Reader.TakeMail(within, raw, inbound.Envelope{Sent: sent})
			cancel()
			if err != nil {
				return err
			}
			if !told.Before {
				m.Log.Info("mail came in", "mailbox", m.Name, "class", string(told.Class), "contact", string(told.Contact), "touch", string(told.Touch))
			}
		}
		last.UID = max(last.UID, uint32(mail.UID))
	}
	return m.Reader.PutMailbox(ctx, *last)
}

// wait waits until something comes, or it is time to look again: the server tells of it (IDLE, RFC
// 2177), if it can.
func (m *Mailbox) wait(ctx context.Context, c *imapclient.Client, news <-chan struct{}) error {
	select {
	case <-news: // while it was read
		return nil
	default:
	}
	timer := time.NewTimer(m.Poll)
	defer timer.Stop()
	if !c.Caps().Has(imap.CapIdle) {
		select {
		case <-timer.C:
			return nil
		case <-c.Closed():
			return errors.New("the connection was closed")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	idle, err := c.Idle()
	if err != nil {
		return err
	}
	select {
	case <-news:
	case <-timer.C:
	case <-c.Closed():
		return errors.New("the connection was closed")
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := idle.Close(); err != nil {
		return err
	}
	return idle.Wait()
}
