package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
)

// keepsApart sends for a while and tells of two messages that left too soon after each other.
func (w *world) keepsApart(least, step time.Duration, rounds int) {
	w.t.Helper()
	var last time.Time
	for range rounds {
		if w.leaseAndSend() > 0 {
			now := w.clock.Now()
			if apart := now.Sub(last); !last.IsZero() && apart < least {
				w.t.Errorf("%s: %s after the last one, want %s", now.Format(time.TimeOnly), apart, least)
			}
			last = now
		}
		w.clock.Calendar(step)
	}
}

// TestApartOverTheHour: that an hour is full says nothing about the pace, which goes on in the
// next one.
func TestApartOverTheHour(t *testing.T) {
	if testing.Short() {
		t.Skip("days of one goroutine")
	}
	t.Parallel()
	w := sendsLike(t, "{apart: 10min, hour: 2}", scheduler.Options{})
	w.clock.Calendar(45 * time.Minute)
	for n := range 9 {
		w.add(touch(n, by("slow")))
	}
	w.keepsApart(10*time.Minute, 30*time.Second, 120)

	w = sendsLike(t, "{preset: personal, warm_up: {start: 40, add: 1}}", scheduler.Options{})
	w.clock.Calendar(46 * time.Minute)
	for n := range 40 {
		w.add(touch(n, by("slow")))
	}
	w.keepsApart(90*time.Second, 5*time.Second, 400)
}

// TestApartFromWhatLeftLate: a lease that waited for its worker keeps the next one apart from
// the instant at which its message left.
func TestApartFromWhatLeftLate(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{apart: 90s}", scheduler.Options{})
	for n := range 3 {
		w.add(touch(n, by("slow")))
	}
	w.round()
	w.clock.Calendar(85 * time.Second)
	if n := w.leaseAndSend(); n != 1 {
		t.Fatalf("%d left at first, want 1", n)
	}
	w.clock.Calendar(5 * time.Second)
	if n := w.leaseAndSend(); n > 0 {
		t.Errorf("%d more left five seconds later", n)
	}
	w.clock.Calendar(85 * time.Second)
	if n := w.leaseAndSend(); n != 1 {
		t.Errorf("%d left 90 s after the first, want 1", n)
	}
}

// TestWhatWasLostIsCounted: a mail of which nobody knows whether it went has used up its place
// in the day.
func TestWhatWasLostIsCounted(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{day: 5}", scheduler.Options{})
	for n := range 30 {
		w.add(touch(n, by("slow")))
	}
	total := 0
	for range 4 {
		w.round()
		for _, l := range w.leases() {
			total += w.lose(l)
		}
	}
	if total != 5 {
		t.Errorf("%d were on the wire, want 5", total)
	}
}

// lose has a lease's worker die with everything on the wire.
func (w *world) lose(l store.Lease) (n int) {
	w.write(func(ctx context.Context, tx *store.Tx) error {
		touches, err := tx.TouchesIn(ctx, l.ID)
		if err != nil {
			return err
		}
		n = len(touches)
		for _, to := range []andante.State{andante.Claimed, andante.Attempted} {
			var list []store.Change
			for i := range touches {
				was := touches[i].State
				touches[i].State = to
				list = append(list, store.Change{Touch: touches[i], Was: was})
			}
			if _, err := tx.Change(ctx, list); err != nil {
				return err
			}
		}
		_, _, err = w.ops.ReturnLease(ctx, tx, l.ID, time.Time{})
		return err
	})
	return n
}

// TestWarmUpInAZoneWithAHalfHour: the hour in which the day began is no day before it.
func TestWarmUpInAZoneWithAHalfHour(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{day: 1}", scheduler.Options{})
	w.publishWith("throttle: 6 per minute", "throttle: {warm_up: {start: 5, add: 3}}", "zone: UTC", "zone: Asia/Kolkata")
	n := 0
	for range 60 {
		w.add(touch(n, by("slow"), due(0)))
		n++
	}
	w.leaseAndSend()
	w.clock.Calendar(6*time.Hour + 31*time.Minute) // half past midnight there
	secondDay := 0
	for range 4 {
		secondDay += w.leaseAndSend() + w.leaseAndSend()
		w.Scheduler = scheduler.New(w.ops, w.queue, scheduler.Options{}, slog.New(slog.DiscardHandler)) // started again
		w.clock.Calendar(time.Minute)
	}
	if secondDay > 8 {
		t.Errorf("%d on the second day, want at most 8", secondDay)
	}
}

