package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Two transactions at once. Except for the first, these need a database with
// several writers.
var lockTests = []test{
	{"nothing is lost between many writers", nothingLost},
	{"a locked account waits for its holder", severalWriters(accountLocked)},
	{"a locked address waits for its holder", severalWriters(addressLocked)},
	{"due touches are passed over while another holds them", severalWriters(dueSkips)},
	{"leases are passed over while their worker holds them", severalWriters(leasesSkip)},
	{"a throttle is spent by one at a time", severalWriters(throttleLocked)},
	{"a release waits for whoever goes by the hold", severalWriters(releaseWaits)},
	{"one import at a time", severalWriters(aloneWaits)},
	{"a deadlock runs again", severalWriters(deadlock)},
}

func severalWriters(f func(*testing.T, db)) func(*testing.T, db) {
	return func(t *testing.T, s db) {
		if !s.Postgres() {
			t.Skip("one writer at a time")
		}
		f(t, s)
	}
}

// patience is how long a transaction waits for a lock that it will not get.
const patience = 300 * time.Millisecond

// waits tells whether f, in a transaction of its own, waits for another one.
func (s db) waits(f func(ctx context.Context, tx *store.Tx) error) bool {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	err := s.Write(ctx, func(tx *store.Tx) error { return f(ctx, tx) })
	if err != nil && ctx.Err() == nil {
		s.t.Error(err)
	}
	return err != nil
}

func nothingLost(t *testing.T, s db) {
	s.same("rows are locked one by one", s.Postgres(), read(s, func(_ context.Context, tx *store.Tx) (bool, error) { return tx.LocksRows(), nil }))
	accounts, _ := s.people(3)
	ids := pick(accounts, accountID)
	const writers, rounds = 8, 5
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			mine := []andante.AccountID{ids[w%3], ids[(w+1)%3], ids[w%3]} // in any order, one of them twice
			for range rounds {
				errs[w] = errors.Join(errs[w], s.Write(t.Context(), func(tx *store.Tx) error { return addOne(t.Context(), tx, mine) }))
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) { return tx.Accounts(ctx, ids) })
	total := 0
	for _, a := range got {
		n, _ := strconv.Atoi(a.Fields["n"])
		total += n
	}
	if want := 2 * writers * rounds; total != want {
		t.Errorf("%d of %d additions are there", total, want)
	}
}

// addOne reads a number from each account and writes it back with one more.
func addOne(ctx context.Context, tx *store.Tx, ids []andante.AccountID) error {
	if err := tx.LockAccounts(ctx, ids); err != nil {
		return err
	}
	list, err := tx.Accounts(ctx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		n, _ := strconv.Atoi(list[i].Fields["n"])
		list[i].Fields = map[string]string{"n": strconv.Itoa(n + 1)}
	}
	return tx.PutAccounts(ctx, day, list)
}

func accountLocked(t *testing.T, s db) {
	accounts, _ := s.people(3)
	lock := func(n ...int) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error {
			var ids []andante.AccountID
			for _, n := range n {
				ids = append(ids, accounts[n].ID)
			}
			return tx.LockAccounts(ctx, ids)
		}
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := lock(0, 1)(ctx, tx); err != nil {
			return err
		}
		if !s.waits(lock(1)) || !s.waits(lock(2, 0)) {
			t.Error("a locked account does not wait")
		}
		if s.waits(lock(2)) || s.waits(lock()) {
			t.Error("another account waits")
		}
		// Who adds a contact to the account must not wait: FOR NO KEY UPDATE.
		if s.waits(func(ctx context.Context, tx *store.Tx) error {
			c := contact(9)
			c.Account = accounts[0].ID
			return tx.PutContacts(ctx, []store.HashedContact{c})
		}) {
			t.Error("a contact of the account waits")
		}
		return nil
	})
	if s.waits(lock(0, 1, 2)) {
		t.Error("locked after the end of the transaction")
	}
}

func addressLocked(t *testing.T, s db) {
	lock := func(hashes ...andante.AddressHash) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error { return tx.LockAddresses(ctx, hashes) }
	}
	s.write(lock("old", ""))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := lock("new", "old", "", "new")(ctx, tx); err != nil {
			return err
		}
		if !s.waits(lock("old")) || !s.waits(lock("new")) {
			t.Error("a locked address does not wait")
		}
		if s.waits(lock("third", "")) {
			t.Error("another address waits")
		}
		return nil
	})
	if s.waits(lock("old", "new", "third")) {
		t.Error("locked after the end of the transaction")
	}
}

