package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
)

// Options are the scheduler's times and sizes.
type Options struct {
	LeaseTime  time.Duration // how long a lease lasts unless renewed
	PickupTime time.Duration // a lease that no worker takes in this time is queued again
	Interval   time.Duration // how often it looks when nobody wakes it
	Batch      int           // most touches in a lease
	Shares     int           // leases into which what is due is shared out where it is less than that
	Brake      int           // most touches leased at a time
	RuleDays   int           // every how many days conditions that don't change by themselves are asked of everybody
	Pages      int           // of everybody that are asked who enters, between two leases
	Parts      int           // schedulers that share the senders' throttles, each with a store of its own: in a simulation
	Outage     time.Duration // how long nobody may look before the machine counts as having been off
	// Marked, if set, has the store's mark raised with each round that leases, and once a
	// minute. It is told each one once it is committed, before a worker may hear of a lease.
	Marked func(context.Context, int64)
	// Exchangers asks for the mail exchangers of a domain, the best first; nil: nobody is
	// asked, and each domain that is not a provider's own stands for itself.
	Exchangers func(ctx context.Context, domain string) ([]string, error)
	// Rehearsing: messages go elsewhere than to their contacts. What lanes may send in an hour
	// and on a day binds all the same, and warms nobody up.
	Rehearsing bool
	// Quiet: nobody is told of a task, and nothing is done about what is left undone.
	Quiet bool
}

// Defaults fills what is not set.
func (o Options) Defaults() Options {
	o.LeaseTime = cmp.Or(o.LeaseTime, ops.LeaseTime)
	o.PickupTime = cmp.Or(o.PickupTime, 10*time.Second)
	o.Interval = cmp.Or(o.Interval, time.Second)
	o.Batch = cmp.Or(o.Batch, 500)
	o.Shares = cmp.Or(o.Shares, 8)
	o.Brake = cmp.Or(o.Brake, 20*o.Batch)
	o.RuleDays = cmp.Or(o.RuleDays, 1)
	o.Pages = cmp.Or(o.Pages, 20)
	o.Parts = cmp.Or(o.Parts, 1)
	o.Outage = cmp.Or(o.Outage, 6*time.Hour)
	return o
}

// Scheduler is one scheduler. Run and Round must not run at the same time.
type Scheduler struct {
	store *store.Store
	queue queue.Queue
	ops   *ops.Ops
	clock andante.Clock
	log   *slog.Logger
	o     Options
	wake  chan struct{}
	// resumed is when enrollments were resumed last, by the calendar.
	resumed time.Time
	// reminded is when it was asked last who is to be told of a task, by the calendar.
	reminded time.Time
	// morning is when the next mail of the morning is due, as was known then.
	morning time.Time
	// marked is when the mark was raised last, by the machine.
	marked time.Time
	// epoch is the store's, as the first round found it; -1: before that.
	epoch int64
	daily daily
	// best are the senders' best days, as their warm-ups ask.
	best bestDays
	// hosts asks who runs the mailboxes of a domain.
	hosts *hosts
	// seen is the highest mark that was found in the store.
	seen int64
}

// The store is no longer the one that the scheduler began with.
var (
	ErrTakenOver = errors.New("the store was taken over while this process ran, and what it had leased is void: start it again")
	ErrPutBack   = errors.New("the store was put back to an earlier state while this process ran, by a backup or by a replica that lacks what was written last: stop every `andante run`, then run `andante takeover`")
)

// StoreChanged tells whether err says that the store is another one now: a process that
// began with the old one may lease nothing, nor say how far the new one has come.
func StoreChanged(err error) bool { return errors.Is(err, ErrTakenOver) || errors.Is(err, ErrPutBack) }

// New returns a scheduler.
func New(o *ops.Ops, q queue.Queue, opt Options, log *slog.Logger) *Scheduler {
	return &Scheduler{
		store: o.Store, queue: q, ops: o, clock: o.Clock, log: log, o: opt.Defaults(), wake: make(chan struct{}, 1),
		marked: o.Clock.Wall(), epoch: -1, best: bestDays{},
		hosts: &hosts{store: o.Store, clock: o.Clock, lookup: opt.Exchangers, wanted: map[string]bool{}},
	}
}

