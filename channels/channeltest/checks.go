package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// large is a batch of several flights.
const large = 2*channels.FlightSize + 7

// A check proves one rule.
type check struct {
	name string
	run  func(Rig) error
}

var checks = append([]check{
	{"features name kinds", checkFeatures},
	{"prepare is pure", checkPrepare},
	{"an empty batch asks nothing", checkEmpty},
	{"permit comes before writing", checkPermitFirst},
	{"flights are small and in order", checkFlights},
	{"only the permitted are written", checkSubset},
	{"a closed gate stops a message", checkOpen},
	{"a permit error ends it", checkPermitError},
	{"an ended context is heard at once", checkCanceled},
	{"an end in mid-flight leaves the rest untried", checkCancelMidway},
	{"many deliver at once", checkConcurrent},
	{"hostile words are words", checkHostile},
	{"what is too large is refused", checkSize},
	{"no half message", checkHalf},
}, answering()...)

func checkFeatures(r Rig) error {
	f := r.Channel.Features()
	if len(f.Kinds) == 0 {
		return errors.New("no kinds")
	}
	for _, k := range f.Kinds {
		if !k.Valid() {
			return fmt.Errorf("%q is no kind", k)
		}
	}
	return nil
}

func checkPrepare(r Rig) error {
	m := r.message(1)
	one, err := r.Channel.Prepare(m)
	if err != nil {
		return err
	}
	two, err := r.Channel.Prepare(m)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(one, two); diff != "" {
		return fmt.Errorf("the same message gave two results (-first +second):\n%s", diff)
	}
	if one.Touch != m.Touch || one.Kind != m.Kind || one.MessageID != m.MessageID {
		return fmt.Errorf("sealed %s %s %q for message %s %s %q", one.Touch, one.Kind, one.MessageID, m.Touch, m.Kind, m.MessageID)
	}
	if one.Hash != channels.HashOf(one.Bytes) || len(one.Bytes) == 0 || one.To == "" || one.Sender == "" || one.Segments < 1 {
		return fmt.Errorf("sealed incompletely: to %q, sender %q, %d bytes, %d segments, hash %s", one.To, one.Sender, len(one.Bytes), one.Segments, one.Hash)
	}
	if len(r.Arrived()) > 0 {
		return errors.New("prepare sent something")
	}
	return nil
}

func checkEmpty(r Rig) error {
	g := &Gate{}
	if err := r.Channel.Deliver(context.Background(), nil, g); err != nil {
		return err
	}
	if len(g.Flights()) > 0 {
		return errors.New("a permit was asked for nothing")
	}
	return g.Err()
}

func checkPermitFirst(r Rig) error {
	batch, err := r.batch(0, large)
	if err != nil {
		return err
	}
	var early []error
	here := func(when string, ids ...andante.TouchID) {
		counts := r.counts()
		for _, s := range batch {
			if slices.Contains(ids, s.Touch) && counts[s.MessageID] > 0 {
				early = append(early, fmt.Errorf("%s had arrived when %s was asked", s.Touch, when))
			}
		}
	}
	g := &Gate{
		OnPermit: func(ids []andante.TouchID) ([]andante.TouchID, error) { here("permit", ids...); return ids, nil },
		OnOpen:   func(id andante.TouchID) bool { here("open", id); return true },
	}
	err = r.Channel.Deliver(context.Background(), batch, g)
	return errors.Join(append(early, err, r.settle(g, batch))...)
}

func checkFlights(r Rig) error {
	batch, err := r.batch(0, large)
	if err != nil {
		return err
	}
	g := &Gate{}
	if err := r.Channel.Deliver(context.Background(), batch, g); err != nil {
		return err
	}
	var want []andante.TouchID
	for _, s := range batch {
		want = append(want, s.Touch)
	}
	if diff := cmp.Diff(want, g.Asked()); diff != "" {
		return fmt.Errorf("asked for (-want +got):\n%s", diff)
	}
	return errors.Join(mostlyTaken(g), r.settle(g, batch))
}

