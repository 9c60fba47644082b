package scheduler_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
)

func TestLeasesWhatIsDueOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{})
	w.add(touch(1), touch(2), touch(0), touch(3, due(time.Millisecond)), touch(4, in(andante.Review)), touch(5, in(andante.Sent)))
	w.same("round", scheduler.Round{Leased: 3, Out: 1}, w.round())
	items := w.items()
	if len(items) != 1 || items[0].Attempt != 1 {
		t.Fatalf("items %v", items)
	}
	w.same("leases", []store.Lease{{
		ID: items[0].Lease, Attempt: 1, Kind: andante.Email, Sender: "free", Size: 3, Created: boot, Queued: boot, Expires: boot.Add(time.Minute),
	}}, w.leases())
	for n, want := range map[int]andante.State{0: andante.Leased, 1: andante.Leased, 2: andante.Leased, 3: andante.Planned, 4: andante.Review, 5: andante.Sent} {
		got := w.touch(n)
		if got.State != want || (got.Lease == items[0].Lease) != (want == andante.Leased) {
			t.Errorf("touch %d is %s, lease %s; want %s", n, got.State, got.Lease, want)
		}
	}
	w.same("second round", scheduler.Round{Out: 1, Next: noon.Add(time.Millisecond)}, w.round())
	w.same("items of the second round", []queue.Item(nil), w.items())
	w.clock.Tick(time.Second)
	w.same("a second later", scheduler.Round{Leased: 1, Out: 2}, w.round())
}

func TestNothingToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{})
	r := w.round()
	w.same("round of an empty store", scheduler.Round{}, r)
	if !r.Idle() {
		t.Error("not idle")
	}
	w.add(touch(0))
	if r := w.round(); r.Idle() {
		t.Errorf("idle with a lease out: %+v", r)
	}
	if r := w.round(); r.Idle() {
		t.Errorf("idle while a lease is out: %+v", r)
	}
}

// What is due at once is shared out, so that a few hundred mails do not go over one
// connection while others idle; where more waits, leases are as large as they may be.
func TestShares(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ due, leases, most int }{
		{50, 1, 50}, {51, 2, 50}, {400, 8, 50}, {401, 8, 51}, {1600, 8, 200}, {1999, 8, 250}, {2000, 4, 500},
	} {
		t.Run(strconv.Itoa(c.due), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, scheduler.Options{})
			list := make([]andante.Touch, c.due)
			for i := range list {
				list[i] = touch(i)
			}
			w.add(list...)
			w.round()
			leases := w.leases()
			if n := slices.MaxFunc(leases, func(a, b store.Lease) int { return a.Size - b.Size }).Size; len(leases) != c.leases || n != c.most {
				t.Errorf("%d leases, the largest of %d; want %d of %d", len(leases), n, c.leases, c.most)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		batch   int
		touches []andante.Touch
		want    [][]int // in the order of the queue
	}{
		{"by kind and sender", 10, []andante.Touch{
			touch(9), touch(8, by("other")), touch(7, of(andante.Letter)), touch(6), touch(5, by("other")), touch(4, of(andante.Letter), by("other")),
		}, [][]int{{9, 6}, {8, 5}, {7}, {4}}},
		{"in batches", 2, []andante.Touch{touch(5), touch(4), touch(3, by("other")), touch(2), touch(1), touch(0)}, [][]int{{5, 4}, {3}, {2, 1}, {0}}},
		{"the most urgent first, however long the others wait", 2, []andante.Touch{
			touch(9, with(andante.Low)), touch(8, with(andante.Low)), touch(7), touch(6), touch(5, with(andante.High)), touch(4, with(andante.High)),
		}, [][]int{{5, 4}, {7, 6}, {9, 8}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, scheduler.Options{Batch: c.batch})
			w.add(c.touches...)
			for w.round().Full { // until there is no more
			}
			w.same("leases", c.want, w.batches())
		})
	}
}

