package task

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// A Channel opens tasks. Safe for concurrent use.
type Channel struct {
	clock  andante.Clock
	opened func(channels.Sealed) // for tests
}

var _ channels.Channel = (*Channel)(nil)

// New returns a channel.
func New(c andante.Clock) *Channel { return &Channel{clock: c, opened: func(channels.Sealed) {}} }

// Kinds are those that a person carries out.
var Kinds = slices.DeleteFunc(slices.Clone(andante.Kinds), func(k andante.Kind) bool { return !k.ByHuman() })

// maxBriefing is how long a briefing may be, in bytes.
const maxBriefing = 16 << 10

// Features names the kinds; a task that is opened twice is one task.
func (*Channel) Features() channels.Features {
	return channels.Features{Kinds: Kinds, Idempotent: true}
}

// Prepare makes the briefing the bytes.
func (*Channel) Prepare(m andante.Message) (channels.Sealed, error) {
	if !m.Kind.ByHuman() {
		return channels.Sealed{}, fmt.Errorf("prepare %s of touch %s: nobody carries that out by hand", m.Kind, m.Touch)
	}
	briefing := []byte(andante.CleanTextTo(strings.TrimSpace(m.Text), maxBriefing))
	return channels.Sealed{
		Touch: m.Touch, Kind: m.Kind, Sender: m.From.Name + " " + m.From.Address, From: m.From.Address, To: m.To.Address, MessageID: m.MessageID,
		Bytes: briefing, Hash: channels.HashOf(briefing), Segments: 1,
	}, nil
}

// Deliver opens the batch, flight by flight. See [channels.Channel] for its errors.
func (c *Channel) Deliver(ctx context.Context, batch []channels.Sealed, gate channels.Gate) error {
	f := channels.Flights{Clock: c.clock, Send: c.open}
	return f.Run(ctx, batch, gate)
}

func (c *Channel) open(_ context.Context, s channels.Sealed, allowed func() bool, _ channels.Ahead) (channels.Receipt, error) {
	if !allowed() {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
	}
	c.opened(s)
	return channels.Receipt{Open: true}, nil
}
