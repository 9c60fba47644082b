package email

import (
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/failpoint"
)

// Short waits for what only courtesy or curiosity asks for.
const (
	checkTimeout = 10 * time.Second // for the answer of a kept connection
	quitTimeout  = 2 * time.Second  // for the answer to QUIT
	wordsTimeout = time.Second      // for a last word after a failed write
)

// A conn is one connection to the relay, ready for MAIL. Not safe for concurrent
// use.
type conn struct {
	cfg        Config
	clock      andante.Clock
	secret     andante.Secret // password or access token; only until it is logged in
	wire       *wire
	extensions map[string]string

	data     []byte    // what was written last, to be written over
	mails    int       // begun on it
	uncopied string    // the server's words about who was to get a copy of this mail, and does not
	ahead    bool      // the commands of the next mail are said already
	answered bool      // at least one mail had an answer
	used     time.Time // last, by the machine's clock
}

// An outcome is what became of one mail, and of the connection.
type outcome struct {
	receipt channels.Receipt
	err     *channels.SendError // nil: accepted
	dead    bool                // the connection can't be used any more
	stale   bool                // dead, and the mail was not begun: MAIL had no answer
}

// result returns the outcome as a Send has to; it keeps a nil *SendError from
// becoming an error.
func (o outcome) result() (channels.Receipt, error) {
	if o.err != nil {
		return channels.Receipt{Code: o.err.Code, Response: o.err.Response}, o.err
	}
	return o.receipt, nil
}

// send delivers one mail and leaves the connection ready for the next, or dead. open is
// asked once more before the mail itself: a relay may take minutes over the commands,
// and without its final dot it has nothing yet. With the mail go the commands of the one
// that ahead names (RFC 2920 section 3.1), so that each mail waits for one answer only.
func (c *conn) send(m envelope, open func() bool, ahead func() (envelope, bool)) outcome {
	if !c.takes(m) {
		return outcome{err: &channels.SendError{Kind: channels.Permanent, Err: errNotASCII}}
	}
	c.mails++
	defer func() { c.used = c.clock.Wall() }()
	out, accepted := c.command(m)
	switch {
	case accepted && !open():
		return outcome{err: &channels.SendError{Kind: channels.Untried}, dead: true}
	case accepted:
		out = c.transfer(m, ahead)
	}
	if !out.dead && out.err != nil && !c.ahead { // a mail refused at its dot is over anyway
		out.dead = !c.reset()
	}
	if !out.stale {
		c.answered = c.answered || out.err == nil || out.err.Code != 0
	}
	return out
}

// command says MAIL, RCPT and DATA, at once where the relay takes it so (RFC
// 2920), and tells whether the relay now waits for the mail.
func (c *conn) command(m envelope) (outcome, bool) {
	lines := c.commands(m)
	pipelined := c.pipelines()
	failpoint.Here("the envelope")
	if pipelined && !c.ahead {
		if _, err := c.wire.write(c.cfg.CommandTimeout, together(nil, lines)); err != nil {
			return died(stageMail, err), false
		}
	}
	c.ahead, c.uncopied = false, ""
	var refused *outcome
	taken := false // the relay has a recipient
	for _, l := range lines {
		r, err := c.exchange(pipelined, l.text)
		taken = taken || err == nil && l.stage == stageRcpt && r.good()
		switch {
		case err != nil && refused == nil:
			return died(l.stage, err), false
		case err != nil:
			refused.dead = true
			return *refused, false
		case l.copied:
			if !r.good() {
				c.uncopied = r.text()
			}
		case refused == nil && r.code/100 != l.want:
			o := refusedAt(l.stage, r)
			refused = &o
			if !pipelined || o.dead {
				return o, false
			}
		case refused != nil && l.stage == stageData && r.code == 354:
			// Section 3.1: a relay may want data though it has no recipient. A
			// dot alone ends that, and nobody gets anything. One that refused MAIL and took
			// the recipient all the same would deliver it.
			refused.dead = taken || !c.emptyData()
		}
	}
	if refused != nil {
		return *refused, false
	}
	return outcome{}, true
}

// A command of a mail, and the hundreds of the code that lets the mail go on.
type command struct {
	stage  stage
	text   string
	want   int
	copied bool // it names who gets a copy: the mail goes on without them
}

