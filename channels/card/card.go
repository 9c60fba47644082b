package card

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/paper"
)

// A Carrier prints pieces and posts them. Safe for concurrent use.
type Carrier interface {
	// Takes returns why a piece is none that the carrier prints; nil: it is one. It asks
	// nobody.
	Takes(p paper.Piece) error

	// Send hands a piece over and tells what became of it. It asks open right before it says
	// anything that may have the piece printed; if that is false it says nothing and returns
	// a *channels.SendError of kind Untried, as all its errors are *channels.SendError. A
	// piece that is sent again is not printed again. Once the request is written it is waited
	// for within the carrier's own time-outs, whatever becomes of ctx.
	Send(ctx context.Context, p paper.Piece, open func() bool) (channels.Receipt, error)

	// Find looks for a piece that the carrier may have taken. Its error is a
	// *channels.SendError.
	Find(ctx context.Context, id andante.TouchID, k andante.Kind) (channels.Receipt, bool, error)

	// Name is how people call it.
	Name() string
}

// Config says what pieces look like and cost.
type Config struct {
	Formats map[andante.Kind]string  // names of [paper.Formats]
	Prices  map[andante.Kind]float64 // of one piece with its postage; 0: unknown
	Font    *paper.Font              // nil: [paper.Noto]
}

// A Channel makes pieces of messages. Safe for concurrent use.
type Channel struct {
	cfg     Config
	carrier Carrier
	clock   andante.Clock
	paces   channels.Paces
}

var _ channels.Finder = (*Channel)(nil)

// New returns a channel. Without a carrier its pieces are opened: they wait for their batch.
func New(cfg Config, c Carrier, clock andante.Clock) *Channel {
	if cfg.Font == nil {
		cfg.Font = paper.Noto()
	}
	return &Channel{cfg: cfg, carrier: c, clock: clock}
}

// Kinds are those that go by post.
var Kinds = []andante.Kind{andante.Postcard, andante.Card, andante.Letter}

// Features names the kinds. A piece that is opened twice is one piece, and the carriers know a
// request that they have seen.
func (*Channel) Features() channels.Features {
	return channels.Features{Kinds: Kinds, Idempotent: true}
}

// FarEnd is the carrier's name.
func (c *Channel) FarEnd() string {
	if c.carrier == nil {
		return ""
	}
	return c.carrier.Name()
}

// Find asks the carrier for a piece.
func (c *Channel) Find(ctx context.Context, l channels.Lost) (channels.Receipt, channels.Whereabouts, error) {
	if c.carrier == nil {
		return channels.Receipt{}, channels.Unclear, nil
	}
	r, had, err := c.carrier.Find(ctx, l.Touch, l.Kind)
	if had {
		return r, channels.Taken, err
	}
	return r, channels.NotTaken, err
}

// Prepare lays the piece out and makes its contents the bytes.
func (c *Channel) Prepare(m andante.Message) (channels.Sealed, error) {
	s, err := c.prepare(m)
	if err != nil {
		return channels.Sealed{}, fmt.Errorf("prepare %s of touch %s: %w", m.Kind, m.Touch, err)
	}
	return s, nil
}

func (c *Channel) prepare(m andante.Message) (channels.Sealed, error) {
	format, ok := paper.Formats[c.cfg.Formats[m.Kind]]
	switch {
	case !m.Kind.Mailed() || !ok || format.Letter() != (m.Kind == andante.Letter):
		return channels.Sealed{}, errors.New("it has no format")
	case m.Post == nil:
		return channels.Sealed{}, errors.New("it has no postal address")
	}
	p := paper.Piece{
		Touch: m.Touch, Kind: m.Kind, Format: format.Name, To: m.Post.To, From: m.Post.From, Subject: m.Subject,
		Text: strings.TrimSpace(m.Text), Signed: m.Post.Signed, Link: m.Post.Link, WayOut: m.Post.WayOut, Date: m.Date.Truncate(time.Second),
		Requested: m.Post.Requested,
	}
	if f := m.Post.Front; f != nil {
		if err := paper.CheckPicture(f.Bytes, format); err != nil {
			return channels.Sealed{}, fmt.Errorf("its front %s: %w", f.Name, err)
		}
		p.Front = channels.HashOf(f.Bytes)
	}
	if c.carrier != nil {
		if err := c.carrier.Takes(p); err != nil {
			return channels.Sealed{}, err
		}
	}
	var theirs *paper.RecipientError
	if _, err := p.LayOut(c.cfg.Font); errors.As(err, &theirs) {
		return channels.Sealed{}, &channels.RecipientError{Why: theirs.Why}
	} else if err != nil {
		return channels.Sealed{}, err
	}
	raw, err := json.Marshal(p)
	return channels.Sealed{
		Touch: m.Touch, Kind: m.Kind, Sender: m.From.Name + " " + m.From.Address, From: m.From.Address, To: p.To.Line(), MessageID: m.MessageID,
		Bytes: raw, Hash: channels.HashOf(raw), Segments: 1, Cost: int64(math.Round(c.cfg.Prices[m.Kind] * 1e6)),
	}, err
}

// Deliver opens the batch, or hands it to the carrier. See [channels.Channel] for its errors.
func (c *Channel) Deliver(ctx context.Context, batch []channels.Sealed, gate channels.Gate) error {
	if len(batch) == 0 {
		return nil
	}
	f := channels.Flights{Clock: c.clock, Pace: c.paces.Of(batch[0].Sender), Send: c.send}
	if c.carrier != nil {
		f.Size = channels.SmallFlight
	}
	return f.Run(ctx, batch, gate)
}

func (c *Channel) send(ctx context.Context, s channels.Sealed, open func() bool, _ channels.Ahead) (channels.Receipt, error) {
	if ctx.Err() != nil || c.carrier == nil && !open() {
		return channels.Receipt{}, untried
	}
	if c.carrier == nil {
		return channels.Receipt{Open: true, Format: c.cfg.Formats[s.Kind], Response: andante.LaidOut}, nil
	}
	p, err := paper.ReadPiece(s.Bytes)
	if err != nil {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Permanent, Err: err}
	}
	return c.carrier.Send(ctx, p, open)
}

// untried is a piece of which nothing was said.
var untried = &channels.SendError{Kind: channels.Untried}
