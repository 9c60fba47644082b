package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var importTests = []test{
	{"on trial, until they pass", imports},
	{"what waits for one is woken", wokenImport},
}

func imports(_ *testing.T, s db) {
	add := func(id andante.ImportID, at time.Time) {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddImport(ctx, id, at) })
	}
	add("fair", at(0))
	add("bought", at(1))
	add("fair", at(9)) // there already
	all := []andante.ImportID{"fair", "bought"}
	names := func(f func(*store.Tx) func(context.Context, []andante.ImportID) ([]andante.ImportID, error)) (list []andante.ImportID) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			list, err = f(tx)(ctx, append(all, "none"))
			return err
		})
		return list
	}
	open := func() []andante.ImportID {
		s.t.Helper()
		return sorted(names(func(tx *store.Tx) func(context.Context, []andante.ImportID) ([]andante.ImportID, error) {
			return tx.OpenImports
		}), func(id andante.ImportID) string { return string(id) })
	}
	s.same("all, the last first", []andante.ImportID{"bought", "fair"}, read(s, func(ctx context.Context, tx *store.Tx) ([]andante.ImportID, error) { return tx.Imports(ctx) }))
	s.same("both open", []andante.ImportID{"bought", "fair"}, open())
	s.same("both locked", []andante.ImportID{"bought", "fair"}, names(func(tx *store.Tx) func(context.Context, []andante.ImportID) ([]andante.ImportID, error) {
		return tx.LockImports
	}))

	touches := list(3, touch)
	touches[0].State, touches[1].State, touches[2].State = andante.Sent, andante.Claimed, andante.Planned
	s.add(touches...)
	trials := list(3, func(n int) store.Trial {
		return store.Trial{Contact: id[andante.ContactID](100 + n), Import: all[n%2], Touch: touches[n].ID}
	})
	put := func(list ...store.Trial) {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutTrials(ctx, list) })
	}
	put(trials...)
	look := func(ids ...andante.ImportID) []store.Trial {
		s.t.Helper()
		return sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]store.Trial, error) { return tx.Trials(ctx, ids) }),
			func(t store.Trial) string { return string(t.Contact) })
	}
	for n := range trials {
		trials[n].State, trials[n].Settled = touches[n].State, touches[n].Settled
	}
	s.same("with their touches", []store.Trial{trials[0], trials[2]}, look("fair"))
	s.same("taken", []bool{true, true, false}, pick(look(all...), store.Trial.Taken))
	trials[2].Bounced = true
	put(trials[2])
	s.same("a mailbox that is not there", []store.Trial{trials[0], trials[2]}, look("fair"))
	s.same("is taken too", []bool{true, true}, pick(look("fair"), store.Trial.Taken))

	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PassImport(ctx, "fair", at(3)) })
	s.same("one has passed", []andante.ImportID{"bought"}, open())
}

// wokenImport: the release of an import wakes what it held back, and nobody else's.
func wokenImport(_ *testing.T, s db) {
	people := list(2, contact)
	people[0].Import, people[1].Import = "fair", "bought"
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return firstError(tx.PutAccounts(ctx, at(0), list(2, account)), tx.PutContacts(ctx, people))
	})
	touches := list(2, touch)
	for n := range touches {
		touches[n].Contact, touches[n].Kind, touches[n].State = people[n].ID, andante.Email, andante.Planned
		touches[n].Reason, touches[n].Due = andante.ReasonHeld, at(200)
	}
	s.add(touches...)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.WakeHeld(ctx, andante.HoldImport, "fair", at(100))
	})
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		return tx.Touches(ctx, pick(touches, func(t andante.Touch) andante.TouchID { return t.ID }))
	})
	s.same("due", map[andante.TouchID]bool{touches[0].ID: true, touches[1].ID: false}, map[andante.TouchID]bool{
		got[0].ID: got[0].Due.Equal(at(100)), got[1].ID: got[1].Due.Equal(at(100)),
	})
}
