package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var leaseTests = []test{
	{"round trip, load and end", leasesRoundTrip},
	{"picked once per attempt", leasePicked},
	{"renewed by its worker while it lasts", leaseRenewed},
	{"held by its worker while it lasts", leaseHeld},
	{"void after a takeover", leaseVoid},
	{"lost ones", lostLeases},
	{"throttles", throttles},
	{"the next free instant of a throttle", lockThrottle},
	{"what waits for a throttle", waitingForThrottle},
	{"the oldest lease's age", oldestLease},
}

func lease(n int) store.Lease {
	return store.Lease{
		ID: id[andante.LeaseID](n), Epoch: 0, Attempt: 1 + n, Kind: andante.Email, Sender: text(n), Urgent: n%2 == 1, Size: 10 + n,
		Worker: sometimes(n, "host:"+text(n)), Created: at(n - 1), Queued: at(n), Expires: at(n + 1),
	}
}

func (s db) addLeases(leases ...store.Lease) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for _, l := range leases {
			if err := tx.AddLease(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s db) leases() (all []store.Lease) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = tx.Leases(ctx)
		return err
	})
	return all
}

// lost tells whether f loses its lease; any other error ends the test.
func (s db) lost(f func(ctx context.Context, tx *store.Tx) error) bool {
	s.t.Helper()
	ctx := s.t.Context()
	err := s.Write(ctx, func(tx *store.Tx) error { return f(ctx, tx) })
	if err != nil && !errors.Is(err, andante.ErrLeaseLost) {
		s.t.Fatal(err)
	}
	return err != nil
}

func leasesRoundTrip(_ *testing.T, s db) {
	type load struct{ touches, leases int }
	look := func() load {
		return read(s, func(ctx context.Context, tx *store.Tx) (l load, err error) {
			l.touches, l.leases, err = tx.LeaseLoad(ctx)
			return l, err
		})
	}
	if got := look(); got != (load{}) {
		s.t.Errorf("load of an empty store: %+v", got)
	}
	all := []store.Lease{lease(0), lease(1), lease(2)}
	late := lease(3)
	late.Queued = at(-1)
	s.addLeases(append(all, late)...)
	s.same("leases, the first queued first", []store.Lease{late, all[0], all[1], all[2]}, s.leases())
	if got := look(); got != (load{10 + 11 + 12 + 13, 4}) {
		s.t.Errorf("load: %+v", got)
	}
	want := map[store.Lane]store.LaneLoad{}
	for _, l := range append(all, late) {
		lane := store.Lane{Kind: l.Kind, Sender: l.Sender}
		had := want[lane]
		if l.Urgent {
			had.Urgent, had.UrgentWaiting = had.Urgent+l.Size, had.UrgentWaiting || l.Worker == ""
		} else {
			had.Bulk, had.BulkWaiting = had.Bulk+l.Size, had.BulkWaiting || l.Worker == ""
		}
		want[lane] = had
	}
	s.same("loads", want, read(s, func(ctx context.Context, tx *store.Tx) (map[store.Lane]store.LaneLoad, error) {
		return tx.LaneLoads(ctx)
	}))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.Requeue(ctx, all[0].ID, at(20), at(21)) })
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndLease(ctx, all[1].ID) })
	again := all[0]
	again.Attempt, again.Queued, again.Expires = again.Attempt+1, at(20), at(21)
	s.same("leases", []store.Lease{late, all[2], again}, s.leases())
}

func leasePicked(_ *testing.T, s db) {
	l := lease(0)
	s.addLeases(l)
	pick := func(id andante.LeaseID, attempt int, worker string) bool {
		var got store.Lease
		lost := s.lost(func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = tx.PickLease(ctx, id, attempt, worker, at(30))
			return err
		})
		if !lost {
			want := l
			want.Attempt, want.Worker, want.Queued, want.Expires = attempt, worker, got.Queued, at(30)
			s.same("picked", want, got)
		}
		return !lost
	}
	requeue := func() {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.Requeue(ctx, l.ID, at(10), at(11)) })
	}
	if pick(id[andante.LeaseID](9), l.Attempt, "a") {
		s.t.Error("picked a lease that is not there")
	}
	if pick(l.ID, l.Attempt+1, "a") {
		s.t.Error("picked an attempt that is still to come")
	}
	requeue()
	if pick(l.ID, l.Attempt, "a") {
		s.t.Error("picked under an earlier attempt")
	}
	if !pick(l.ID, l.Attempt+1, "a") {
		s.t.Error("not picked under the latest attempt")
	}
	if pick(l.ID, l.Attempt+1, "b") || pick(l.ID, l.Attempt+1, "a") {
		s.t.Error("picked twice")
	}
}