// Wake has it look at once. It never blocks.
func (s *Scheduler) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run goes round until ctx ends. A round that fails is logged and tried again, unless the
// store is another one ([StoreChanged]): what to do with what is due is no longer this process's to say.
// idle, if set, is called when a round leased nothing and no lease is out.
func (s *Scheduler) Run(ctx context.Context, idle func(context.Context, Round) error) error {
	defer s.hosts.asking.Wait()
	failed := false
	for ctx.Err() == nil {
		r, err := s.Round(ctx)
		if StoreChanged(err) {
			return err
		}
		if err != nil && ctx.Err() == nil {
			level := slog.LevelError
			if failed { // it is tried each second, and was said
				level = slog.LevelDebug
			}
			s.log.Log(ctx, level, "the scheduler could not look; it tries again until it can", "err", err)
		}
		if failed && err == nil {
			s.log.Warn("the scheduler can look again")
		}
		failed = err != nil
		if err == nil && r.Idle() && idle != nil {
			if err := idle(ctx, r); err != nil {
				return err
			}
			continue // the calendar may have moved
		}
		if err == nil && (r.Leased > 0 && r.Full || r.Asking) {
			continue // there is more
		}
		if err := s.rest(ctx); err != nil {
			return nil
		}
	}
	return nil
}

// rest waits for a wake-up or the interval.
func (s *Scheduler) rest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Interval)
	defer cancel()
	select {
	case <-s.wake:
		return nil
	case <-ctx.Done():
		if ctx.Err() == context.DeadlineExceeded {
			return nil
		}
		return ctx.Err()
	}
}

// A Round is what one look did.
type Round struct {
	Leased   int       // touches leased
	Full     bool      // there may be more to lease
	Out      int       // leases that are out, these included
	Returned int       // touches that came back from lost leases
	Unknown  int       // touches that became unknown
	Asking   bool      // everybody is being asked who enters today
	Waiting  bool      // nothing was leased, but something due waits for a throttle
	Next     time.Time // when nothing is due: the next due time; zero: nothing is planned
}

// Idle tells whether nothing is due, nothing is out and nobody is to be asked.
func (r Round) Idle() bool { return r.Leased == 0 && r.Out == 0 && !r.Asking }

// Round looks once: it settles lost leases, queues those again that nobody took,
// leases what is due and hands it over. Settling and leasing are transactions of
// their own, so that trouble with the one does not stop the other.
func (s *Scheduler) Round(ctx context.Context) (Round, error) {
	var r Round
	var fresh []queue.Item
	again, tended := s.tendAll(ctx, &r)
	s.resume(ctx)
	tended = errors.Join(tended, s.followHolds(ctx), s.askEverybody(ctx), s.remind(ctx), s.judgeClicks(ctx))
	leased := s.store.Write(ctx, func(tx *store.Tx) (err error) {
		r = Round{Returned: r.Returned, Unknown: r.Unknown}
		fresh, err = s.lease(ctx, tx, &r)
		return err
	})
	if leased != nil {
		fresh, r.Leased = nil, 0
	}
	if StoreChanged(leased) {
		return r, leased
	}
	r.Asking = s.daily.goesOn(s.clock.Now())
	if midnight := s.daily.midnight; leased == nil && r.Idle() && !midnight.IsZero() && (r.Next.IsZero() || midnight.Before(r.Next)) {
		r.Next = midnight
	}
	s.store.Learn(ctx)
	s.hosts.ask(ctx)
	// A lease that does not reach the queue is put there again after PickupTime.
	return r, errors.Join(tended, leased, s.queue.Put(ctx, append(again, fresh...)))
}

// Drain waits until no lease is out and leases nothing more: what a lost worker
// had comes back and stays planned, what nobody picked up is queued again.
func (s *Scheduler) Drain(ctx context.Context) error {
	for {
		again, err := s.tendAll(ctx, &Round{})
		if err == nil {
			err = s.queue.Put(ctx, again)
		}
		out := 0
		if err == nil {
			err = s.store.Read(ctx, func(tx *store.Tx) (err error) {
				_, out, err = tx.LeaseLoad(ctx)
				return err
			})
		}
		if err != nil || out == 0 {
			return err
		}
		if err := s.rest(ctx); err != nil {
			return err
		}
	}
}

