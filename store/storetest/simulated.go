package storetest

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// simulatedTests are about what a simulation reads, and the copy that it plays on.
var simulatedTests = []test{
	{"touches in pages", touchesInPages},
	{"the touches that come before another in an account", rivals},
	{"a copy, and part of it", copied},
}

func touchesInPages(_ *testing.T, s db) {
	all := list(7, touch)
	s.add(all...)
	page := func(after andante.TouchID, n int) []andante.Touch {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
			return tx.TouchesAfter(ctx, after, n)
		})
	}
	s.same("the first", all[:3], page("", 3))
	s.same("the others", all[3:], page(all[2].ID, 9))
	of := []andante.ContactID{all[1].Contact}
	mine := slices.DeleteFunc(slices.Clone(all), func(t andante.Touch) bool { return t.Contact != of[0] })
	s.same("of a contact", mine, sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) { return tx.TouchesOfContacts(ctx, of) }), touchID))
}

// rivals are of accounts; those in all[0]'s place or before it are told.
func rivals(_ *testing.T, s db) {
	all, runs := list(9, touch), list(9, enrollment)
	for i := range all {
		all[i].Enrollment, all[i].State, all[i].Lease = runs[i].ID, andante.Planned, ""
		all[i].Priority, all[i].FirstDue, all[i].Due, all[i].Yielded = andante.Normal, all[0].FirstDue, all[0].Due, 0
		runs[i].Account, runs[i].State, runs[i].Step = all[0].Account, andante.EnrollmentActive, all[i].Step
	}
	runs[1].Step = "another" // it stands elsewhere
	all[2].State = andante.Canceled
	all[3].FirstDue = all[0].FirstDue.Add(time.Hour)                       // after it
	all[4].FirstDue, all[4].Yielded = all[3].FirstDue, 3                   // it has waited enough
	all[5].FirstDue, all[5].Priority = all[3].FirstDue, andante.High       // it matters more
	all[6].Priority, all[7].Due = andante.Low, all[0].Due.Add(time.Second) // it matters less; it is looked at too late
	runs[8].Account = andante.AccountID(all[8].ID)                         // elsewhere
	s.add(all...)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddEnrollments(ctx, runs) })
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		return tx.RivalsIn(ctx, []andante.AccountID{all[0].Account}, all[0].Due, store.Rank{Priority: andante.Normal, Due: all[0].FirstDue, Yields: 3})
	})
	s.same("rivals", []andante.TouchID{all[0].ID, all[4].ID, all[5].ID}, pick(got, touchID))
}

// copied makes a copy of a store, which may be on Postgres, and takes an account out of it.
func copied(t *testing.T, s db) {
	accounts, people := s.people(5)
	touches := list(5, touch)
	for i := range touches {
		touches[i].Contact, touches[i].Account = people[i].ID, people[i].Account
	}
	s.add(touches...)
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := s.CopyTo(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	c, err := store.Open(t.Context(), file, store.Options{Clock: andante.SystemClock{}, Single: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	copied := db{t: t, Store: c}
	look := func(d db) []andante.Touch {
		return read(d, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) { return tx.TouchesAfter(ctx, "", 99) })
	}
	who := read(copied, func(ctx context.Context, tx *store.Tx) ([]andante.Contact, error) {
		return tx.ContactsAfter(ctx, "", 99)
	})
	s.same("contacts", pick(people, plain), who)
	s.same("touches", touches, look(copied))
	copied.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Remove(ctx, []andante.AccountID{accounts[1].ID})
	})
	s.same("without one", append(slices.Clone(touches[:1]), touches[2:]...), look(copied))
	s.same("the original", touches, look(s))
}