// braked leases three touches of two senders, as many as the brake lets out.
func braked(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, scheduler.Options{Batch: 2, Brake: 3})
	for n := range 3 {
		w.add(touch(2*n), touch(2*n+1, by("other")))
	}
	w.same("round", scheduler.Round{Leased: 3, Out: 2, Full: true}, w.round())
	w.same("leases", [][]int{{5, 3}, {4}}, w.batches())
	return w
}

func TestBrake(t *testing.T) {
	t.Parallel()
	w := braked(t)
	w.same("with the brake on", scheduler.Round{Out: 2, Full: true}, w.round())
	first := w.leases()[0]
	w.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndLease(ctx, first.ID) })
	r := w.round()
	if r.Leased != first.Size || !r.Full {
		t.Errorf("after a lease of %d has ended: %+v", first.Size, r)
	}
}

// What is urgent waits neither for the brake nor in a lease with anything else, and has
// a brake of its own, so that nothing else waits for it.
func TestUrgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{Batch: 2, Brake: 10})
	for n := range 10 {
		w.add(touch(2*n), touch(2*n+1, by("other")))
	}
	for w.round().Leased > 0 {
	}
	w.items()
	for n := range 20 {
		w.add(touch(30+n, with(andante.High)))
	}
	w.same("round", scheduler.Round{Leased: 5, Out: 9, Full: true}, w.round())
	for _, it := range w.items() {
		if l, err := w.pick(it); err != nil || !it.Urgent || !l.Urgent {
			t.Errorf("the item %+v of the lease %+v: error %v", it, l, err)
		}
	}
	if r := w.round(); r.Leased > 0 {
		t.Errorf("even that has an end: %+v", r)
	}
	for _, l := range w.leases() {
		if !l.Urgent {
			w.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndLease(ctx, l.ID) })
		}
	}
	if r := w.round(); r.Leased != 8 {
		t.Errorf("bulk beside it: %+v", r)
	}
}

// A throttled sender's bulk that no worker takes keeps nothing urgent of it waiting.
func TestUrgentBesideBulkThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{})
	w.add(touch(1, by("slow")))
	w.same("bulk", 1, w.round().Leased)
	w.clock.Tick(time.Minute)
	w.add(touch(2, by("slow")), touch(3, by("slow"), with(andante.High)))
	w.same("urgent", 1, w.round().Leased)
}

func TestARoundIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{Batch: 2})
	var all []andante.Touch
	for n := range 9 {
		all = append(all, touch(n))
	}
	w.add(all...)
	w.same("first", scheduler.Round{Leased: 8, Out: 4, Full: true}, w.round())
	w.same("second", scheduler.Round{Leased: 1, Out: 5}, w.round())
}

// The backlog of one sender keeps nobody else waiting.
func TestEachSenderGetsItsShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{Batch: 2})
	for n := range 30 {
		w.add(touch(n + 10))
	}
	w.add(touch(1, by("other")), touch(2, by("other")), touch(3, by("third")))
	w.same("round", scheduler.Round{Leased: 6, Out: 4, Full: true}, w.round())
	w.same("leases", [][]int{{39, 38}, {37}, {3}, {2, 1}}, w.batches())
}

func TestThrottleSpendsAndWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{LeaseTime: time.Minute, Batch: 4})
	for n := range 10 {
		w.add(touch(10+n, by("slow")))
	}
	w.add(touch(0))
	// Six a minute: that many, in batches, and no more.
	w.same("round", scheduler.Round{Leased: 7, Full: true, Out: 3}, w.round())
	w.same("leases", [][]int{{19, 18, 17, 16}, {15, 14}, {0}}, w.batches())
	w.add(touch(1))
	w.same("the other sender goes on", scheduler.Round{Leased: 1, Out: 4}, w.round())
	w.work()
	w.same("the sender waits", scheduler.Round{Waiting: true, Next: noon.Add(time.Minute)}, w.round())
	w.clock.Tick(time.Minute - time.Millisecond)
	w.items()
	w.same("almost", 0, w.round().Leased)
	w.clock.Tick(time.Millisecond)
	w.same("a minute later", 4, w.round().Leased)
	w.same("leases", [][]int{{13, 12, 11, 10}}, w.batches())
	w.work()
	// Four took forty seconds of it.
	for n := range 10 {
		w.add(touch(30+n, by("slow")))
	}
	w.clock.Tick(39 * time.Second)
	w.same("spent", 0, w.round().Leased)
	w.clock.Tick(time.Second)
	w.same("free again", 6, w.round().Leased)
}