// tendAll settles leases whose time is over and queues those again that wait too long
// for a worker, each in a transaction of its own: trouble with one is not the others',
// and no more is locked at a time than one lease holds.
func (s *Scheduler) tendAll(ctx context.Context, r *Round) (again []queue.Item, err error) {
	var lost []store.Lease
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		wall, err := tx.Wall(ctx)
		if err == nil {
			lost, err = tx.LostLeases(ctx, wall.Add(-s.o.PickupTime), wall, "")
		}
		return err
	})
	for _, l := range lost {
		var e error
		if l.Worker != "" {
			var back, unknown int
			back, unknown, e = s.ops.ReturnLost(ctx, l.ID, func(tx *store.Tx) (bool, error) {
				now, err := s.lost(ctx, tx, l.ID)
				return now != nil && now.Worker != "", err
			})
			r.Returned, r.Unknown = r.Returned+back, r.Unknown+unknown
		} else {
			var item *queue.Item
			e = s.store.Write(ctx, func(tx *store.Tx) (err error) {
				item, err = s.requeue(ctx, tx, l.ID)
				return err
			})
			if e == nil && item != nil {
				again = append(again, *item)
			}
		}
		if e != nil {
			err = errors.Join(err, fmt.Errorf("tend lease %s: %w", l.ID, e))
		}
	}
	if r.Returned+r.Unknown > 0 {
		s.log.Warn("a worker was lost", "returned", r.Returned, "unknown", r.Unknown)
	}
	return again, err
}

// lost looks once more at a lost lease and locks its row; nil if it is lost no more.
func (s *Scheduler) lost(ctx context.Context, tx *store.Tx, id andante.LeaseID) (*store.Lease, error) {
	if err := s.sameStore(ctx, tx); err != nil {
		return nil, err
	}
	wall, err := tx.Wall(ctx)
	if err != nil {
		return nil, err
	}
	list, err := tx.LostLeases(ctx, wall.Add(-s.o.PickupTime), wall, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// requeue hands a lease that no worker has taken to the queue again, once it has waited
// long enough; nil if it has not, or is taken by now.
func (s *Scheduler) requeue(ctx context.Context, tx *store.Tx, id andante.LeaseID) (*queue.Item, error) {
	l, err := s.lost(ctx, tx, id)
	if err != nil || l == nil || l.Worker != "" {
		return nil, err
	}
	wall, err := tx.Wall(ctx)
	if err != nil || wall.Sub(l.Queued) < s.patience(l.Attempt) {
		return nil, err
	}
	return &queue.Item{Lease: id, Attempt: l.Attempt + 1, Urgent: l.Urgent}, tx.Requeue(ctx, id, wall, wall.Add(s.o.LeaseTime))
}

// patience is how long a lease waits for a worker before it is queued again: longer
// each time, for mostly the item is there still and no worker has time.
func (s *Scheduler) patience(attempt int) time.Duration {
	return max(s.o.PickupTime, min(s.o.PickupTime<<min(attempt-1, 8), 5*time.Minute))
}

// lease takes what is due, up to the brake, and groups it by lane.
func (s *Scheduler) lease(ctx context.Context, tx *store.Tx, r *Round) ([]queue.Item, error) {
	now := s.clock.Now()
	wall, err := tx.Wall(ctx)
	if err != nil {
		return nil, err
	}
	if err := tx.Seen(ctx, now, s.o.Outage); err != nil {
		return nil, err
	}
	if err := s.sameStore(ctx, tx); err != nil {
		return nil, err
	}
	if _, r.Out, err = tx.LeaseLoad(ctx); err != nil {
		return nil, err
	}
	heads, err := tx.Heads(ctx)
	if err != nil {
		return nil, err
	}
	pace, err := s.throttled(ctx, tx, heads, now)
	if err != nil {
		return nil, err
	}
	due, err := s.due(ctx, tx, pace, heads, r)
	if err != nil {
		return nil, err
	}
	items, err := s.grant(ctx, tx, pace, due, wall, r)
	if err != nil {
		return nil, err
	}
	notices, err := s.notices(ctx, tx, wall, r)
	if err != nil {
		return nil, err
	}
	items = append(items, notices...)
	if r.Leased == 0 && !r.Full {
		r.Next, r.Waiting = pace.next(heads)
		if err := s.errands(ctx, tx, r); err != nil {
			return nil, err
		}
	}
	return items, s.mark(ctx, tx, r.Leased > 0)
}

// sameStore keeps to the epoch in which the scheduler began, and to the latest state that
// it has seen.
func (s *Scheduler) sameStore(ctx context.Context, tx *store.Tx) error {
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return err
	}
	mark, err := tx.Mark(ctx)
	if err != nil {
		return err
	}
	switch {
	case s.epoch >= 0 && epoch != s.epoch:
		return ErrTakenOver
	case mark < s.seen:
		return ErrPutBack
	}
	s.epoch, s.seen = epoch, mark
	return nil
}

// markEvery is how often the mark is raised while nothing is leased: what people and
// providers say meanwhile is not to be forgotten either.
const markEvery = time.Minute

// mark raises the store's mark. Each scheduler does so for itself: what another one is
// told is no evidence on this machine.
func (s *Scheduler) mark(ctx context.Context, tx *store.Tx, leased bool) error {
	at := s.clock.Wall()
	since := at.Sub(s.marked)
	if s.o.Marked == nil || !leased && since >= 0 && since < markEvery {
		return nil
	}
	mark, err := tx.RaiseMark(ctx, 0)
	if err != nil {
		return err
	}
	tx.Then(func() {
		s.marked, s.seen = at, mark
		s.o.Marked(ctx, mark)
	})
	return nil
}

// grant makes leases of what is due, as far as the lanes' throttles let it out, and
// spends these.
func (s *Scheduler) grant(ctx context.Context, tx *store.Tx, pace *pace, due []store.DueTouch, wall time.Time, r *Round) (items []queue.Item, err error) {
	for _, g := range groups(due, func(n int) int { return s.share(n, r.Full) }) {
		if g.touches, err = s.allow(ctx, tx, pace, g); err != nil {
			return nil, err
		}
		if len(g.touches) == 0 {
			continue
		}
		l, err := s.newLease(ctx, tx, r, store.Lease{Kind: g.lane.Kind, Sender: g.lane.Sender, Urgent: g.urgent, Size: len(g.touches), Touches: g.ids()}, wall)
		if err != nil {
			return nil, err
		}
		if err := tx.MarkLeased(ctx, l.Touches, l.ID); err != nil {
			return nil, err
		}
		items = append(items, queue.Item{Lease: l.ID, Attempt: 1, Urgent: l.Urgent})
	}
	return items, pace.write(ctx, tx)
}

// newLease adds a lease that begins now.
func (s *Scheduler) newLease(ctx context.Context, tx *store.Tx, r *Round, l store.Lease, wall time.Time) (store.Lease, error) {
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return l, err
	}
	l.ID, l.Epoch, l.Attempt = andante.NewID[andante.LeaseID](wall), epoch, 1
	l.Created, l.Queued, l.Expires = wall, wall, wall.Add(s.o.LeaseTime)
	r.Leased, r.Out = r.Leased+l.Size, r.Out+1
	return l, tx.AddLease(ctx, l)
}

