package worker

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/store"
)

// gate stands between the channel and the network for one batch: it permits each
// flight, records the one before it in the same transaction, and shuts when the
// lease or a claim runs out. The channel calls it from one goroutine.
type gate struct {
	r        *run
	b        *batch
	items    map[andante.TouchID]*item
	asked    map[andante.TouchID]bool // for which a permit was asked
	outcomes []outcome                // known, not recorded
	started  time.Time                // of the flight, of the machine
	shut     bool                     // the sender is refused: nothing more is written
}

func newGate(r *run, b *batch) *gate {
	g := &gate{r: r, b: b, items: map[andante.TouchID]*item{}, asked: map[andante.TouchID]bool{}}
	for _, it := range b.alive() {
		g.items[it.touch.ID] = it
	}
	return g
}

// Permit records the last flight and returns which touches of the next one are
// still claimed and still allowed. They become attempted.
func (g *gate) Permit(ctx context.Context, ids []andante.TouchID) ([]andante.TouchID, error) {
	for _, id := range ids {
		g.asked[id] = true
	}
	last := context.WithoutCancel(ctx)
	var allowed []andante.TouchID
	err := g.r.store.Write(last, func(tx *store.Tx) (err error) {
		allowed, err = g.permit(last, tx, ids)
		return err
	})
	if err != nil && len(g.outcomes) > 0 {
		// The outcomes in hand are worth more than the next flight.
		if e := g.flush(last); e != nil {
			return nil, e
		}
	}
	if err != nil {
		return nil, err
	}
	g.outcomes = g.outcomes[:0]
	g.started = g.r.clock.Wall()
	return allowed, nil
}

func (g *gate) permit(ctx context.Context, tx *store.Tx, ids []andante.TouchID) ([]andante.TouchID, error) {
	if err := g.r.hold(ctx, tx); err != nil {
		return nil, err
	}
	if err := g.r.record(ctx, tx, g.b, g.outcomes); err != nil {
		return nil, err
	}
	if g.shut {
		return nil, nil
	}
	now := g.r.clock.Now()
	going, err := g.notHeldNow(ctx, tx, ids, now)
	if err != nil {
		return nil, err
	}
	if g.r.o.Breakage.NoPermit {
		_, err := tx.MarkAttempted(ctx, g.r.lease.ID, ids)
		return ids, err
	}
	marked, err := tx.MarkAttempted(ctx, g.r.lease.ID, going)
	if err != nil {
		return nil, err
	}
	is := make(map[andante.TouchID]bool, len(marked))
	for _, id := range marked {
		is[id] = true
	}
	var allowed []andante.TouchID
	var attempts []andante.Attempt
	for _, id := range ids {
		if !is[id] {
			continue
		}
		t := g.items[id].touch
		allowed = append(allowed, id)
		attempts = append(attempts, andante.Attempt{
			ID: andante.NewID[andante.AttemptID](now), Touch: id, Contact: t.Contact, Account: t.Account, Number: t.Attempts + 1,
			Sender: t.Sender, Policy: g.b.w.Policy.Hash, Started: now, Outcome: andante.OutcomePending,
		})
	}
	return allowed, tx.AddAttempts(ctx, attempts)
}

// notHeldNow leaves out what a hold on its sequence, its sender or everything has
// stopped since the claim, or whose time is over, and plans it again.
func (g *gate) notHeldNow(ctx context.Context, tx *store.Tx, ids []andante.TouchID, now time.Time) ([]andante.TouchID, error) {
	holds, err := tx.WideHolds(ctx)
	if err != nil {
		return nil, err
	}
	g.b.holds, g.b.now = holds, now
	var going []andante.TouchID
	var back []store.Change
	for _, id := range ids {
		it := g.items[id]
		f := notHeld(g.r, g.b, it)
		if f == nil && now.After(it.touch.NotAfter) {
			f = putOff(andante.ReasonReturned, now, andante.Evidence{})
		}
		if f == nil {
			going = append(going, id)
			continue
		}
		back = append(back, f.change(it.touch, g.r.lease.ID, andante.Claimed, now).Change)
	}
	_, err = tx.Change(ctx, back)
	return going, err
}

// Open tells whether a permitted message may still be written: the lease holds by
// the machine's clock, and the claim by the calendar.
func (g *gate) Open(id andante.TouchID) bool {
	return !g.shut && g.r.keeper.holds() && !g.r.clock.Now().After(g.items[id].touch.NotAfter)
}

// Done notes the outcome of a permitted touch.
func (g *gate) Done(id andante.TouchID, receipt channels.Receipt, err error) {
	if g.r.o.Breakage.NoRecord {
		return
	}
	if channels.KindOf(err) == channels.Sender {
		g.shut = true
	}
	g.outcomes = append(g.outcomes, outcome{
		item: g.items[id], receipt: receipt, err: err, at: g.r.clock.Now(), took: g.r.clock.Wall().Sub(g.started),
	})
}
