package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// mailServers know by which server each sender's mails leave: as what is published says, with
// this machine's own server where it says nothing, and the secrets of this machine.
type mailServers struct {
	e      *Engine
	config func(context.Context) (*workspace.Config, error) // where senders stand
}

// published is the configuration of the published revision; before the first publish that
// of the folder.
func (e *Engine) published(ctx context.Context) (c *workspace.Config, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		w, err := e.Ops.Workspace(ctx, tx)
		if err == nil {
			c = w.Config
		}
		return err
	})
	if errors.Is(err, ops.ErrNothingPublished) {
		return e.Config, nil
	}
	return c, err
}

// of returns the server of a sender.
func (m *mailServers) of(ctx context.Context, sender string) (email.Server, error) {
	c, err := m.config(ctx)
	if err != nil { // the store is away, and no sender is to blame
		return email.Server{}, &channels.SendError{Kind: channels.Temporary, Err: err}
	}
	id, ok := c.Identity(sender)
	if _, department := c.Departments[sender]; !ok && department { // what it is told leaves by the machine's own server
		ok = true
	}
	if !ok { // it was published away since these mails were rendered; they are looked at again
		return email.Server{}, &channels.SendError{Kind: channels.Temporary, Err: fmt.Errorf("nobody is called %s any more", sender)}
	}
	s, err := m.as(id)
	if err != nil { // this machine lacks a secret: another one may have it, and no server has refused anything
		return s, &channels.SendError{Kind: channels.Temporary, Err: fmt.Errorf("on this machine: %w", err)}
	}
	return s, nil
}

// as returns the server of an identity.
func (m *mailServers) as(id workspace.Identity) (email.Server, error) {
	s, err := m.e.Config.Channels.Email.MailServer(id, m.e.FS())
	if err != nil {
		return email.Server{}, err
	}
	to := email.Server{Host: s.Host, Port: s.Port, TLS: s.TLS, User: s.User, Password: s.Password}
	if s.OAuth != nil {
		to.Tokens = m.e.tokens.of(m.e, s)
	}
	return to, nil
}

// tokens are the access tokens of logins, one for each, so that one token serves all its
// connections, and a new refresh token is everybody's.
type tokens struct {
	mu  sync.Mutex
	all map[string]email.Tokens
}

// of returns the tokens of a login.
func (t *tokens) of(e *Engine, s workspace.MailServer) email.Tokens {
	o := s.OAuth
	key := fmt.Sprintf("%q", []string{s.User, o.TokenURL, o.ClientID, o.ClientSecret.Reveal(), o.RefreshToken.Reveal(), fmt.Sprint(o.Scopes)})
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[string]email.Tokens{}
	}
	if t.all[key] == nil {
		t.all[key] = email.NewTokens(email.OAuth{
			TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, RefreshToken: e.lastToken(key, o.RefreshToken), Scopes: o.Scopes,
			Rotated: func(token andante.Secret) { e.keepToken(key, token) },
		})
	}
	return t.all[key]
}

// check looks whether the machine's own server can be used, if any sender needs it: it is
// better to hear that at the start than from the first mail. A sender with one of its own
// that can't be used keeps nobody else from sending; log is told of it.
func (m *mailServers) check(ctx context.Context, log *slog.Logger) error {
	c, err := m.config(ctx)
	if err != nil {
		return err
	}
	for _, id := range c.Ways() {
		s, err := m.as(id)
		if err == nil {
			err = s.Check()
		}
		switch {
		case err == nil:
		case id.SMTP == nil:
			return err
		case log != nil:
			log.Error("a sender can't send from this machine; its mails wait", "sender", id.Key, "err", err)
		}
	}
	return nil
}

// exchangers asks the DNS for the mail exchangers of a domain, the best first.
func exchangers(ctx context.Context, domain string) (hosts []string, err error) {
	list, err := net.DefaultResolver.LookupMX(ctx, domain+".") // the dot: no search list
	for _, mx := range list {
		hosts = append(hosts, mx.Host)
	}
	return hosts, err
}