func releaseWaits(t *testing.T, s db) {
	h := andante.Hold{ID: id[andante.HoldID](1), Scope: andante.HoldSequence, Key: "brief", Author: "a", Reason: "b", From: at(0)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddHold(ctx, h) })
	release := func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ReleaseHolds(ctx, h.Scope, h.Key, at(1))
		return err
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.LockWideHolds(ctx)
		s.same("holds", []andante.Hold{h}, got)
		if !s.waits(release) {
			t.Error("a hold is released under whoever goes by it")
		}
		return err
	})
	if s.waits(release) {
		t.Error("the release waits for nobody")
	}
}

func aloneWaits(t *testing.T, s db) {
	alone := func(ctx context.Context, tx *store.Tx) error { return tx.Alone(ctx) }
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Alone(ctx); err != nil {
			return err
		}
		if !s.waits(alone) {
			t.Error("two imports write at once")
		}
		return nil
	})
	if s.waits(alone) {
		t.Error("the next one waits for nobody")
	}
}

func dueSkips(t *testing.T, s db) {
	all := list(6, touch)
	s.add(all...)
	due := func(ctx context.Context, tx *store.Tx, n int) []andante.TouchID {
		touches, err := tx.Due(ctx, at(100), store.Head{Lane: mail(all[0].Sender), Priority: all[0].Priority}, n)
		if err != nil {
			t.Error(err)
		}
		return pick(touches, dueID)
	}
	ids := pick(all, touchID)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		s.same("the first", ids[:2], due(ctx, tx, 2))
		s.write(func(ctx context.Context, tx *store.Tx) error {
			s.same("the second", ids[2:5], due(ctx, tx, 3))
			if err := tx.MarkLeased(ctx, ids[2:5], id[andante.LeaseID](1)); err != nil {
				return err
			}
			s.write(func(ctx context.Context, tx *store.Tx) error {
				s.same("the third", ids[5:], due(ctx, tx, 3))
				return nil
			})
			return nil
		})
		return nil
	})
	s.write(func(ctx context.Context, tx *store.Tx) error {
		s.same("what nobody took", []andante.TouchID{ids[0], ids[1], ids[5]}, due(ctx, tx, 9))
		return nil
	})
}

func leasesSkip(t *testing.T, s db) {
	mine, other := lease(1), lease(2)
	mine.Worker = "a"
	s.addLeases(mine, other)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.HoldLease(ctx, mine, time.Time{}); err != nil {
			return err
		}
		s.same("leases", []store.Lease{other}, s.leases())
		return nil
	})
	s.write(func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Leases(ctx)
		s.same("leases", []store.Lease{mine, other}, all)
		if !s.waits(func(ctx context.Context, tx *store.Tx) error { return tx.HoldLease(ctx, mine, time.Time{}) }) {
			t.Error("a worker holds a lease that is being returned")
		}
		return err
	})
}

func throttleLocked(t *testing.T, s db) {
	lock := func(sender string) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.LockThrottle(ctx, mail(sender), "")
			return err
		}
	}
	s.write(lock("old"))
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := firstError(lock("new")(ctx, tx), lock("old")(ctx, tx)); err != nil {
			return err
		}
		if !s.waits(lock("new")) || !s.waits(lock("old")) {
			t.Error("a locked throttle does not wait")
		}
		if s.waits(lock("third")) {
			t.Error("another throttle waits")
		}
		return nil
	})
}

// deadlock has two transactions lock two accounts in opposite orders, each in two
// steps, which no caller should do.
func deadlock(t *testing.T, s db) {
	accounts, _ := s.people(2)
	var both sync.WaitGroup // have taken their first account
	both.Add(2)
	runs, errs := make([]int, 2), make([]error, 2)
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			errs[w] = s.Write(t.Context(), func(tx *store.Tx) error {
				runs[w]++
				if err := addOne(t.Context(), tx, []andante.AccountID{accounts[w].ID}); err != nil {
					return err
				}
				if runs[w] == 1 {
					both.Done()
					both.Wait()
				}
				return addOne(t.Context(), tx, []andante.AccountID{accounts[1-w].ID})
			})
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if n := runs[0] + runs[1]; n < 3 { // the victim may meet the other again
		t.Errorf("%d runs, want each once, and the victim again", n)
	}
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Account, error) {
		return tx.Accounts(ctx, pick(accounts, accountID))
	})
	for _, a := range got {
		s.same(fmt.Sprintf("additions to %s", a.ID), "2", a.Fields["n"])
	}
}
