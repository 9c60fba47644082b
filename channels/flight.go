package channels

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/failpoint"
)

// Flights is the part of Deliver that every channel shares: it cuts a batch into
// flights, asks the permits, keeps the time and reports each outcome once. A
// channel fills it in and calls [Flights.Run]; one value serves one Deliver.
type Flights struct {
	Clock andante.Clock
	Pace  *Pace         // remembered by the channel, one per sender; nil: measured anew
	Size  int           // messages per permit; 0: FlightSize, which is also the most
	Time  time.Duration // of sending per permit; 0: FlightTime

	// Connect is called before each permit. It has the connection that the
	// flight needs ready, and returns how many messages it can take (0: any
	// number). An error ends Run and is returned wrapped; nothing was asked
	// for. nil: no connection is needed.
	Connect func(ctx context.Context) (int, error)

	// Send writes one message and waits for its answer. It calls open right
	// before the first byte and, if that is false, writes nothing and returns
	// a *SendError of kind Untried. ctx ends waits that come before the first
	// byte; a message that is begun is finished within the channel's time-outs.
	// A channel that can say the beginning of the next message together with the
	// end of this one asks ahead for it; the next Send is for that message.
	Send func(ctx context.Context, s Sealed, open func() bool, ahead Ahead) (Receipt, error)
}

// Ahead returns the message that follows in the flight, if there is one and there is time
// for it. Its envelope may be said; whether it may be written its own Send asks.
type Ahead func() (Sealed, bool)

// Run delivers the batch. It returns what [Channel].Deliver returns.
func (f *Flights) Run(ctx context.Context, batch []Sealed, gate Gate) error {
	f.defaults()
	for rest := batch; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("deliver: %d messages not asked for: %w", len(rest), err)
		}
		n, err := f.next(ctx, len(rest))
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		if err := f.fly(ctx, rest[:n], gate); err != nil {
			return fmt.Errorf("permit: %w", err)
		}
		rest = rest[n:]
	}
	return nil
}

func (f *Flights) defaults() {
	if f.Size <= 0 || f.Size > FlightSize {
		f.Size = FlightSize
	}
	if f.Time <= 0 {
		f.Time = FlightTime
	}
	if f.Pace == nil {
		f.Pace = new(Pace)
	}
}

// next connects and returns the size of the next flight: what is left, the
// ceiling, the measured pace and the connection each have a say.
func (f *Flights) next(ctx context.Context, left int) (int, error) {
	n := min(left, f.Pace.Size(f.Time, f.Size))
	if f.Connect == nil {
		return n, nil
	}
	room, err := f.Connect(ctx)
	if err != nil {
		return 0, err
	}
	if room > 0 {
		n = min(n, room)
	}
	return n, nil
}

// fly asks one permit and works through what it allows. The error is Permit's.
func (f *Flights) fly(ctx context.Context, flight []Sealed, gate Gate) error {
	ids := make([]andante.TouchID, len(flight))
	for i, s := range flight {
		ids[i] = s.Touch
	}
	permitted, err := gate.Permit(ctx, ids)
	if err != nil {
		return err
	}
	began, written := f.Clock.Wall(), 0
	going := only(flight, permitted)
	over := func(more time.Duration) bool { // connecting anew may take a flight's time too
		return ctx.Err() != nil || f.Clock.Wall().Sub(began)+more >= f.Time
	}
	announced := -1 // the message after the one on the wire, if its beginning is said
	for i, s := range going {
		if over(0) && announced != i {
			gate.Done(s.Touch, Receipt{}, &SendError{Kind: Untried})
			continue
		}
		begun := false
		r, err := f.Send(ctx, s, func() bool {
			begun = (begun || !over(0) || announced == i && ctx.Err() == nil) && gate.Open(s.Touch)
			return begun
		}, func() (Sealed, bool) {
			each := f.Clock.Wall().Sub(began) / time.Duration(i+1)
			if i+1 == len(going) || over(2*each) {
				return Sealed{}, false
			}
			announced = i + 1
			return going[i+1], true
		})
		err = outcome(err)
		if KindOf(err) != Untried {
			written++
		}
		r.Response = andante.CleanText(r.Response)
		failpoint.Here("the outcome")
		gate.Done(s.Touch, r, err)
	}
	f.Pace.Record(written, f.Clock.Wall().Sub(began))
	return nil
}

// only returns the messages of the flight that are permitted, once each and in
// the flight's order, whatever else the permit may name.
func only(flight []Sealed, permitted []andante.TouchID) []Sealed {
	allowed := make(map[andante.TouchID]bool, len(permitted))
	for _, id := range permitted {
		allowed[id] = true
	}
	list := make([]Sealed, 0, len(permitted))
	for _, s := range flight {
		if allowed[s.Touch] {
			delete(allowed, s.Touch)
			list = append(list, s)
		}
	}
	return list
}

// outcome makes of a Send's error what Done promises: nil or a *SendError with
// clean words. An error that nobody classified says nothing about the message's
// fate, so it is Unknown.
func outcome(err error) error {
	if err == nil {
		return nil
	}
	var e *SendError
	if !errors.As(err, &e) {
		return &SendError{Kind: Unknown, Err: err}
	}
	clean := *e
	clean.Response = andante.CleanText(e.Response)
	return &clean
}
