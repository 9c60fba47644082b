package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/andante-hq/andante/mailroom"
	"github.com/andante-hq/andante/workspace"
)

// readMailboxes reads the mailboxes of andante.yaml until ctx ends, each by itself: one that can't be
// read keeps no other from being read.
func (e *Engine) readMailboxes(ctx context.Context) error {
	var all sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(e.Config.Inbound.Mailboxes)) {
		m, err := e.mailbox(name, e.Config.Inbound.Mailboxes[name])
		if err != nil {
			e.log.Error("a mailbox can't be read from this machine", "mailbox", name, "err", err)
			continue
		}
		all.Go(func() { m.Watch(ctx) })
	}
	all.Wait()
	return nil
}

// imapPorts are the usual ones.
var imapPorts = map[string]int{"": 993, "implicit": 993, "starttls": 143, "none": 143}

func (e *Engine) mailbox(name string, c workspace.IMAP) (*mailroom.Mailbox, error) {
	m := &mailroom.Mailbox{
		Name: name, Host: c.Host, Port: cmp.Or(c.Port, imapPorts[c.TLS]), TLS: c.TLS, User: c.User, Inbox: cmp.Or(c.Inbox, "INBOX"), Sent: c.Sent, Poll: time.Minute,
		Reader: e.Ops, Log: e.log, Wall: e.Clock.Wall,
	}
	if c.Poll != nil {
		m.Poll = max(c.Poll.From(time.Unix(0, 0), time.UTC, nil).Sub(time.Unix(0, 0)), 10*time.Second)
	}
	if c.OAuth == nil {
		var err error
		m.Password, err = e.secret("inbound.mailboxes."+name+".password", c.Password)
		return m, err
	}
	login := workspace.Identity{Key: name, SMTP: &workspace.SMTP{Host: c.Host, User: c.User, OAuth: c.OAuth}}
	s, err := e.Config.Channels.Email.MailServer(login, e.FS())
	if err != nil {
		return nil, err
	}
	m.Token = e.tokens.of(e, s).Token
	return m, nil
}