// While no worker is there nothing piles up that would then go out at once.
func TestThrottleWhileNobodyPicksUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{})
	for n := range 100 {
		w.add(touch(10+n, by("slow")))
	}
	for range 60 {
		w.round()
		w.items() // the queue loses them
		w.clock.Tick(time.Minute)
	}
	free := 0
	for _, l := range w.leases() {
		free += l.Size
	}
	if free != 6 {
		t.Errorf("%d touches would go at once, and the sender sends six a minute", free)
	}
}

// A clock that was a year ahead for a moment keeps nobody waiting, and nothing that is
// still to come lies in an outage.
func TestAClockThatWasWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{})
	w.add(touch(1, by("slow")))
	w.round()
	w.work()
	ahead := 365 * 24 * time.Hour
	w.clock.Tick(ahead)
	w.add(touch(2, by("slow")))
	w.same("while it is wrong", 1, w.round().Leased)
	w.work()
	w.clock.Tick(-ahead)
	w.clock.Tick(2 * time.Minute)
	w.add(touch(3, by("slow")))
	w.same("set right", 1, w.round().Leased)
	w.write(func(ctx context.Context, tx *store.Tx) error {
		o, err := tx.Outage(ctx)
		now := w.clock.Now()
		if o.To.IsZero() || o.Covers(now.Add(time.Hour), now) {
			t.Errorf("the outage from %s to %s", o.From, o.To)
		}
		return err
	})
}

// The backlog of one sender leaves others room.
func TestABacklogLeavesRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{Batch: 4, Brake: 80})
	for n := range 200 {
		w.add(touch(10 + n))
	}
	for w.round().Leased > 0 {
	}
	w.add(touch(1, by("other")))
	w.same("the other sender", scheduler.Round{Leased: 1, Out: 11, Full: true}, w.round())
}

func TestTheMostUrgentGetsTheThrottle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{LeaseTime: 20 * time.Second, Batch: 1})
	w.add(touch(9, by("slow"), with(andante.Low)), touch(8, by("slow")), touch(1, by("slow"), with(andante.High)))
	w.round()
	w.same("leases", [][]int{{1}, {8}}, w.batches())
}

