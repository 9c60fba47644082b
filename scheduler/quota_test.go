package scheduler_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
)

// sendsLike gives the slow sender another throttle.
func sendsLike(t *testing.T, throttle string, o scheduler.Options) *world {
	t.Helper()
	w := openWorld(t, t.TempDir()+"/andante.db", o)
	w.publishWith("throttle: 6 per minute", "throttle: "+throttle)
	return w
}

// wentOut is how many of the slow sender's mails leave until nothing more may, hour by hour.
func (w *world) wentOut(hours int) []int {
	w.t.Helper()
	list := make([]int, hours)
	for h := range hours {
		for end := w.clock.Now().Truncate(time.Hour).Add(time.Hour); w.clock.Now().Before(end); {
			n := w.leaseAndSend()
			list[h] += n
			w.clock.Calendar(30 * time.Second)
		}
	}
	return list
}

// leaseAndSend has one round lease, and everything of it sent at once.
func (w *world) leaseAndSend() (n int) {
	w.t.Helper()
	if _, err := w.Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for _, l := range w.leases() {
		n += l.Size
		w.write(func(ctx context.Context, tx *store.Tx) error {
			touches, err := tx.TouchesIn(ctx, l.ID)
			if err != nil {
				return err
			}
			for _, to := range []andante.State{andante.Claimed, andante.Attempted, andante.Sent} {
				var list []store.Change
				for i := range touches {
					was := touches[i].State
					touches[i].State, touches[i].Settled = to, w.clock.Now()
					list = append(list, store.Change{Touch: touches[i], Was: was})
				}
				if _, err := tx.Change(ctx, list); err != nil {
					return err
				}
			}
			if err := w.ops.CountUsed(ctx, tx, store.RateLane, touches, "test"); err != nil {
				return err
			}
			if err := w.ops.Apart(ctx, tx, store.Lane{Kind: l.Kind, Sender: l.Sender}, w.clock.Now()); err != nil {
				return err
			}
			return tx.EndLease(ctx, l.ID)
		})
	}
	return n
}

// TestHourAndDay sends as much as an hour and a day let out, goes on with the next, and
// writes down until when the rest waits.
func TestHourAndDay(t *testing.T) {
	if testing.Short() {
		t.Skip("days of one goroutine")
	}
	t.Parallel()
	w := sendsLike(t, "{hour: 10, day: 25}", scheduler.Options{})
	for n := range 60 {
		w.add(touch(n, by("slow")))
	}
	// It is noon in UTC, where the company reads its clock.
	if diff := cmp.Diff([]int{10, 10, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 10}, w.wentOut(14)); diff != "" {
		t.Errorf("hour by hour (-want +got):\n%s", diff)
	}
}

func TestAFullDayIsWrittenDown(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{day: 2}", scheduler.Options{})
	for n := range 3 {
		w.add(touch(n, by("slow")), touch(10+n))
	}
	w.leaseAndSend()
	r, err := w.Round(t.Context())
	midnight := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	if err != nil || !r.Waiting || !r.Next.Equal(midnight) {
		t.Errorf("the round waits: %v, next %s, %v; want until midnight", r.Waiting, r.Next, err)
	}
	var waiting []store.Waiting
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		waiting, err = tx.Waiting(ctx, w.clock.Now())
		return err
	})
	if diff := cmp.Diff([]store.Waiting{{Lane: slowMail, Touches: 1, Until: midnight}}, waiting); diff != "" {
		t.Errorf("waiting (-want +got):\n%s", diff)
	}
}

// TestWhatIsLeasedCounts lets no second lease of the day's mails out while the first is with
// a worker.
func TestWhatIsLeasedCounts(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{day: 5}", scheduler.Options{Batch: 2})
	for n := range 9 {
		w.add(touch(n, by("slow")))
	}
	total := 0
	for range 5 {
		r, err := w.Round(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		total += r.Leased
		for _, it := range w.items() {
			if _, err := w.pick(it); err != nil {
				t.Fatal(err)
			}
		}
	}
	if total != 5 {
		t.Errorf("%d are leased, want the day's 5", total)
	}
}

// TestApart spaces mails out: one lease holds one, and the next comes when its time is over.
func TestApart(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{apart: 90s}", scheduler.Options{})
	for n := range 5 {
		w.add(touch(n, by("slow")))
	}
	var at []int
	for second := 0; second <= 300; second += 30 {
		if n := w.leaseAndSend(); n == 1 {
			at = append(at, second)
		} else if n != 0 {
			t.Fatalf("%d at once", n)
		}
		w.clock.Calendar(30 * time.Second)
	}
	if diff := cmp.Diff([]int{0, 90, 180, 270}, at); diff != "" {
		t.Errorf("seconds (-want +got):\n%s", diff)
	}
}

// TestApartForEverybody: what is urgent and what is not share the spacing of their sender.
func TestApartForEverybody(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{apart: 20s}", scheduler.Options{})
	w.add(touch(1, by("slow")), touch(2, by("slow"), with(andante.High)))
	if n := w.leaseAndSend(); n != 1 {
		t.Errorf("%d leave at once, want one", n)
	}
}

// TestWarmUpByWhatWent grows with what was really sent: a day on which little was due does
// not count as a full one, and two silent months begin anew.
func TestWarmUpByWhatWent(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{warm_up: {start: 5, add: 3, target: 40}}", scheduler.Options{})
	n := 0
	day := func(mails int) (sent int) {
		for range mails {
			w.add(touch(n, by("slow"), due(w.clock.Now().Sub(noon))))
			n++
		}
		for range 3 {
			sent += w.leaseAndSend()
		}
		w.clock.Calendar(24 * time.Hour)
		return sent
	}
	// What is left over on a day is due on the next.
	got := []int{day(9), day(0), day(20), day(0), day(0), day(0)}
	if diff := cmp.Diff([]int{5, 4, 8, 11, 1, 0}, got); diff != "" {
		t.Errorf("day by day (-want +got):\n%s", diff)
	}
	w.clock.Calendar(61 * 24 * time.Hour)
	if got := day(20); got != 5 {
		t.Errorf("after two months %d mails, want the first day's 5", got)
	}
}

// TestTasksDoNotWaitForMails: whom the slow sender calls is not held up by whom it mails.
func TestTasksDoNotWaitForMails(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{day: 1}", scheduler.Options{})
	call := touch(9, by("slow"))
	call.Kind = andante.Call
	w.add(touch(0, by("slow")), touch(1, by("slow")), call)
	if n := w.leaseAndSend(); n != 2 {
		t.Errorf("%d leased, want one mail and the call", n)
	}
}
