package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/store"
)

// gate stands between the channel and the network for one batch: it permits each
// flight, records the one before it in the same transaction, and shuts when the
// lease or a claim runs out. The channel calls it from one goroutine; another one
// stops it when the process is asked to end.
type gate struct {
	r     *run
	b     *batch
	items map[andante.TouchID]*item
	asked map[andante.TouchID]bool // for which a permit was asked

	mu       sync.Mutex
	waiting  []andante.TouchID             // permitted, and not begun
	noted    map[andante.TouchID]bool      // whose outcome is known
	outcomes []outcome                     // known, not recorded
	started  map[andante.TouchID]time.Time // of what is on the wire, of the machine
	written  int                           // messages that were on the wire
	permits  time.Duration                 // spent on them
	shut     andante.Reason                // why nothing more is written: the sender is refused, or the process ends
}

func newGate(r *run, b *batch) *gate {
	g := &gate{r: r, b: b, items: map[andante.TouchID]*item{}, asked: map[andante.TouchID]bool{}, noted: map[andante.TouchID]bool{}, started: map[andante.TouchID]time.Time{}}
	for _, it := range b.alive() {
		g.items[it.touch.ID] = it
	}
	return g
}

// Permit records the last flight and returns which touches of the next one are
// still claimed and still allowed. They become attempted.
func (g *gate) Permit(ctx context.Context, ids []andante.TouchID) ([]andante.TouchID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	began := g.r.clock.Wall()
	defer func() {
		took := g.r.clock.Wall().Sub(began)
		g.permits += took
		g.r.journal.Pass("permit", took)
	}()
	for _, id := range ids {
		g.asked[id] = true
	}
	last := context.WithoutCancel(ctx)
	rec := newRecording(g.outcomes)
	var allowed []andante.TouchID
	err := g.r.store.Write(last, func(tx *store.Tx) (err error) {
		allowed, err = g.permit(last, tx, rec, ids)
		return err
	})
	if err != nil {
		// The commit may have gone through though its answer was lost: nothing was
		// written of this flight. And what is known of the last one is worth more
		// than the next.
		for _, id := range ids {
			g.outcomes = append(g.outcomes, outcome{item: g.items[id], err: &channels.SendError{Kind: channels.Untried, Err: err}, at: g.r.clock.Now(), guess: true})
		}
		return nil, errors.Join(err, g.flush(last))
	}
	g.noteOutcomes(rec)
	g.waiting = slices.Clone(allowed)
	return allowed, nil
}

// stop ends the batch when the process is asked to end. What is permitted and not begun
// provably never left: that, and what is known of the others, is recorded at once, for
// the message on the wire may outlast the grace time.
func (g *gate) stop(ctx context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = andante.ReasonReturned
	for _, id := range g.waiting {
		g.note(id, channels.Receipt{}, &channels.SendError{Kind: channels.Untried})
	}
	g.waiting = nil
	if err := g.flush(ctx); err != nil {
		g.r.log.Error("outcomes could not be recorded at the end", "err", err)
	}
}

// finish records what is left.
func (g *gate) finish(ctx context.Context) error {
	defer g.r.timed("record")()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.flush(ctx)
}

func (g *gate) permit(ctx context.Context, tx *store.Tx, rec *recording, ids []andante.TouchID) ([]andante.TouchID, error) {
	if err := g.r.hold(ctx, tx); err != nil {
		return nil, err
	}
	if err := lockAccountsOf(ctx, tx, append(outcomeIDs(g.outcomes), ids...)); err != nil {
		return nil, err
	}
	if err := g.r.record(ctx, tx, rec); err != nil {
		return nil, err
	}
	if g.r.o.Breakage.NoPermit {
		return ids, nil
	}
	if g.shut != "" {
		return nil, g.putBack(ctx, tx, ids, g.shut)
	}
	now := g.r.clock.Now()
	going, err := g.stillAllowed(ctx, tx, ids, now)
	if err != nil {
		return nil, err
	}
	marked, err := tx.MarkAttempted(ctx, g.r.lease.ID, going, g.b.w.Policy.Hash, now)
	if err != nil {
		return nil, err
	}
	return keep(ids, func(id andante.TouchID) bool { return slices.Contains(marked, id) }), nil
}

