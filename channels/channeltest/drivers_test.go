package channeltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// maxText is what the drivers take, in bytes.
const maxText = 1 << 20

// api is a driver of one message a call, as a text-message gateway has it. Each
// field that is set breaks one rule.
type api struct {
	mu   sync.Mutex
	sent []string
	pace channels.Pace

	impure, early, whole, skipGate, writeAll, doneTwice, neverDone, retry, swallow, overtime, lazy bool
	prepared                                                                                       int

	answers                                            map[andante.TouchID]Answer
	mistakes, guesses, gaveUp, splits, roomy, halfDone bool
}

// rig is a test of the driver.
func (a *api) rig() Rig {
	a.answers = map[andante.TouchID]Answer{}
	return Rig{Channel: a, Arrived: a.arrived, Answer: func(n int, to Answer) bool {
		a.answers[Message(andante.SMS, n).Touch] = to
		return true
	}}
}

func (a *api) Features() channels.Features {
	return channels.Features{Kinds: []andante.Kind{andante.SMS}}
}

func (a *api) Prepare(m andante.Message) (channels.Sealed, error) {
	body := m.Text
	if len(body) > maxText && !a.roomy {
		return channels.Sealed{}, errors.New("too large")
	}
	if a.impure {
		a.prepared++
		body += fmt.Sprint(a.prepared)
	}
	return channels.Sealed{
		Touch: m.Touch, Kind: m.Kind, Sender: m.From.Address, From: m.From.Address, To: m.To.Address,
		MessageID: m.MessageID, Bytes: []byte(body), Hash: channels.HashOf([]byte(body)), Segments: 1,
	}, nil
}

func (a *api) call(s channels.Sealed) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent = append(a.sent, s.MessageID)
}

func (a *api) arrived() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.sent...)
}

func (a *api) Deliver(ctx context.Context, batch []channels.Sealed, gate channels.Gate) error {
	if a.early {
		for _, s := range batch {
			a.call(s)
		}
	}
	if a.swallow || a.overtime {
		ctx = context.WithoutCancel(ctx)
	}
	f := channels.Flights{Clock: andante.SystemClock{}, Pace: &a.pace, Send: a.send}
	if err := f.Run(ctx, batch, broken{gate, a, batch}); err != nil && !a.swallow {
		return err
	}
	return nil
}

func (a *api) send(_ context.Context, s channels.Sealed, open func() bool, _ channels.Ahead) (channels.Receipt, error) {
	if !a.skipGate && !open() {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
	}
	if a.lazy {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
	}
	if err := a.answered(s); err != nil || a.answers[s.Touch] == Taken || a.answers[s.Touch] == TooLate {
		return channels.Receipt{Code: 200}, err
	}
	if !a.early {
		a.call(s)
	}
	if a.splits && strings.ContainsRune(string(s.Bytes), '\n') {
		a.call(channels.Sealed{MessageID: "another"})
	}
	if a.halfDone && !open() {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
	}
	if a.retry {
		a.call(s)
	}
	return channels.Receipt{Code: 200}, nil
}

// answered is what the driver makes of an answer that is none of success.
func (a *api) answered(s channels.Sealed) error {
	switch answer := a.answers[s.Touch]; answer {
	case Temporary, Permanent, Address, Sender:
		if a.mistakes {
			return &channels.SendError{Kind: channels.Unknown}
		}
		return &channels.SendError{Kind: channels.ErrorKind(answer)}
	case Taken, TooLate:
		a.call(s)
		if a.guesses {
			return &channels.SendError{Kind: channels.Temporary}
		}
		return &channels.SendError{Kind: channels.Unknown}
	case Lost:
		if a.guesses {
			return &channels.SendError{Kind: channels.Permanent}
		}
		return &channels.SendError{Kind: channels.Unknown}
	case Slow:
		if a.gaveUp {
			return &channels.SendError{Kind: channels.Temporary}
		}
		time.Sleep(SlowTime)
	}
	return nil
}

// broken passes the gate on and breaks what the driver is told to break.
type broken struct {
	channels.Gate
	a     *api
	batch []channels.Sealed
}

func (b broken) Permit(ctx context.Context, ids []andante.TouchID) ([]andante.TouchID, error) {
	if b.a.whole {
		ids = nil
		for _, s := range b.batch {
			ids = append(ids, s.Touch)
		}
	}
	allowed, err := b.Gate.Permit(ctx, ids)
	if b.a.writeAll && err == nil {
		return ids, nil
	}
	return allowed, err
}

func (b broken) Done(id andante.TouchID, r channels.Receipt, err error) {
	if b.a.neverDone {
		return
	}
	b.Gate.Done(id, r, err)
	if b.a.doneTwice {
		b.Gate.Done(id, r, err)
	}
}

