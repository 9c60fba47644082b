package sms

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/gsm7"
	"github.com/andante-hq/andante/internal/phonezone"
)

// A Gateway takes texts, one at a time.
type Gateway interface {
	// Send hands a text over and tells what became of it. Its error is a
	// *channels.SendError. Once the request is written it is waited for within the
	// gateway's own time-outs, whatever becomes of ctx. Safe for concurrent use.
	Send(ctx context.Context, t Text) (channels.Receipt, error)
}

// A Text is a message as a gateway gets it.
type Text struct {
	ID   andante.TouchID
	From string // a number in E.164, a name of letters and digits, or the gateway's own id of a sender
	To   string // E.164
	Body string
}

// Config says whom may be written to and what it costs.
type Config struct {
	From      string             // of messages that name no sender of their own
	Countries []string           // ISO codes to which texts may go; none: no text goes
	Prices    map[string]float64 // of a segment, by country; "" for the others
	Segments  int                // most of one text; default 4
}

// A Channel delivers text messages. Safe for concurrent use.
type Channel struct {
	cfg     Config
	gateway Gateway
	clock   andante.Clock
	paces   channels.Paces
}

var _ channels.Finder = (*Channel)(nil)

// A finder is a gateway that can be asked for a text.
type finder interface {
	Name() string
	Find(ctx context.Context, l channels.Lost) (channels.Receipt, channels.Whereabouts, error)
}

// FarEnd is the gateway's name; empty: it can't be asked for a text.
func (c *Channel) FarEnd() string {
	if f, ok := c.gateway.(finder); ok {
		return f.Name()
	}
	return ""
}

// Find asks the gateway for a text.
func (c *Channel) Find(ctx context.Context, l channels.Lost) (channels.Receipt, channels.Whereabouts, error) {
	if f, ok := c.gateway.(finder); ok {
		return f.Find(ctx, l)
	}
	return channels.Receipt{}, channels.Unclear, nil
}

// New returns a channel through a gateway.
func New(cfg Config, g Gateway, clock andante.Clock) *Channel {
	if cfg.Segments == 0 {
		cfg.Segments = 4
	}
	return &Channel{cfg: cfg, gateway: g, clock: clock}
}

// Features tells that it sends texts, and that no gateway recognises one that it has seen.
func (c *Channel) Features() channels.Features {
	return channels.Features{Kinds: []andante.Kind{andante.SMS}}
}

// maxLetters is the longest text that gateways take, in characters (Twilio: the Message
// resource's Body).
const maxLetters = 1600

// Prepare makes the text final: it counts its segments and what they cost, and refuses what
// can't go.
func (c *Channel) Prepare(m andante.Message) (channels.Sealed, error) {
	s, err := c.prepare(m)
	if err != nil {
		return channels.Sealed{}, fmt.Errorf("prepare text of touch %s: %w", m.Touch, err)
	}
	return s, nil
}

func (c *Channel) prepare(m andante.Message) (channels.Sealed, error) {
	text := strings.TrimSpace(m.Text)
	from := m.From.Address
	if from == "" {
		from = c.cfg.From
	}
	country, err := countryOf(m.To.Address)
	switch {
	case m.Kind != andante.SMS:
		return channels.Sealed{}, fmt.Errorf("a message of kind %q is no text", m.Kind)
	case err != nil:
		return channels.Sealed{}, &channels.RecipientError{Why: err.Error()}
	case !slices.Contains(c.cfg.Countries, country):
		return channels.Sealed{}, &channels.RecipientError{Why: fmt.Sprintf("no texts go to %s: channels.sms.countries in andante.yaml does not name it", country)}
	case from == "":
		return channels.Sealed{}, errors.New("it has no sender: write channels.sms.from, or sms: of the sender, into andante.yaml")
	case strings.ContainsFunc(from, func(r rune) bool { return r < ' ' || r > '~' }):
		return channels.Sealed{}, errors.New("its sender is neither a number nor a plain name")
	case text == "":
		return channels.Sealed{}, errors.New("it is empty")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		return channels.Sealed{}, errors.New("it has characters that no phone shows")
	case utf8.RuneCountInString(text) > maxLetters:
		return channels.Sealed{}, fmt.Errorf("it has more than %d characters", maxLetters)
	}
	n := gsm7.Of(text)
	if n.Segments > c.cfg.Segments {
		return channels.Sealed{}, fmt.Errorf("it takes %d segments, and channels.sms.segments allows %d", n.Segments, c.cfg.Segments)
	}
	body := []byte(text)
	return channels.Sealed{
		Touch: m.Touch, Kind: andante.SMS, Sender: from, From: from, To: m.To.Address, MessageID: m.MessageID,
		Bytes: body, Hash: channels.HashOf(body), Segments: n.Segments, Cost: c.cost(country, n.Segments),
	}, nil
}

// cost is what segments cost in millionths of the account's currency; 0 if nobody said.
func (c *Channel) cost(country string, segments int) int64 {
	price, ok := c.cfg.Prices[country]
	if !ok {
		price = c.cfg.Prices[""]
	}
	return int64(math.Round(price*1e6)) * int64(segments)
}

// countryOf returns where a number in E.164 is at home.
func countryOf(number string) (string, error) {
	country := phonezone.Country(number)
	if country == "" {
		return "", errors.New("its number is not of the form +15125550100")
	}
	return country, nil
}

// Deliver hands a batch over. See [channels.Channel] for its errors.
func (c *Channel) Deliver(ctx context.Context, batch []channels.Sealed, gate channels.Gate) error {
	if len(batch) == 0 {
		return nil
	}
	f := channels.Flights{Clock: c.clock, Size: channels.SmallFlight, Pace: c.paces.Of(batch[0].Sender), Send: c.send}
	return f.Run(ctx, batch, gate)
}

func (c *Channel) send(ctx context.Context, s channels.Sealed, open func() bool, _ channels.Ahead) (channels.Receipt, error) {
	if ctx.Err() != nil || !open() {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
	}
	return c.gateway.Send(ctx, Text{ID: s.Touch, From: s.From, To: s.To, Body: string(s.Bytes)})
}