// stillAllowed leaves out what has been stopped since the claim, or whose time is
// over, and plans it again: a hold, a suppression of contact or address, or any
// other change of its account.
func (g *gate) stillAllowed(ctx context.Context, tx *store.Tx, ids []andante.TouchID, now time.Time) ([]andante.TouchID, error) {
	holds, err := tx.LockWideHolds(ctx)
	if err != nil {
		return nil, err
	}
	items := make([]*item, len(ids))
	for i, id := range ids {
		items[i] = g.items[id]
	}
	moved, err := movedAccounts(ctx, tx, items)
	if err != nil {
		return nil, err
	}
	bars, err := barsOn(ctx, tx, items)
	if err != nil {
		return nil, err
	}
	g.b.holds, g.b.now = holds, now
	var going []andante.TouchID
	var stopped []*item
	for _, it := range items {
		it.bars = keep(bars, it.isBarred)
		f := notHeld(g.r, g.b, it)
		switch {
		case f != nil:
		case it.heldSince(g.b): // a hold that lets something through: the claim knows how much
			f = putOff(andante.ReasonReturned, now, andante.Evidence{})
		case moved[it.account.ID] || notSuppressed(g.r, g.b, it) != nil || now.After(it.touch.NotAfter):
			f = putOff(andante.ReasonReturned, now, andante.Evidence{})
		default:
			going = append(going, it.touch.ID)
			continue
		}
		it.fate = f
		stopped = append(stopped, it)
	}
	return going, g.back(ctx, tx, stopped)
}

// putBack plans touches again that were claimed and are not sent now.
func (g *gate) putBack(ctx context.Context, tx *store.Tx, ids []andante.TouchID, reason andante.Reason) error {
	var list []*item
	for _, id := range ids {
		g.items[id].fate = putOff(reason, g.r.clock.Now(), andante.Evidence{})
		list = append(list, g.items[id])
	}
	return g.back(ctx, tx, list)
}

// back writes the fates of claimed touches.
func (g *gate) back(ctx context.Context, tx *store.Tx, list []*item) error {
	now := g.r.clock.Now()
	var changes []store.Change
	var verdicts []store.StoredVerdict
	for _, it := range list {
		changes = append(changes, it.fate.change(it.touch, g.r.lease.ID, andante.Claimed, now).Change)
		verdicts = append(verdicts, it.fate.verdict(it.touch, g.b.w.Policy.Hash, now))
	}
	if _, err := tx.Change(ctx, changes); err != nil {
		return err
	}
	return tx.AddVerdicts(ctx, verdicts)
}

// Open tells whether a permitted message may be begun: the lease holds by the machine's
// clock, and the claim by the calendar. One that is begun may be finished while the
// lease holds: a slow relay must not be asked again and again, and the touch counts until
// now as long as it is on the wire.
func (g *gate) Open(id andante.TouchID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != "" || !g.r.keeper.holds() {
		return false
	}
	if !slices.Contains(g.waiting, id) {
		return true
	}
	g.started[id] = g.r.clock.Wall()
	if g.r.clock.Now().After(g.items[id].touch.NotAfter) {
		return false
	}
	g.waiting = slices.DeleteFunc(g.waiting, func(w andante.TouchID) bool { return w == id })
	return true
}

// Done notes the outcome of a permitted touch.
func (g *gate) Done(id andante.TouchID, receipt channels.Receipt, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.note(id, receipt, err)
}

// note keeps the first outcome of a touch.
func (g *gate) note(id andante.TouchID, receipt channels.Receipt, err error) {
	if g.r.o.Breakage.NoRecord || g.noted[id] {
		return
	}
	g.noted[id] = true
	kind := channels.KindOf(err)
	if kind == channels.Sender {
		g.shut = andante.ReasonSender
	}
	if kind != channels.Untried {
		g.written++
	}
	o := outcome{item: g.items[id], receipt: receipt, err: err, at: g.r.clock.Now()}
	if began, ok := g.started[id]; ok {
		o.took = g.r.clock.Wall().Sub(began)
		delete(g.started, id)
	}
	g.outcomes = append(g.outcomes, o)
}
