package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/failpoint"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
)

// Options are the worker's times and sizes.
type Options struct {
	Name      string        // of this worker, unique among those on one store
	LeaseTime time.Duration // to which a lease is renewed, of the machine
	Renew     time.Duration // how often
	Margin    time.Duration // no new permit in the last part of a lease
	Claim     time.Duration // how long after its claim a touch may be written, of the calendar
	Chunk     int           // most touches claimed at a time
	Spread    bool          // what came due while the machine was off does not go at once: somebody is there later
	Rehearsal bool          // nothing reaches whom it is for, so nothing is learnt of mailboxes
	Breakage  Breakage
}

// Breakage breaks the worker on purpose. Only the tests set it, to see that the
// oracles notice.
type Breakage struct {
	NoPermit      bool // messages are written without asking which are still allowed, nor noting that they are
	NoRecord      bool // outcomes are dropped
	NoSuppression bool // whoever is suppressed is written to all the same
	NoFence       bool // claim and permit do not ask whether the lease is ours
	NeverLate     bool // nobody notices that the machine was off
}

// Defaults fills what is not set.
func (o Options) Defaults() Options {
	o.LeaseTime = cmp.Or(o.LeaseTime, time.Minute)
	o.Renew = cmp.Or(o.Renew, o.LeaseTime/3)
	o.Margin = cmp.Or(o.Margin, o.LeaseTime/4)
	o.Chunk = cmp.Or(o.Chunk, 250)
	return o
}

// Worker works leases. Safe for concurrent use.
type Worker struct {
	store    *store.Store
	ops      *ops.Ops
	clock    andante.Clock
	channels map[andante.Kind]channels.Channel
	link     func(ops.Token) string
	follow   func(ops.Link) string
	log      *slog.Logger
	journal  *Journal
	o        Options
	paces    channels.Paces // from claim to record
	done     func()         // called when a lease is over
}

// Config is what a worker is made of.
type Config struct {
	Ops      *ops.Ops
	Channels map[andante.Kind]channels.Channel
	Link     func(ops.Token) string // the unsubscribe link of a touch
	Follow   func(ops.Link) string  // its other links
	Log      *slog.Logger
	Journal  *Journal
	Options  Options
	Done     func() // called when a lease is over; may be nil
}

// New returns a worker.
func New(c Config) *Worker {
	if c.Done == nil {
		c.Done = func() {}
	}
	return &Worker{
		store: c.Ops.Store, ops: c.Ops, clock: c.Ops.Clock, channels: c.Channels, link: c.Link, follow: c.Follow,
		log: c.Log, journal: c.Journal, o: c.Options.Defaults(), done: c.Done,
	}
}

// breather is how long the touches of a lease wait that failed as a whole, lest they
// come round at full speed.
const breather = time.Minute

// Handle works one lease. It is what the queue calls; it returns nothing, because
// everything that matters is in the store: a lease that is not finished comes
// back by itself.
func (w *Worker) Handle(ctx context.Context, it queue.Item) {
	defer w.done()
	if ctx.Err() != nil {
		return
	}
	// What is permitted is finished and recorded even when the process is asked to stop;
	// only new work ends with ctx. Nor is a lease picked up by halves: if the commit went
	// through and its answer did not, nobody would give it back.
	last := context.WithoutCancel(ctx)
	asked := w.clock.Wall()
	lease, err := w.pick(last, it)
	if err != nil {
		if !errors.Is(err, andante.ErrLeaseLost) {
			w.log.Error("a lease could not be picked up", "lease", it.Lease, "err", err)
		}
		return
	}
	r := &run{Worker: w, lease: lease, keeper: newKeeper(w, lease, asked)}
	r.keeper.start(last)
	err = r.guarded(ctx)
	r.keeper.stop()
	if err != nil && ctx.Err() == nil {
		w.log.Error("a lease was not finished", "lease", lease.ID, "err", err)
	}
	if errors.Is(err, andante.ErrLeaseLost) {
		return
	}
	notBefore := r.away
	if err != nil && ctx.Err() == nil {
		notBefore = w.clock.Now().Add(breather)
	}
	if err := r.giveBack(last, notBefore); err != nil {
		w.log.Error("a lease could not be given back", "lease", lease.ID, "err", err)
	}
}

func (w *Worker) pick(ctx context.Context, it queue.Item) (l store.Lease, err error) {
	err = w.store.Write(ctx, func(tx *store.Tx) error {
		wall, err := tx.Wall(ctx)
		if err != nil {
			return err
		}
		l, err = tx.PickLease(ctx, it.Lease, it.Attempt, w.o.Name, wall.Add(w.o.LeaseTime))
		return err
	})
	return l, err
}

