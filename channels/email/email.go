package email

import (
	"context"
	"errors"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// A Channel delivers mails through one relay. Safe for concurrent use.
type Channel struct {
	cfg     Config
	clock   andante.Clock
	pool    *pool
	outages *outages
}

var _ channels.Channel = (*Channel)(nil)

// New returns a channel; it connects when it first delivers. Close ends it.
func New(cfg Config, clock andante.Clock) (*Channel, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &Channel{cfg: cfg, clock: clock, pool: newPool(cfg, clock), outages: newOutages(cfg, clock)}, nil
}

// Close closes the connections that are kept. A Deliver that is under way goes
// on and closes its own at the end.
func (c *Channel) Close() error {
	c.pool.close()
	return nil
}

// Features tells that it sends mail, and that a relay doesn't recognise a mail
// that it has seen.
func (c *Channel) Features() channels.Features {
	return channels.Features{Kinds: []andante.Kind{andante.Email}}
}

// Deliver sends a batch of one sender over one connection. See
// [channels.Channel] for its errors, and [channels.Gate] for what it asks.
//
// A connection that dies is replaced for the rest of the flight, but not twice
// in a row without an answer between: then the rest of the flight is Untried and
// Deliver gives up with an error of kind Temporary. After an outcome of kind
// Sender it goes on; a gate that wants it to stop closes.
func (c *Channel) Deliver(ctx context.Context, batch []channels.Sealed, gate channels.Gate) error {
	if len(batch) == 0 {
		return nil
	}
	sender := batch[0].Sender
	for _, s := range batch {
		if s.Sender != sender {
			return errors.New("email: a batch of several senders")
		}
	}
	cfg, err := c.configOf(ctx, sender)
	if err != nil {
		return err
	}
	t := &trip{channel: c, sender: sender, cfg: cfg}
	defer t.end()
	flights := channels.Flights{
		Clock:   c.clock,
		Pace:    c.pool.paces.Of(sender),
		Size:    c.cfg.FlightSize,
		Time:    c.cfg.FlightTime,
		Connect: t.connect,
		Send:    t.send,
	}
	return flights.Run(ctx, batch, gate)
}

// configOf returns how to reach a sender's server. What can't be used is the operator's to
// mend: a *SendError of kind Sender.
func (c *Channel) configOf(ctx context.Context, sender string) (Config, error) {
	cfg := c.cfg
	if cfg.ServerOf == nil {
		return cfg, nil
	}
	server, err := cfg.ServerOf(ctx, sender)
	if err == nil {
		cfg.Server = server.withDefaults()
		err = cfg.Server.Check()
	}
	switch {
	case ctx.Err() != nil:
		return cfg, ctx.Err()
	case channels.KindOf(err) != "":
		return cfg, err
	case err != nil:
		return cfg, &channels.SendError{Kind: channels.Sender, Err: err}
	}
	return cfg, nil
}
