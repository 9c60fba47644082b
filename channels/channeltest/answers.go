package channeltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// An Answer is what the far end does with a message.
type Answer string

// The answers. The first four refuse it, as the kind of error that has that name.
const (
	Temporary Answer = "temporary"
	Permanent Answer = "permanent"
	Address   Answer = "address"
	Sender    Answer = "sender"
	Taken     Answer = "taken, and the connection is cut"
	Lost      Answer = "not taken, and the connection is cut"
	Slow      Answer = "taken, and answered after a while"
	TooLate   Answer = "taken, and answered after the channel's time-out"
)

// SlowTime is a while: less than any time-out of a channel under test.
const SlowTime = 100 * time.Millisecond

// answering are the checks of what the far end may answer. Each sends three messages and has the
// far end do so with the second.
func answering() (list []check) {
	for _, a := range []Answer{Temporary, Permanent, Address, Sender} {
		list = append(list, check{"a refusal is what it is: " + string(a), func(r Rig) error {
			return r.second(a, func(n int, err error) error {
				if n != 0 || string(channels.KindOf(err)) != string(a) {
					return fmt.Errorf("it arrived %d times, and its outcome is %w", n, errOr(err))
				}
				return nil
			})
		}})
	}
	for _, a := range []Answer{Taken, Lost, TooLate} {
		list = append(list, check{"without an answer nobody guesses: " + string(a), func(r Rig) error {
			return r.second(a, func(n int, err error) error {
				switch kind := channels.KindOf(err); {
				case n > 1:
					return fmt.Errorf("it arrived %d times", n)
				case n == 1 && err != nil && kind != channels.Unknown:
					return fmt.Errorf("it arrived, and its outcome is %w", err)
				case n == 0 && err == nil:
					return errors.New("it was accepted and never arrived")
				case n == 0 && kind != channels.Unknown && kind != channels.Temporary && kind != channels.Untried:
					return fmt.Errorf("nobody answered, and its outcome is %w", err)
				}
				return nil
			})
		}})
	}
	return append(list, check{"a slow answer is waited for", func(r Rig) error {
		return r.second(Slow, func(n int, err error) error {
			if n != 1 || err != nil {
				return fmt.Errorf("it arrived %d times, and its outcome is %w", n, errOr(err))
			}
			return nil
		})
	}})
}

// errOr is an error where there is none.
func errOr(err error) error {
	if err == nil {
		return errors.New("accepted")
	}
	return err
}

// second sends three messages of which the far end answers the second so. right judges how often
// that arrived and what the gate was told. The others are accepted, or nothing of them is
// written.
func (r Rig) second(a Answer, right func(arrived int, err error) error) error {
	if r.Answer == nil || !r.Answer(1, a) {
		return errSkip // the far end never does that
	}
	batch, err := r.batch(0, 3)
	if err != nil {
		return err
	}
	g := &Gate{}
	if err := r.Channel.Deliver(context.Background(), batch, g); err != nil && channels.KindOf(err) == "" {
		return err // one of no connection is right: it has just been cut
	}
	for i, s := range batch {
		o, done := g.Outcome(s.Touch)
		switch {
		case i == 1:
			if err := right(r.counts()[s.MessageID], o.Err); err != nil {
				return err
			}
		case i == 0 && (!done || o.Err != nil):
			return fmt.Errorf("the one before it: %w", errOr(o.Err))
		case done && o.Err != nil && channels.KindOf(o.Err) != channels.Untried:
			return fmt.Errorf("the one after it: %w", o.Err)
		}
	}
	return r.settle(g, batch)
}

// errSkip says that a check does not apply.
var errSkip = errors.New("the far end never does that")

// hostile are words that somebody may have put into any field.
var hostile = []string{
	"Maria\r\nBcc: victim@other.example\r\n\r\nhello", "\r\n.\r\nMAIL FROM:<x@y.example>\r\n", "\x00\x01\x1b[2J", "a\u202eb\u2028c", "\xff\xfe\xfd", strings.Repeat("x", 3000),
	`"; rm -rf / #`, `</p><script>alert(1)</script>`, `{"to": "+15125550199"}`, "%0d%0aX: y",
}

// checkHostile has each field hold what must not become more than words: a message is refused, or
// arrives alone.
func checkHostile(r Rig) error {
	n := 0
	var batch []channels.Sealed
	for _, words := range hostile {
		for _, put := range []func(*andante.Message){
			func(m *andante.Message) { m.Subject = words }, func(m *andante.Message) { m.Text = words }, func(m *andante.Message) { m.HTML = words },
			func(m *andante.Message) { m.To.Name = words }, func(m *andante.Message) { m.From.Name = words }, func(m *andante.Message) { m.To.Address += words },
			func(m *andante.Message) { m.Unsubscribe = words },
		} {
			m := r.message(n)
			named := m.Text == m.MessageID // by its words, for nothing else arrives
			if put(&m); named {
				m.MessageID = strings.TrimSpace(m.Text)
			}
			if s, err := r.Channel.Prepare(m); err == nil {
				batch = append(batch, s)
			}
			n++
		}
	}
	g := &Gate{}
	if err := r.Channel.Deliver(context.Background(), batch, g); err != nil && channels.KindOf(err) == "" {
		return err
	}
	known := map[string]bool{}
	for _, s := range batch {
		known[s.MessageID] = true
	}
	for id := range r.counts() {
		if !known[id] {
			return fmt.Errorf("%q arrived, and nobody sent it", id)
		}
	}
	return r.settle(g, batch)
}

// huge is more than anybody takes, in bytes.
const huge = 12 << 20

// checkSize has a message that is too large refused before it is sent, or cut.
func checkSize(r Rig) error {
	m := r.message(1)
	m.Text = strings.Repeat("a line of words\n", huge/16)
	s, err := r.Channel.Prepare(m)
	if err == nil && len(s.Bytes) > huge/2 {
		return fmt.Errorf("a message of %d MB is taken", len(s.Bytes)>>20)
	}
	return nil
}

// checkHalf closes the gate between a message's first bytes and its last: what is not finished is
// not there.
func checkHalf(r Rig) error {
	batch, err := r.batch(0, 5)
	if err != nil {
		return err
	}
	asked := map[andante.TouchID]int{}
	g := &Gate{OnOpen: func(id andante.TouchID) bool {
		asked[id]++
		return id != batch[2].Touch || asked[id] == 1
	}}
	if err := r.Channel.Deliver(context.Background(), batch, g); err != nil && channels.KindOf(err) == "" {
		return err
	}
	o, _ := g.Outcome(batch[2].Touch)
	if n := r.counts()[batch[2].MessageID]; asked[batch[2].Touch] > 1 && n > 0 {
		return fmt.Errorf("the gate was closed before its last part, and it arrived %d times: %w", n, errOr(o.Err))
	}
	return r.settle(g, batch)
}
