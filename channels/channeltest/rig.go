package channeltest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// A Rig is a driver with its far end, fresh for each check.
type Rig struct {
	Channel channels.Channel
	// Message returns a message that the far end takes, for the touch with the
	// number n. nil: [Message] of the channel's first kind.
	Message func(n int) andante.Message
	// Arrived returns the message ids that the far end has, once for each
	// arrival.
	Arrived func() []string
	// Answer has the far end answer the message with the number n so, from now on; false: it
	// never does that. nil: it takes everything at once.
	Answer func(n int, a Answer) bool
}

// Message returns a harmless message for the touch with the number n.
func Message(kind andante.Kind, n int) andante.Message {
	id := andante.DeriveID[andante.TouchID]("channeltest", time.Unix(1, 0), fmt.Sprint(n))
	m := andante.Message{
		Touch:       id,
		Kind:        kind,
		From:        andante.Mailbox{Name: "Jonas Weber", Address: "jonas@harborview.example"},
		To:          andante.Mailbox{Name: "Maria Ortiz", Address: fmt.Sprintf("maria%d@oakfield.example", n)},
		Subject:     "The winter maintenance plan",
		Text:        "Hello Maria,\n\nhere is the plan.\n",
		HTML:        "<p>Hello Maria,</p><p>here is the plan.</p>\n",
		MessageID:   string(id) + "@harborview.example",
		Unsubscribe: "https://harborview.example/u/" + string(id),
		Date:        time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	}
	switch {
	case kind == andante.SMS || kind == andante.Call:
		m.From, m.HTML, m.Subject = andante.Mailbox{Address: "+15125550100"}, "", ""
		m.To.Address = fmt.Sprintf("+1512555%04d", n)
	case kind != andante.Email:
		m.To.Address = fmt.Sprintf("%d Harbor Road, Austin TX 78701", n+1)
	}
	return m
}

// batch prepares messages from (included) to (excluded).
func (r Rig) batch(from, to int) ([]channels.Sealed, error) {
	var list []channels.Sealed
	for n := from; n < to; n++ {
		s, err := r.Channel.Prepare(r.message(n))
		if err != nil {
			return nil, fmt.Errorf("prepare: %w", err)
		}
		list = append(list, s)
	}
	return list, nil
}

func (r Rig) message(n int) andante.Message {
	if r.Message != nil {
		return r.Message(n)
	}
	return Message(r.Channel.Features().Kinds[0], n)
}

// counts tells how often each message id arrived.
func (r Rig) counts() map[string]int {
	n := map[string]int{}
	for _, id := range r.Arrived() {
		n[id]++
	}
	return n
}

// settle compares what the gate was told with what arrived: an accepted message
// is there once, an untried or unasked one isn't.
func (r Rig) settle(g *Gate, batch []channels.Sealed) error {
	errs := []error{g.Err()}
	asked, counts := g.Asked(), r.counts()
	for _, s := range batch {
		o, done := g.Outcome(s.Touch)
		n := counts[s.MessageID]
		switch {
		case !slices.Contains(asked, s.Touch) && n > 0:
			errs = append(errs, fmt.Errorf("%s arrived without having been asked for", s.Touch))
		case !done && n > 0:
			errs = append(errs, fmt.Errorf("%s arrived without a permit", s.Touch))
		case done && o.Err == nil && n != 1:
			errs = append(errs, fmt.Errorf("%s was accepted and arrived %d times", s.Touch, n))
		case done && channels.KindOf(o.Err) == channels.Untried && n > 0:
			errs = append(errs, fmt.Errorf("%s is untried and arrived", s.Touch))
		}
	}
	return errors.Join(errs...)
}

// Run proves that the driver keeps the contract. The factory is called once for
// each check; checks run in parallel.
func Run(t *testing.T, factory func(t *testing.T) Rig) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.run(factory(t)); errors.Is(err, errSkip) {
				t.Skip(err)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}