// room returns how many touches may be leased: what is urgent has a brake of its own, so
// that neither it nor bulk waits for the other.
func (s *Scheduler) room(p *pace) (urgent, bulk int) {
	for _, l := range p.loads {
		urgent, bulk = urgent+l.Urgent, bulk+l.Bulk
	}
	most := 4 * s.o.Batch
	return max(min(s.o.Brake/2-urgent, most), 0), max(min(s.o.Brake-bulk, most), 0)
}

// due takes what is due, the higher priorities first. Of one priority each lane
// gets its share of the room, so that the backlog of one keeps nobody else waiting.
// No lane takes more than half of the brake, so that others find room at once.
func (s *Scheduler) due(ctx context.Context, tx *store.Tx, pace *pace, heads []store.Head, r *Round) (due []store.DueTouch, err error) {
	urgent, bulk := s.room(pace)
	for p := andante.High; p <= andante.Low; p++ {
		left := &bulk
		if p == andante.High {
			left = &urgent
		}
		var active []store.Head
		for _, h := range pace.ready(heads) {
			if h.Priority == p {
				active = append(active, h)
			}
		}
		for i, h := range active {
			share := (*left + len(active) - i - 1) / (len(active) - i)
			if p != andante.High {
				share = min(share, max(s.o.Brake/2, s.o.Batch)-pace.loads[h.Lane].Bulk)
			}
			if share <= 0 {
				r.Full = true
				continue
			}
			more, err := tx.Due(ctx, s.clock.Now(), h, share)
			if err != nil {
				return nil, err
			}
			r.Full = r.Full || len(more) == share
			due, *left = append(due, more...), *left-len(more)
		}
	}
	slices.SortFunc(due, func(a, b store.DueTouch) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return due, nil
}