// printer is a driver that writes a whole flight as one batch file, as a card
// printer has it.
type printer struct {
	api
	dir  string
	file int
}

func (p *printer) Features() channels.Features {
	return channels.Features{Kinds: []andante.Kind{andante.Card}, Idempotent: true}
}

func (p *printer) Deliver(ctx context.Context, batch []channels.Sealed, gate channels.Gate) error {
	for len(batch) > 0 {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("print: %w", err)
		}
		flight := batch[:min(len(batch), channels.FlightSize)]
		batch = batch[len(flight):]
		ids := make([]andante.TouchID, len(flight))
		for i, s := range flight {
			ids[i] = s.Touch
		}
		permitted, err := gate.Permit(ctx, ids)
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
		p.print(ctx, flight, permitted, gate)
	}
	return nil
}

func (p *printer) print(ctx context.Context, flight []channels.Sealed, permitted []andante.TouchID, gate channels.Gate) {
	allowed := map[andante.TouchID]bool{}
	for _, id := range permitted {
		allowed[id] = true
	}
	var page []string
	var on []andante.TouchID
	for _, s := range flight {
		switch {
		case !allowed[s.Touch]:
		case ctx.Err() != nil || !gate.Open(s.Touch):
			gate.Done(s.Touch, channels.Receipt{}, &channels.SendError{Kind: channels.Untried})
		default:
			page, on = append(page, s.MessageID), append(on, s.Touch)
		}
	}
	b, _ := json.Marshal(page)
	p.mu.Lock()
	p.file++
	name := filepath.Join(p.dir, fmt.Sprintf("batch-%d.json", p.file))
	p.mu.Unlock()
	err := os.WriteFile(name, b, 0o600)
	for _, id := range on {
		if err != nil {
			gate.Done(id, channels.Receipt{}, &channels.SendError{Kind: channels.Unknown, Err: err})
			continue
		}
		gate.Done(id, channels.Receipt{ProviderID: filepath.Base(name)}, nil)
	}
}

func (p *printer) arrived() []string {
	var all []string
	files, _ := filepath.Glob(filepath.Join(p.dir, "batch-*.json"))
	for _, f := range files {
		var page []string
		b, _ := os.ReadFile(f)
		_ = json.Unmarshal(b, &page)
		all = append(all, page...)
	}
	return all
}

func TestOneMessageACall(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Rig {
		return (&api{}).rig()
	})
}

func TestBatchFile(t *testing.T) {
	t.Parallel()
	Run(t, func(t *testing.T) Rig {
		p := &printer{dir: t.TempDir()}
		return Rig{Channel: p, Arrived: p.arrived}
	})
}

// TestSabotage breaks each rule once: a check that can't fail proves nothing.
func TestSabotage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		driver *api
		check  string
	}{
		"prepare draws a number":    {&api{impure: true}, "prepare is pure"},
		"writes before the permit":  {&api{early: true}, "permit comes before writing"},
		"asks for everything":       {&api{whole: true}, "flights are small and in order"},
		"writes all of a flight":    {&api{writeAll: true}, "only the permitted are written"},
		"never asks open":           {&api{skipGate: true}, "a closed gate stops a message"},
		"reports twice":             {&api{doneTwice: true}, "flights are small and in order"},
		"reports never":             {&api{neverDone: true}, "flights are small and in order"},
		"tries nothing":             {&api{lazy: true}, "flights are small and in order"},
		"sends twice":               {&api{retry: true}, "flights are small and in order"},
		"hides permit's error":      {&api{swallow: true}, "a permit error ends it"},
		"doesn't hear the end":      {&api{overtime: true}, "an ended context is heard at once"},
		"doesn't hear it midway":    {&api{overtime: true}, "an end in mid-flight leaves the rest untried"},
		"sends twice under load":    {&api{retry: true}, "many deliver at once"},
		"asks before it is settled": {&api{neverDone: true}, "a permit error ends it"},
		"knows no refusal":          {&api{mistakes: true}, "a refusal is what it is: address"},
		"tries what was taken":      {&api{guesses: true}, "without an answer nobody guesses: taken, and the connection is cut"},
		"gives up what was lost":    {&api{guesses: true}, "without an answer nobody guesses: not taken, and the connection is cut"},
		"does not wait":             {&api{gaveUp: true}, "a slow answer is waited for"},
		"makes two of one":          {&api{splits: true}, "hostile words are words"},
		"takes all there is":        {&api{roomy: true}, "what is too large is refused"},
		"leaves a half":             {&api{halfDone: true}, "no half message"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range checks {
				if c.name == tt.check {
					if err := c.run(tt.driver.rig()); err == nil || errors.Is(err, errSkip) {
						t.Errorf("%q passed", c.name)
					}
					return
				}
			}
			t.Fatalf("no check %q", tt.check)
		})
	}
}
