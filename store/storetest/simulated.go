package storetest

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// simulatedTests are about what a simulation reads, and the copy that it plays on.
var simulatedTests = []test{
	{"touches in pages", touchesInPages},
	{"the touch that an enrollment stands at", nextOf},
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

func nextOf(_ *testing.T, s db) {
	all, runs := list(4, touch), list(4, enrollment)
	for i := range all {
		all[i].Enrollment, all[i].State, all[i].Lease = runs[i].ID, andante.Planned, ""
		runs[i].Step = all[i].Step
	}
	runs[1].Step = "another" // it stands elsewhere
	all[2].State = andante.Canceled
	s.add(all...)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddEnrollments(ctx, runs) })
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		return tx.NextOf(ctx, pick(runs, func(e andante.Enrollment) andante.EnrollmentID { return e.ID }), all[3].Due)
	})
	s.same("next", []andante.TouchID{all[0].ID, all[3].ID}, pick(got, touchID))
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