// strangers are leases that differ from l in one thing that its worker must know.
func strangers(l store.Lease) map[string]store.Lease {
	all := map[string]store.Lease{}
	change := func(name string, f func(*store.Lease)) {
		other := l
		f(&other)
		all[name] = other
	}
	change("another lease", func(l *store.Lease) { l.ID = id[andante.LeaseID](99) })
	change("another worker", func(l *store.Lease) { l.Worker = "b" })
	change("an earlier attempt", func(l *store.Lease) { l.Attempt-- })
	return all
}

func leaseRenewed(_ *testing.T, s db) {
	l := lease(0)
	l.Worker, l.Expires = "a", at(10)
	s.addLeases(l)
	lost := func(l store.Lease, now time.Time) bool {
		return s.lost(func(ctx context.Context, tx *store.Tx) error { return tx.RenewLease(ctx, l, now, at(20)) })
	}
	for name, other := range strangers(l) {
		if !lost(other, at(5)) {
			s.t.Error(name + " renewed it")
		}
	}
	if !lost(l, at(10)) {
		s.t.Error("renewed at its end")
	}
	s.same("end", at(10), s.leases()[0].Expires)
	if lost(l, at(9)) {
		s.t.Error("not renewed")
	}
	s.same("end", at(20), s.leases()[0].Expires)
}

func leaseHeld(_ *testing.T, s db) {
	l := lease(0)
	l.Worker, l.Expires = "a", at(10)
	s.addLeases(l)
	lost := func(l store.Lease, beyond time.Time) bool {
		return s.lost(func(ctx context.Context, tx *store.Tx) error { return tx.HoldLease(ctx, l, beyond) })
	}
	for name, other := range strangers(l) {
		if !lost(other, time.Time{}) {
			s.t.Error(name + " held it")
		}
	}
	other := l
	other.Epoch++
	if !lost(other, time.Time{}) {
		s.t.Error("another epoch held it")
	}
	if lost(l, time.Time{}) || lost(l, at(9)) {
		s.t.Error("not held")
	}
	if !lost(l, at(10)) {
		s.t.Error("held beyond its end")
	}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EndLease(ctx, l.ID) })
	if !lost(l, time.Time{}) {
		s.t.Error("held though it is gone")
	}
}

func leaseVoid(_ *testing.T, s db) {
	waiting, taken := lease(0), lease(1)
	waiting.Worker, taken.Worker = "", "a"
	raise := func() (epoch int64) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			epoch, err = tx.RaiseEpoch(ctx)
			return err
		})
		return epoch
	}
	epoch := raise()
	waiting.Epoch, taken.Epoch = epoch, epoch
	s.addLeases(waiting, taken)
	hold := func(ctx context.Context, tx *store.Tx) error { return tx.HoldLease(ctx, taken, time.Time{}) }
	renew := func(ctx context.Context, tx *store.Tx) error { return tx.RenewLease(ctx, taken, at(0), at(30)) }
	pick := func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.PickLease(ctx, waiting.ID, waiting.Attempt, "b", at(30))
		return err
	}
	if s.lost(hold) || s.lost(renew) {
		s.t.Fatal("lost in its own epoch")
	}
	raise()
	if !s.lost(hold) || !s.lost(renew) || !s.lost(pick) {
		s.t.Error("a lease of an earlier epoch is still good")
	}
	// Nobody has worked the one that waits: it is handed out again.
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.Requeue(ctx, waiting.ID, at(10), at(11)) })
	waiting.Attempt++
	if s.lost(pick) {
		s.t.Error("a lease that was queued again is void")
	}
}

func throttles(_ *testing.T, s db) {
	put := func(list ...store.Throttle) {
		s.write(func(ctx context.Context, tx *store.Tx) error {
			for _, t := range list {
				if err := tx.PutThrottle(ctx, t); err != nil {
					return err
				}
			}
			return nil
		})
	}
	key := func(t store.Throttle) string { return t.Lane.String() + " " + t.Domain }
	look := func(now time.Time) []store.Throttle {
		return sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]store.Throttle, error) { return tx.Throttles(ctx, now) }), key)
	}
	all := []store.Throttle{{Lane: mail("news"), Next: at(5)}, {Lane: mail("news"), Domain: "gmail.example", Next: at(3)}, {Lane: mail("nora"), Next: at(9)}}
	put(all...)
	s.same("all", all, look(at(0)))
	s.same("one that ends now is over", []store.Throttle{all[0], all[2]}, look(at(3)))
	all[1].Next = at(7)
	put(all[1])
	s.same("moved on", all, look(at(4)))
}