// lost is a lease whose worker is gone: of its touches one was not worked, one
// claimed and one on the wire.
func lost(t *testing.T) (w *world, l store.Lease) {
	t.Helper()
	w = newWorld(t, scheduler.Options{})
	plan := w.publish().Sequences["brief"].Hash
	w.write(func(ctx context.Context, tx *store.Tx) error {
		for n := range 3 {
			a := andante.Account{ID: id[andante.AccountID](n), Key: strconv.Itoa(n), Stage: "customer", Tier: "commercial", Country: "US", Zone: "UTC"}
			c := andante.Contact{ID: id[andante.ContactID](n), Account: a.ID, Email: strconv.Itoa(n) + "@berg.example", Created: noon}
			e := andante.Enrollment{
				ID: id[andante.EnrollmentID](n), Contact: c.ID, Account: a.ID, Sequence: "brief", Plan: plan, State: andante.EnrollmentActive,
				Step: "hello", Entered: noon,
			}
			err := errors.Join(tx.PutAccounts(ctx, noon, []andante.Account{a}), tx.PutContacts(ctx, []store.HashedContact{{Contact: c}}),
				tx.AddEnrollments(ctx, []andante.Enrollment{e}), tx.AddTouches(ctx, []andante.Touch{touch(n)}))
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.round()
	l, err := w.pick(w.items()[0])
	if err != nil {
		t.Fatal(err)
	}
	notAfter := noon.Add(time.Minute)
	w.write(func(ctx context.Context, tx *store.Tx) error {
		for n := 1; n <= 2; n++ {
			c := touch(n, in(andante.Claimed))
			c.Lease, c.NotAfter, c.Counted = l.ID, notAfter, notAfter
			if _, err := tx.Change(ctx, []store.Change{{Touch: c, Was: andante.Leased, Lease: l.ID}}); err != nil {
				return err
			}
		}
		marked, err := tx.MarkAttempted(ctx, l.ID, []andante.TouchID{id[andante.TouchID](2)}, "", noon)
		if err != nil || len(marked) != 1 {
			return fmt.Errorf("%d marked: %w", len(marked), err)
		}
		return nil
	})
	return w, l
}

func TestALostLeaseComesBack(t *testing.T) {
	t.Parallel()
	w, l := lost(t)
	w.clock.Tick(time.Minute - time.Millisecond)
	w.same("before its end", scheduler.Round{Out: 1}, w.round())
	w.clock.Tick(time.Millisecond)
	now := w.clock.Now()
	r := w.round()
	w.same("round", scheduler.Round{Leased: 2, Out: 1, Returned: 2, Unknown: 1}, r)
	items := w.items()
	if len(items) != 1 || items[0].Lease == l.ID {
		t.Fatalf("items %v, the lost lease was %s", items, l.ID)
	}
	for n := range 2 { // provably never sent: leased anew, and they do not count
		want := touch(n, in(andante.Leased))
		want.Lease = items[0].Lease
		w.same("touch "+strconv.Itoa(n), want, w.touch(n))
	}
	// The permitted one may have been sent: it counts, and is not sent again.
	want := touch(2, in(andante.Unknown))
	want.NotAfter, want.Counted = noon.Add(time.Minute), noon.Add(time.Minute)
	want.Settled, want.Attempts, want.Reason = now, 1, andante.ReasonUnknown
	w.same("permitted touch", want, w.touch(2))
	var attempts []andante.Attempt
	var next []andante.Touch
	var enrollment []andante.Enrollment
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		var errs [3]error
		attempts, errs[0] = tx.AttemptsOf(ctx, []andante.TouchID{want.ID})
		next, errs[1] = tx.TouchesOf(ctx, []andante.EnrollmentID{want.Enrollment})
		enrollment, errs[2] = tx.Enrollments(ctx, []andante.EnrollmentID{want.Enrollment})
		return errors.Join(errs[:]...)
	})
	if len(attempts) != 1 || attempts[0].Outcome != andante.OutcomeUnknown || attempts[0].Ended != now || attempts[0].Response == "" {
		t.Errorf("attempts %+v", attempts)
	}
	next = slices.DeleteFunc(next, func(t andante.Touch) bool { return t.ID == want.ID })
	if len(next) != 1 || next[0].Step != "again" || next[0].State != andante.Planned || next[0].Due.Before(now.Add(24*time.Hour)) {
		t.Errorf("next steps %+v", next)
	}
	if enrollment[0].Step != "again" || enrollment[0].State != andante.EnrollmentActive {
		t.Errorf("enrollment %+v", enrollment[0])
	}
	w.same("nothing more comes back", scheduler.Round{Out: 1, Next: next[0].Due}, w.round())
}

func TestDrainOutlivesALostWorker(t *testing.T) {
	t.Parallel()
	w, _ := lost(t)
	w.clock.Tick(time.Minute)
	if err := w.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.same("leases", []store.Lease(nil), w.leases())
	for n, want := range []andante.State{andante.Planned, andante.Planned, andante.Unknown} {
		if got := w.touch(n).State; got != want {
			t.Errorf("touch %d is %s, want %s", n, got, want)
		}
	}
}

func TestARenewedLeaseStays(t *testing.T) {
	t.Parallel()
	w, l := lost(t)
	for range 5 {
		w.clock.Tick(50 * time.Second)
		w.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.RenewLease(ctx, l, w.clock.Wall(), w.clock.Wall().Add(time.Minute))
		})
		w.same("round", scheduler.Round{Out: 1}, w.round())
	}
	if got := w.touch(2).State; got != andante.Attempted {
		t.Errorf("the permitted touch is %s", got)
	}
}