// run is the work on one lease.
type run struct {
	*Worker
	lease  store.Lease
	keeper *keeper
	sent   int // messages that were on the wire
	// away: no connection could be had, so the rest of the lease waits until then.
	away time.Time
}

// guarded turns a panic into an error, so that the lease is given back whatever
// happens.
func (r *run) guarded(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if r.lease.Kind == store.NoticeLane {
		return r.notices(ctx)
	}
	return r.work(ctx)
}

// work takes the lease's touches through the passes, a chunk at a time.
func (r *run) work(ctx context.Context) error {
	var touches []andante.TouchID
	err := r.store.Read(ctx, func(tx *store.Tx) (err error) {
		touches, err = tx.TouchIDsIn(ctx, r.lease.ID)
		return err
	})
	if err != nil {
		return err
	}
	for len(touches) > 0 && ctx.Err() == nil && r.away.IsZero() {
		n := min(r.size(), len(touches))
		if err := r.chunk(ctx, touches[:n]); err != nil {
			return err
		}
		touches = touches[n:]
	}
	return nil
}

// size returns how many touches are claimed at a time: what the sender's last
// chunks got out in the time of a claim, for what outlives its claim is claimed
// again.
func (r *run) size() int {
	if r.o.Claim == 0 {
		return r.o.Chunk
	}
	return r.paces.Of(r.lease.Sender).Size(r.o.Claim, r.o.Chunk)
}

// timed measures a pass until the function that it returns is called.
func (w *Worker) timed(pass string) (over func()) {
	began := w.clock.Wall()
	return func() { w.journal.Pass(pass, w.clock.Wall().Sub(began)) }
}

// reloads is how often touches whose account keeps changing are looked at again
// before they are given back.
const reloads = 4

// chunk takes some touches through all passes. What a claim sends back to load,
// because its account has moved, goes through them again.
func (r *run) chunk(ctx context.Context, touches []andante.TouchID) error {
	for try := 0; len(touches) > 0 && r.away.IsZero() && try < reloads; try++ {
		b, err := r.load(ctx, touches)
		if err != nil {
			return err
		}
		failpoint.Here("eligible")
		r.eligible(b)
		failpoint.Here("render")
		r.render(ctx, b)
		failpoint.Here("claim")
		moved, err := r.claim(ctx, b)
		if store.DataFault(err) {
			return r.apart(ctx, b, touches, err)
		}
		if err != nil {
			return err
		}
		failpoint.Here("deliver")
		if err := r.deliver(ctx, b); err != nil {
			return err
		}
		touches = moved
	}
	return nil
}

// apart halves a chunk that the store refuses for its data, until the touch that
// is to blame stands alone and fails alone.
func (r *run) apart(ctx context.Context, b *batch, touches []andante.TouchID, cause error) error {
	if len(touches) > 1 {
		half := len(touches) / 2
		if err := r.chunk(ctx, touches[:half]); err != nil {
			return err
		}
		return r.chunk(ctx, touches[half:])
	}
	if len(b.items) == 0 {
		return nil // it is ours no more
	}
	f := failed(andante.ReasonPrepare, cause)
	return r.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.HoldLease(ctx, r.lease, time.Time{}); err != nil {
			return err
		}
		if err := lockAccountsOf(ctx, tx, touches); err != nil {
			return err
		}
		stored, err := tx.Touches(ctx, touches) // what was made of it may be what the store refuses
		if err != nil || len(stored) == 0 {
			return err
		}
		t := stored[0]
		if _, err := r.ops.Settle(ctx, tx, []ops.Settled{f.change(t, r.lease.ID, andante.Leased, b.now)}); err != nil {
			return err
		}
		return tx.AddVerdicts(ctx, []store.StoredVerdict{f.verdict(t, b.w.Policy.Hash, b.now)})
	})
}

// giveBack returns what was not worked, and what the sender's throttle was spent
// for in vain, and ends the lease.
func (r *run) giveBack(ctx context.Context, notBefore time.Time) error {
	return r.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.HoldLease(ctx, r.lease, time.Time{}); err != nil {
			return err
		}
		returned, _, err := r.ops.ReturnLease(ctx, tx, r.lease.ID, notBefore)
		if err != nil {
			return err
		}
		if r.lease.Kind == store.NoticeLane { // no throttle is spent for it
			return nil
		}
		return r.ops.Refund(ctx, tx, store.Lane{Kind: r.lease.Kind, Sender: r.lease.Sender}, r.lease.Size-r.sent-returned)
	})
}