func (c *conn) commands(m envelope) []command {
	list := append(make([]command, 0, 3+len(m.cc)),
		command{stage: stageMail, text: "MAIL FROM:<" + m.from + ">" + c.size(m) + international(m), want: 2},
		command{stage: stageRcpt, text: "RCPT TO:<" + m.to + ">", want: 2})
	for _, to := range m.cc {
		list = append(list, command{stage: stageRcpt, text: "RCPT TO:<" + to + ">", copied: true})
	}
	return append(list, command{stage: stageData, text: "DATA", want: 3})
}

// international asks for the extension that takes the recipient's letters (RFC 6531 section
// 3.4).
func international(m envelope) string {
	if m.utf8 {
		return " SMTPUTF8"
	}
	return ""
}

// takes tells whether the server can take the mail at all.
func (c *conn) takes(m envelope) bool {
	_, international := c.extensions["SMTPUTF8"]
	return !m.utf8 || international
}

// errNotASCII refuses a mail that the server can't take. Another server may.
var errNotASCII = errors.New("this mail server takes no address with letters beyond ASCII before the @ (it lacks SMTPUTF8, RFC 6531)")

// together appends commands as they go in one write.
func together(b []byte, lines []command) []byte {
	for _, l := range lines {
		b = append(append(b, l.text...), "\r\n"...)
	}
	return b
}

// pipelines tells whether the relay takes several commands at once.
func (c *conn) pipelines() bool {
	_, ok := c.extensions["PIPELINING"]
	return ok
}

// exchange reads the reply to a line, and writes the line first where all of
// them have not been written together.
func (c *conn) exchange(written bool, line string) (reply, error) {
	if written {
		return c.wire.reply(c.cfg.CommandTimeout)
	}
	return c.wire.ask(c.cfg.CommandTimeout, line)
}

// size announces the size to a relay that wants to know (RFC 1870), so that one
// too large is refused before it is sent.
func (c *conn) size(m envelope) string {
	if _, ok := c.extensions["SIZE"]; !ok {
		return ""
	}
	return fmt.Sprintf(" SIZE=%d", len(m.mail))
}

// transfer hands over the mail, final dot included, and waits for the answer.
func (c *conn) transfer(m envelope, ahead func() (envelope, bool)) outcome {
	c.data = appendDotted(c.data[:0], m.mail)
	all := len(c.data)
	if c.pipelines() && c.mails < c.cfg.MaxMails {
		if next, ok := ahead(); ok {
			c.data, c.ahead = together(c.data, c.commands(next)), true
		}
	}
	failpoint.Here("the mail")
	n, err := c.wire.write(c.cfg.CommandTimeout, c.data)
	failpoint.Here("the answer to the mail")
	if err != nil && n < all {
		// The dot never left: whatever came of it, it was not accepted. A relay
		// that had enough may have said why before it hung up.
		if r, e := c.wire.reply(wordsTimeout); e == nil && r.code >= 400 {
			o := refusedAt(stageData, r)
			o.dead = true
			return o
		}
		return died(stageData, err)
	}
	half := err != nil // the commands behind the dot did not all leave
	r, err := c.wire.reply(c.cfg.DotTimeout)
	if err != nil {
		return died(stageDot, err)
	}
	out := refusedAt(stageDot, r)
	if r.good() {
		words := r.text()
		if c.uncopied != "" {
			words += "; a copy was refused: " + c.uncopied
		}
		out = outcome{receipt: channels.Receipt{Code: r.code, Response: words, ProviderID: queueID(r.text())}}
	}
	out.dead = out.dead || half
	return out
}

// emptyData ends a transfer that has no recipient.
func (c *conn) emptyData() bool {
	_, err := c.wire.ask(c.cfg.CommandTimeout, ".")
	return err == nil
}

// reset clears what is left of a refused mail, so that the next one goes on.
func (c *conn) reset() bool {
	r, err := c.wire.ask(c.cfg.CommandTimeout, "RSET")
	return err == nil && r.good()
}

// alive asks a connection that has been idle whether it still works.
func (c *conn) alive() bool {
	r, err := c.wire.ask(min(c.cfg.CommandTimeout, checkTimeout), "NOOP")
	c.used = c.clock.Wall()
	return err == nil && r.good()
}

// quit ends the connection politely (RFC 5321 section 4.1.1.10), between mails
// only: within one, QUIT would end the data.
func (c *conn) quit() {
	_, _ = c.wire.ask(quitTimeout, "QUIT")
	c.close()
}

// close ends the connection without a word.
func (c *conn) close() { _ = c.wire.conn.Close() }