// mostlyTaken wants every message accepted, but for those that a busy machine
// left untried; the first one never is.
func mostlyTaken(g *Gate) error {
	for i, id := range g.Order() {
		o, _ := g.Outcome(id)
		if untried := channels.KindOf(o.Err) == channels.Untried; o.Err != nil && (!untried || i == 0) {
			return fmt.Errorf("%s: %w", id, o.Err)
		}
	}
	return nil
}

func checkSubset(r Rig) error {
	batch, err := r.batch(0, large)
	if err != nil {
		return err
	}
	g := &Gate{OnPermit: func(ids []andante.TouchID) ([]andante.TouchID, error) {
		var some []andante.TouchID
		for i, id := range ids {
			if i%3 == 1 {
				some = append(some, id)
			}
		}
		return some, nil
	}}
	err = r.Channel.Deliver(context.Background(), batch, g)
	return errors.Join(err, r.settle(g, batch))
}

func checkOpen(r Rig) error {
	batch, err := r.batch(0, 9)
	if err != nil {
		return err
	}
	closed := map[andante.TouchID]bool{batch[0].Touch: true, batch[4].Touch: true, batch[8].Touch: true}
	g := &Gate{OnOpen: func(id andante.TouchID) bool { return !closed[id] }}
	if err := r.Channel.Deliver(context.Background(), batch, g); err != nil {
		return err
	}
	for _, s := range batch {
		o, _ := g.Outcome(s.Touch)
		if untried := channels.KindOf(o.Err) == channels.Untried; closed[s.Touch] && !untried {
			return fmt.Errorf("%s: the gate was closed, outcome %v", s.Touch, o.Err)
		}
	}
	if o, _ := g.Outcome(batch[1].Touch); o.Err != nil {
		return fmt.Errorf("%s: the gate was open: %w", batch[1].Touch, o.Err)
	}
	return r.settle(g, batch)
}

func checkPermitError(r Rig) error {
	batch, err := r.batch(0, large)
	if err != nil {
		return err
	}
	lost, calls := errors.New("lease lost"), 0
	g := &Gate{OnPermit: func(ids []andante.TouchID) ([]andante.TouchID, error) {
		if calls++; calls == 2 {
			return nil, lost
		}
		return ids, nil
	}}
	err = r.Channel.Deliver(context.Background(), batch, g)
	if !errors.Is(err, lost) {
		return fmt.Errorf("permit's error came back as %v", err)
	}
	if n := len(g.Flights()); n != 2 {
		return fmt.Errorf("%d permits asked, the second was refused", n)
	}
	return r.settle(g, batch)
}

func checkCanceled(r Rig) error {
	batch, err := r.batch(0, 5)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g := &Gate{OnPermit: func(ids []andante.TouchID) ([]andante.TouchID, error) { cancel(); return ids, nil }}
	err = r.Channel.Deliver(ctx, batch, g)
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if n := len(r.Arrived()); n > 0 {
		return fmt.Errorf("%d messages arrived after the end", n)
	}
	again := &Gate{}
	if err := r.Channel.Deliver(ctx, batch, again); !errors.Is(err, context.Canceled) || len(again.Flights()) > 0 {
		return fmt.Errorf("begun with an ended context: %d permits, error %v", len(again.Flights()), err)
	}
	return r.settle(g, batch)
}

func checkCancelMidway(r Rig) error {
	batch, err := r.batch(0, large)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	g := &Gate{OnDone: func(andante.TouchID, channels.Receipt, error) {
		if n++; n == 3 {
			cancel()
		}
	}}
	err = r.Channel.Deliver(ctx, batch, g)
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the end in mid-batch came back as %v", err)
	}
	if n := len(g.Flights()); n != 1 {
		return fmt.Errorf("%d permits asked, the context ended in the first flight", n)
	}
	return r.settle(g, batch)
}

func checkConcurrent(r Rig) error {
	const workers, each = 6, 20
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		batch, err := r.batch(w*each, (w+1)*each)
		if err != nil {
			return err
		}
		wg.Go(func() {
			g := &Gate{}
			err := r.Channel.Deliver(context.Background(), batch, g)
			errs[w] = errors.Join(err, mostlyTaken(g), r.settle(g, batch))
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