// TestAnotherPaceToward: slots that were given at a slow pace bind for an hour at most, and
// what is urgent does not stand behind them.
func TestAnotherPaceToward(t *testing.T) {
	if testing.Short() {
		t.Skip("days of one goroutine")
	}
	t.Parallel()
	w := sendsLike(t, "{toward: {google: 1 per day}}", scheduler.Options{})
	for n := range 100 {
		w.add(touch(n, by("slow"), due(0)))
		w.person(n, fmt.Sprintf("p%d@gmail.com", n))
	}
	w.leaseAndSend()
	w.publishWith("throttle: 6 per minute", "throttle: {toward: {google: 1 per second}}")
	w.add(touch(200, by("slow"), due(0), with(andante.High)))
	w.person(200, "urgent@gmail.com")
	for range 150 {
		w.leaseAndSend()
		w.clock.Calendar(time.Second)
	}
	for _, n := range []int{0, 99, 200} {
		if d := w.touch(n); d.State != andante.Sent {
			t.Errorf("%d: %s, due %s, %s", n, d.State, d.Due, d.Reason)
		}
	}
}

// TestSlotsAfterAPause: what has missed its slot gets another one.
func TestSlotsAfterAPause(t *testing.T) {
	t.Parallel()
	w := sendsLike(t, "{toward: {google: 20 per minute}}", scheduler.Options{})
	for n := range 300 {
		w.add(touch(n, by("slow"), due(0)))
		w.person(n, fmt.Sprintf("p%d@gmail.com", n))
	}
	w.leaseAndSend()
	w.clock.Calendar(9*time.Minute + 50*time.Second)
	if n := w.leaseAndSend(); n > 4 {
		t.Errorf("%d in one go toward google after a pause", n)
	}
}

// TestTowardOthersCostsNothing: what the lane's own pace keeps back uses up no host's time.
func TestTowardOthersCostsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("days of one goroutine")
	}
	t.Parallel()
	hour := func(throttle string) (sent int) {
		w := sendsLike(t, throttle, scheduler.Options{})
		for n := range 35 {
			w.add(touch(n, by("slow"), due(0)))
			w.person(n, fmt.Sprintf("p@d%d.example", n))
		}
		for range 120 {
			sent += w.leaseAndSend()
			w.clock.Calendar(30 * time.Second)
		}
		return sent
	}
	if a, b := hour("{apart: 90s}"), hour("{apart: 90s, toward: {others: 1 per hour}}"); a != b || a < 35 {
		t.Errorf("%d left in an hour, and %d where each domain has a pace that nobody reaches", a, b)
	}
}

// TestASilentDNSForgetsNothing: a provider that was known stays known while nobody answers.
func TestASilentDNSForgetsNothing(t *testing.T) {
	t.Parallel()
	silent := false
	w := sendsLike(t, "{toward: {google: 1 per minute}}", scheduler.Options{Exchangers: func(context.Context, string) ([]string, error) {
		if silent {
			return nil, errors.New("time-out")
		}
		return []string{"aspmx.l.google.com."}, nil
	}})
	n := 0
	send := func(k int) int {
		for range k {
			w.add(touch(n, by("slow"), due(w.clock.Now().Sub(noon))))
			w.person(n, fmt.Sprintf("p%d@acme.example", n))
			n++
		}
		s := w.leaseAndSend()
		w.Asked()
		return s
	}
	send(1)
	silent = true
	w.clock.Calendar(31 * 24 * time.Hour)
	send(1)
	w.clock.Calendar(2 * time.Minute)
	if s := send(50); s > 1 {
		t.Errorf("%d to google's mailboxes in one go", s)
	}
}