func waitingForThrottle(_ *testing.T, s db) {
	planned := func(n int, sender string, due time.Time) andante.Touch {
		t := touch(n)
		t.State, t.Sender, t.Due = andante.Planned, sender, due
		return t
	}
	s.add(planned(0, "nora", at(1)), planned(1, "nora", at(2)), planned(2, "nora", at(20)), planned(3, "news", at(1)), planned(4, "lena", at(6)))
	for _, w := range []store.Throttle{{Lane: mail("nora"), Next: at(9)}, {Lane: mail("lena"), Next: at(8)}, {Lane: mail("idle"), Next: at(9)}, {Lane: mail("news"), Next: at(0)}} {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutThrottle(ctx, w) })
	}
	look := func(now time.Time) []store.Waiting {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Waiting, error) { return tx.Waiting(ctx, now) })
	}
	free := func() time.Time {
		return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.NextFree(ctx) })
	}
	refund := func(sender string, d time.Duration) {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.RefundThrottle(ctx, mail(sender), d, at(3)) })
	}
	s.same("waiting", []store.Waiting{{Lane: mail("nora"), Touches: 2, Until: at(9)}}, look(at(3)))
	s.same("later", []store.Waiting{{Lane: mail("lena"), Touches: 1, Until: at(8)}, {Lane: mail("nora"), Touches: 2, Until: at(9)}}, look(at(7)))
	s.same("the next that is free", at(1), free())
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutThrottle(ctx, store.Throttle{Lane: mail("news"), Next: at(30)})
	})
	s.same("and when that waits too", at(8), free())
	refund("nora", at(9).Sub(at(5)))
	s.same("refunded", []store.Waiting{{Lane: mail("nora"), Touches: 2, Until: at(5)}}, look(at(3))[1:])
	refund("nora", time.Hour)
	s.same("more than was spent", []store.Waiting{{Lane: mail("news"), Touches: 1, Until: at(30)}}, look(at(3)))
	full := store.Throttle{Lane: mail("nora"), Domain: store.FullLane, Next: at(40)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutThrottle(ctx, full) })
	s.same("an hour or a day is full", []store.Waiting{{Lane: mail("news"), Touches: 1, Until: at(30)}, {Lane: mail("nora"), Touches: 2, Until: at(40)}}, look(at(3)))
	for _, until := range []time.Time{at(35), at(32)} {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DelayThrottle(ctx, mail("news"), until) })
	}
	s.same("kept waiting, and never for less", []store.Waiting{{Lane: mail("news"), Touches: 1, Until: at(35)}, {Lane: mail("nora"), Touches: 2, Until: at(40)}}, look(at(3)))
}

func oldestLease(_ *testing.T, s db) {
	age := func() float64 {
		return read(s, func(ctx context.Context, tx *store.Tx) (float64, error) { return tx.OldestLease(ctx) })
	}
	if got := age(); got != 0 {
		s.t.Errorf("age without a lease: %v", got)
	}
	wall := s.wall()
	young, old, taken := lease(0), lease(1), lease(2)
	young.Created, old.Created, taken.Created = wall, wall.Add(-time.Hour), wall.Add(-2*time.Hour)
	old.Queued = wall // again
	young.Worker, old.Worker, taken.Worker = "", "", "a"
	s.addLeases(young, old, taken)
	if got := age(); got < 3600 || got > 3600+600 {
		s.t.Errorf("age %v, want an hour", got)
	}
}

// wall is the clock by which leases end.
func (s db) wall() time.Time {
	s.t.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.Wall(ctx) })
}

func lostLeases(_ *testing.T, s db) {
	now := at(100)
	waits := func(n int, queued time.Time) store.Lease {
		l := lease(n)
		l.Worker, l.Queued, l.Expires = "", queued, at(1)
		return l
	}
	taken := func(n int, expires time.Time) store.Lease {
		l := lease(n)
		l.Worker, l.Queued, l.Expires = "a", at(n), expires
		return l
	}
	s.addLeases(waits(0, at(90)), waits(1, at(90).Add(time.Millisecond)), taken(2, now), taken(3, now.Add(time.Millisecond)), waits(4, at(-1)))
	var got []store.Lease
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = tx.LostLeases(ctx, at(90), now, "")
		return err
	})
	s.same("lost", []store.Lease{waits(4, at(-1)), taken(2, now), waits(0, at(90))}, got)
	for n, want := range map[int]int{0: 1, 1: 0, 2: 1, 3: 0} {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = tx.LostLeases(ctx, at(90), now, id[andante.LeaseID](n))
			return err
		})
		if len(got) != want {
			s.t.Errorf("lease %d: %v", n, got)
		}
	}
}

func lockThrottle(_ *testing.T, s db) {
	lock := func(sender string) (next time.Time) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			next, err = tx.LockThrottle(ctx, mail(sender), "")
			return err
		})
		return next
	}
	s.same("never spent", time.Time{}, lock("news"))
	s.same("never spent, again", time.Time{}, lock("news"))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return firstError(tx.PutThrottle(ctx, store.Throttle{Lane: mail("news"), Next: at(5)}),
			tx.PutThrottle(ctx, store.Throttle{Lane: mail("news"), Domain: "gmail.example", Next: at(9)}))
	})
	s.same("spent", at(5), lock("news"))
	s.same("another's", time.Time{}, lock("nora"))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		domain, err := tx.LockThrottle(ctx, mail("news"), "gmail.example")
		s.same("toward a domain", at(9), domain)
		return err
	})
}