func TestALeaseThatNobodyPicksUpIsQueuedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{PickupTime: 10 * time.Second})
	w.add(touch(0))
	w.round()
	first := w.items()
	w.clock.Tick(10*time.Second - time.Millisecond)
	w.round()
	w.same("too soon", []queue.Item(nil), w.items())
	w.clock.Tick(time.Millisecond)
	w.same("round", scheduler.Round{Out: 1}, w.round())
	second := []queue.Item{{Lease: first[0].Lease, Attempt: 2}}
	w.same("items", second, w.items())
	if _, err := w.pick(first[0]); !errors.Is(err, andante.ErrLeaseLost) {
		t.Errorf("the old item: error %v", err)
	}
	w.clock.Tick(20*time.Second - time.Millisecond) // it waits longer each time
	w.round()
	w.same("too soon again", []queue.Item(nil), w.items())
	w.clock.Tick(time.Millisecond)
	w.round()
	third := []queue.Item{{Lease: first[0].Lease, Attempt: 3}}
	w.same("items of the third attempt", third, w.items())
	if _, err := w.pick(second[0]); !errors.Is(err, andante.ErrLeaseLost) {
		t.Errorf("the second item: error %v", err)
	}
	if _, err := w.pick(third[0]); err != nil {
		t.Errorf("the third item: error %v", err)
	}
	w.clock.Tick(30 * time.Second)
	w.same("picked up", scheduler.Round{Out: 1}, w.round())
	w.same("items after it was picked up", []queue.Item(nil), w.items())
	if got := w.touch(0); got.State != andante.Leased || got.Lease != first[0].Lease {
		t.Errorf("the touch is %s in lease %s", got.State, got.Lease)
	}
}

// An hour without any worker: the queue does not fill with items for one lease, and the
// lease's age is told from its beginning.
func TestALeaseWaitsForAWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{PickupTime: 10 * time.Second})
	w.add(touch(0))
	for range 360 {
		w.round()
		w.clock.Tick(10 * time.Second)
	}
	if n := len(w.items()); n > 20 {
		t.Errorf("%d items wait for one lease", n)
	}
	w.write(func(ctx context.Context, tx *store.Tx) error {
		age, err := tx.OldestLease(ctx)
		if age != 3600 {
			t.Errorf("the lease's age is %v s", age)
		}
		return err
	})
}

// away is a queue that does not answer.
type away struct{ *queue.Inline }

var errAway = errors.New("the queue is away")

func (away) Put(context.Context, []queue.Item) error { return errAway }

func TestAQueueThatIsAwayLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{PickupTime: 10 * time.Second})
	w.add(touch(0))
	broken := scheduler.New(w.ops, away{w.queue}, scheduler.Options{PickupTime: 10 * time.Second}, slog.New(slog.DiscardHandler))
	if r, err := broken.Round(t.Context()); !errors.Is(err, errAway) || r.Leased != 1 {
		t.Errorf("%+v, error %v", r, err)
	}
	w.clock.Tick(10 * time.Second)
	w.round()
	items := w.items()
	if len(items) != 1 || items[0].Attempt != 2 {
		t.Fatalf("items %v", items)
	}
	if _, err := w.pick(items[0]); err != nil {
		t.Error(err)
	}
}

func TestNothingIsPublished(t *testing.T) {
	t.Parallel()
	w := openWorld(t, filepath.Join(t.TempDir(), "andante.db"), scheduler.Options{})
	w.add(touch(0))
	if r, err := w.Round(t.Context()); !errors.Is(err, ops.ErrNothingPublished) || r.Leased != 0 {
		t.Errorf("%+v, error %v", r, err)
	}
	w.same("touch", touch(0), w.touch(0))
}

func TestRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{Batch: 1, Interval: time.Hour})
	for n := range 9 { // more than a round takes
		w.add(touch(n))
	}
	ctx, cancel := context.WithCancel(t.Context())
	got, done := make(chan queue.Item), make(chan error, 1)
	go w.queue.Run(ctx, 1, func(_ context.Context, it queue.Item) { got <- it })
	go func() { done <- w.Run(ctx, nil) }()
	for range 9 {
		<-got
	}
	w.add(touch(20))
	w.Wake()
	w.Wake() // never blocks
	w.Wake()
	<-got
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRunWhenIdle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scheduler.Options{Interval: time.Hour})
	w.add(touch(0, due(time.Hour)), touch(1, due(2*time.Hour)))
	over := errors.New("nothing is planned any more")
	var next []time.Time
	err := w.Run(t.Context(), func(ctx context.Context, r scheduler.Round) error {
		if !r.Idle() {
			t.Errorf("not idle: %+v", r)
		}
		if r.Next.IsZero() {
			return over
		}
		next = append(next, r.Next)
		w.clock.Tick(r.Next.Sub(w.clock.Now())) // as a demo does
		w.add(touch(20 + len(next)))            // planned meanwhile
		if _, err := w.Round(ctx); err != nil {
			return err
		}
		for _, l := range w.leases() { // worked at once
			w.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndLease(ctx, l.ID) })
		}
		return nil
	})
	if err != over {
		t.Errorf("error %v", err)
	}
	w.same("looked forward to", []time.Time{noon.Add(time.Hour), noon.Add(2 * time.Hour)}, next)
}

// Two schedulers on two connections to one database.
func TestTwoSchedulers(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	const touches = 600
	o := scheduler.Options{Batch: 10, Brake: 2 * touches, LeaseTime: time.Minute}
	one := openWorld(t, dsn, o)
	one.publish()
	two := openWorld(t, dsn, o)
	var all []andante.Touch
	for n := range touches {
		sender := "free"
		if n%3 == 0 {
			sender = "slow"
		}
		all = append(all, touch(n, by(sender)))
	}
	one.add(all...)
	leased := make([]int, 2)
	var wg sync.WaitGroup
	for i, w := range []*world{one, two} {
		wg.Go(func() {
			for idle := 0; idle < 3; {
				r, err := w.Round(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				leased[i] += r.Leased
				if r.Leased == 0 {
					idle++
				}
			}
		})
	}
	wg.Wait()
	slow, left := 0, 0
	inLease := map[andante.LeaseID]int{}
	for n := range touches {
		got := one.touch(n)
		if got.State != andante.Leased {
			if got.Sender == "free" {
				left++
			}
			continue
		}
		inLease[got.Lease]++
		if got.Sender == "slow" {
			slow++
		}
	}
	if left > 0 {
		t.Errorf("%d touches were left", left)
	}
	total := 0
	for _, l := range one.leases() {
		total += l.Size
		if inLease[l.ID] != l.Size {
			t.Errorf("lease %s says that it has %d touches; it has %d", l.ID, l.Size, inLease[l.ID])
		}
	}
	if sum := leased[0] + leased[1]; sum != total || slow != 6 {
		t.Errorf("the schedulers leased %v, the leases have %d; %d of the throttled sender, want 6", leased, total, slow)
	}
	if leased[0] == 0 || leased[1] == 0 {
		t.Logf("one did all the work: %v", leased)
	}
	if n := len(one.items()) + len(two.items()); n != len(inLease) {
		t.Errorf("%d items for %d leases", n, len(inLease))
	}
}

// A throttle that another scheduler spends between our look and our lease.
func TestAThrottleIsSpentOnce(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	w := openWorld(t, dsn, scheduler.Options{})
	w.publish()
	w.add(touch(0, by("slow")), touch(1))
	var round scheduler.Round
	var failed error
	var wg sync.WaitGroup
	w.write(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.LockThrottle(ctx, slowMail, ""); err != nil {
			return err
		}
		wg.Go(func() { round, failed = w.Round(t.Context()) })
		somebodyWaits(t, dsn)
		return tx.PutThrottle(ctx, store.Throttle{Lane: slowMail, Next: noon.Add(time.Second)})
	})
	wg.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	w.same("round", scheduler.Round{Leased: 1, Out: 1}, round)
	w.same("the touch of the throttled sender", andante.Planned, w.touch(0).State)
}

// somebodyWaits returns when a connection to the database waits for a lock.
func somebodyWaits(t *testing.T, dsn string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for n := 0; n == 0; {
		err := db.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname=current_database() AND wait_event_type='Lock'").Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
	}
}
