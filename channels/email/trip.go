package email

import (
	"context"
	"errors"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// checkAfter is how long a connection may have been silent within one Deliver
// before it is checked again. A kept one is always checked.
const checkAfter = 5 * time.Second

// A trip is one Deliver's use of connections: one at a time.
type trip struct {
	channel *Channel
	sender  string
	cfg     Config // with the sender's server
	conn    *conn
	barren  int   // connections in a row that died in this flight without an answer
	gaveUp  error // why no more connections are tried
	shut    bool  // in this flight nothing more may be begun
	shy     bool  // no mail is announced any more
	next    *announced
}

// announced is the mail whose commands are said already.
type announced struct {
	touch andante.TouchID
	mail  envelope
}

// errBarren tells that connecting again makes no sense now.
var errBarren = errors.New("the relay cut two connections in a row without an answer")

// connect has a live connection ready for a flight and returns its room.
func (t *trip) connect(ctx context.Context) (int, error) {
	if t.gaveUp != nil {
		return 0, t.gaveUp
	}
	t.barren, t.shut = 0, false
	c := t.channel
	if t.conn != nil && t.conn.mails >= c.cfg.MaxMails {
		t.conn.quit()
		t.conn = nil
	}
	if t.conn != nil && c.clock.Wall().Sub(t.conn.used) > checkAfter && !t.conn.alive() {
		t.drop()
	}
	for t.conn == nil {
		kept := c.pool.take(t.sender, t.cfg.Server)
		if kept == nil {
			break
		}
		if t.conn = kept; !kept.alive() {
			t.drop()
		}
	}
	if err := t.redial(ctx); err != nil {
		return 0, err
	}
	return c.cfg.MaxMails - t.conn.mails, nil
}

// redial connects anew if there is no connection.
func (t *trip) redial(ctx context.Context) error {
	if t.conn != nil {
		return nil
	}
	conn, err := dial(ctx, t.cfg, t.channel.clock)
	if err != nil {
		t.channel.outages.met(t.sender, t.cfg.Server, err)
		return err
	}
	t.conn = conn
	return nil
}

// send delivers one mail. Where the connection turns out dead before anything
// but commands was said, the mail is begun again on a new one: nothing of it had
// left, so this is no second try.
func (t *trip) send(ctx context.Context, s channels.Sealed, open func() bool, ahead channels.Ahead) (channels.Receipt, error) {
	m, err := t.envelope(s)
	if err != nil {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Permanent, Err: err}
	}
	var last *channels.SendError
	for {
		if t.conn == nil && t.shut { // not a login for nothing
			return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
		}
		if err := t.reconnect(ctx); err != nil {
			if last == nil {
				last = &channels.SendError{Kind: channels.Untried, Err: err}
			}
			return channels.Receipt{}, last
		}
		if !open() {
			t.shut = true
			if t.conn.ahead { // what is said can't be taken back
				t.drop()
			}
			return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
		}
		first := !t.conn.answered
		out := t.conn.send(m, open, func() (envelope, bool) { return t.announce(ahead) })
		if out.err != nil && out.err.Kind == channels.Unknown {
			t.shy = true // a relay may hold an answer back for what comes after it
		}
		if first && t.conn.answered { // what an old connection still carries is no sign
			t.channel.outages.over(t.sender)
		}
		if out.dead {
			t.died()
		}
		if !out.stale {
			return out.result()
		}
		last = out.err
	}
}

// envelope readies a mail, unless that was done when it was announced.
func (t *trip) envelope(s channels.Sealed) (envelope, error) {
	if n := t.next; n != nil && n.touch == s.Touch {
		t.next = nil
		return n.mail, nil
	}
	return envelopeOf(s)
}

// announce returns the mail whose commands may be said now.
func (t *trip) announce(ahead channels.Ahead) (envelope, bool) {
	if t.shy {
		return envelope{}, false
	}
	s, ok := ahead()
	if !ok {
		return envelope{}, false
	}
	m, err := envelopeOf(s)
	if err != nil || !t.conn.takes(m) {
		return m, false
	}
	t.next = &announced{s.Touch, m}
	return m, true
}

// reconnect replaces a connection that died in this flight, unless there is no
// hope: then the rest of the flight, and of the batch, stays unwritten.
func (t *trip) reconnect(ctx context.Context) error {
	if t.conn != nil {
		return nil
	}
	if t.gaveUp == nil && t.barren > 1 {
		t.gaveUp = &channels.SendError{Kind: channels.Temporary, Err: errBarren}
		t.channel.outages.met(t.sender, t.cfg.Server, t.gaveUp)
	}
	if t.gaveUp == nil {
		t.gaveUp = t.redial(ctx)
	}
	return t.gaveUp
}

// died counts and drops the connection. One that has answered for a mail before
// was merely at its end; one that never has is a bad sign.
func (t *trip) died() {
	if t.conn.answered {
		t.barren = 0
	} else {
		t.barren++
	}
	t.drop()
}

// drop closes the connection without a word.
func (t *trip) drop() {
	t.conn.close()
	t.conn = nil
}

// end keeps the connection for the sender's next batch.
func (t *trip) end() {
	if t.conn != nil && t.conn.ahead { // somebody else would take its answers for his own
		t.drop()
	}
	if t.conn != nil {
		t.channel.pool.put(t.sender, t.conn)
	}
}
