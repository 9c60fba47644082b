package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// countedTests are about what limits count of a touch, from its plan to its end.
var countedTests = []test{
	{"by account and by address", counted},
	{"from claim to receipt", countedLives},
	{"however late it lands", countedPending},
	{"at the address that it went to", countedFate},
	{"nothing but what has become of it", changeFate},
	{"a task, from somebody's list to its result", countedTasks},
	{"many touches of a contact", countedMany},
	{"along with a contact that moves", countedMoves},
}

// counts returns what limits count of some accounts, by touch.
func (s db) counts(accounts ...andante.AccountID) []store.Counted {
	s.t.Helper()
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]store.Counted, error) {
		return tx.Counted(ctx, time.UnixMilli(0), accounts, nil)
	})
	return sorted(got, func(c store.Counted) andante.TouchID { return c.ID })
}

// miscounted returns the contacts of whom other touches are counted than they had.
func (s db) miscounted() []andante.ContactID {
	s.t.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (wrong []andante.ContactID, err error) {
		wrong, _, err = tx.Miscounted(ctx, "", many)
		return wrong, err
	})
}

// change makes one change.
func (s db) change(was andante.State, to andante.Touch, fate bool) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		done, err := tx.Change(ctx, []store.Change{{Touch: to, Was: was, StateOnly: fate}})
		if err == nil && !done[to.ID] {
			s.t.Errorf("%s did not become %s", was, to.State)
		}
		return err
	})
}

func countedOf(t andante.Touch, unsure, pending bool) store.Counted {
	return store.Counted{
		ID: t.ID, Contact: t.Contact, Account: t.Account, Address: t.Address, Kind: t.Kind, Purpose: t.Purpose, At: t.Counted,
		Unsure: unsure, Pending: pending, Waiting: t.State == andante.Open, Introduction: t.Introduction, Unanswered: t.Result.Unanswered(),
	}
}

func counted(_ *testing.T, s db) {
	since := at(100)
	row := func(n, account int, address andante.AddressHash, counted time.Time) andante.Touch {
		t := touch(n)
		t.State, t.Account, t.Contact, t.Address, t.Counted = andante.Sent, id[andante.AccountID](account), id[andante.ContactID](10*account+n%2), address, counted
		return t
	}
	all := []andante.Touch{
		row(0, 1, "a", since.Add(time.Millisecond)),
		row(1, 1, "", at(200)),
		row(2, 1, "a", since),       // just out
		row(3, 1, "a", time.Time{}), // does not count
		row(4, 2, "a", at(200)),     // another account, the same address
		row(5, 2, "b", at(200)),     // neither
		row(6, 2, "", at(200)),      // no address is nobody's
		row(7, 3, "c", at(500)),     // in the future
		row(8, 3, "c", time.UnixMilli(0)),
	}
	s.add(all...)
	see := func(accounts []andante.AccountID, addresses []andante.AddressHash) []store.Counted {
		s.t.Helper()
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]store.Counted, error) {
			return tx.Counted(ctx, since, accounts, addresses)
		})
		return sorted(got, func(c store.Counted) andante.TouchID { return c.ID })
	}
	want := func(numbers ...int) (list []store.Counted) {
		for _, n := range numbers {
			t := all[n]
			list = append(list, store.Counted{
				ID: t.ID, Contact: t.Contact, Account: t.Account, Address: t.Address, Kind: t.Kind, Purpose: t.Purpose,
				At: t.Counted,
			})
		}
		return list
	}
	one, three := []andante.AccountID{all[0].Account}, []andante.AccountID{all[0].Account, all[7].Account}
	s.same("by account", want(0, 1), see(one, nil))
	s.same("by accounts", want(0, 1, 7), see(three, nil))
	s.same("by address", want(0, 4), see(nil, []andante.AddressHash{"a", ""}))
	s.same("by both, each once", want(0, 1, 4), see(one, []andante.AddressHash{"a"}))
}

func countedLives(_ *testing.T, s db) {
	_, people := s.people(1)
	ours := id[andante.LeaseID](1)
	t := touch(1)
	t.Contact, t.Account, t.State, t.Lease = people[0].ID, people[0].Account, andante.Leased, ours
	s.add(t)
	s.same("leased", []store.Counted(nil), s.counts(t.Account))

	t.State, t.Address, t.Counted, t.NotAfter = andante.Claimed, "aa", at(10), at(10)
	s.change(andante.Leased, t, false)
	s.same("claimed", []store.Counted{countedOf(t, true, true)}, s.counts(t.Account))

	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.MarkAttempted(ctx, ours, []andante.TouchID{t.ID}, "", at(1))
		return err
	})
	s.same("on the wire", []store.Counted{countedOf(t, true, true)}, s.counts(t.Account))

	t.State, t.Attempts = andante.Unknown, 1
	s.change(andante.Attempted, t, true)
	s.same("unknown", []store.Counted{countedOf(t, true, false)}, s.counts(t.Account))

	t.State, t.Counted = andante.Sent, at(9)
	s.change(andante.Unknown, t, true)
	s.same("sent", []store.Counted{countedOf(t, false, false)}, s.counts(t.Account))

	free := touch(2)
	free.Contact, free.Account, free.State, free.Counted = t.Contact, t.Account, andante.Claimed, at(20)
	s.add(free)
	s.same("another one", []store.Counted{countedOf(t, false, false), countedOf(free, true, true)}, s.counts(t.Account))
	free.Free()
	free.State = andante.Planned
	s.change(andante.Claimed, free, true)
	s.same("given back", []store.Counted{countedOf(t, false, false)}, s.counts(t.Account))
	s.same("miscounted", []andante.ContactID(nil), s.miscounted())
}

// countedTasks: a call that waits for somebody holds its place for as long as it takes, and
// one that reached nobody is known as such.
func countedTasks(_ *testing.T, s db) {
	_, people := s.people(1)
	t := touch(1)
	t.Contact, t.Account, t.State, t.Kind, t.Counted, t.Introduction = people[0].ID, people[0].Account, andante.Attempted, andante.Call, at(1), true
	s.add(t)
	t.State = andante.Open
	s.change(andante.Attempted, t, true)
	late := func() []store.Counted {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Counted, error) {
			return tx.Counted(ctx, at(500), []andante.AccountID{t.Account}, nil)
		})
	}
	s.same("open, long afterwards", []store.Counted{countedOf(t, false, true)}, late())
	t.State, t.Result, t.Counted = andante.Done, andante.NoAnswer, at(400)
	s.change(andante.Open, t, true)
	s.same("done", []store.Counted{countedOf(t, false, false)}, s.counts(t.Account))
	s.same("long afterwards", []store.Counted(nil), late())
	s.same("miscounted", []andante.ContactID(nil), s.miscounted())
}

// countedPending: what is on the wire may land at any time, so it counts however far one
// looks back.
func countedPending(_ *testing.T, s db) {
	_, people := s.people(1)
	var all []andante.Touch
	for n, state := range []andante.State{andante.Claimed, andante.Attempted, andante.Unknown, andante.Sent} {
		t := touch(n)
		t.Contact, t.Account, t.State, t.Counted = people[0].ID, people[0].Account, state, at(1)
		all = append(all, t)
	}
	s.add(all...)
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]store.Counted, error) {
		return tx.Counted(ctx, at(2), []andante.AccountID{all[0].Account}, nil)
	})
	s.same("still underway", []store.Counted{countedOf(all[0], true, true), countedOf(all[1], true, true)}, got)
}

// countedFate: a change of fate moves a touch to no other address.
func countedFate(_ *testing.T, s db) {
	_, people := s.people(1)
	t := touch(1)
	t.Contact, t.Account, t.State, t.Address, t.Counted = people[0].ID, people[0].Account, andante.Attempted, "aa", at(1)
	s.add(t)
	sent := t
	sent.State, sent.Address, sent.Counted = andante.Sent, "bb", at(2)
	s.change(andante.Attempted, sent, true)
	sent.Address = "aa"
	s.same("counted", []store.Counted{countedOf(sent, false, false)}, s.counts(t.Account))
	s.same("miscounted", []andante.ContactID(nil), s.miscounted())
}

func changeFate(_ *testing.T, s db) {
	was, full := fullTouch(1), fullTouch(2)
	s.add(was)
	to := full
	to.ID, to.State = was.ID, andante.Attempted
	s.change(andante.Claimed, to, true)
	want := was
	want.State, want.Due, want.Lease, want.NotAfter, want.Counted, want.Settled = to.State, to.Due, to.Lease, to.NotAfter, to.Counted, to.Settled
	want.Attempts, want.Deferred, want.Yielded, want.Result, want.Reason, want.Evidence = to.Attempts, to.Deferred, to.Yielded, to.Result, to.Reason, to.Evidence
	s.same("touch", []andante.Touch{want}, s.touches(was.ID))
}

func countedMany(_ *testing.T, s db) {
	accounts, people := s.people(3)
	var want []store.Counted
	var all []andante.Touch
	for n := range many {
		t := touch(n)
		t.Contact, t.Account = people[n%3].ID, people[n%3].Account
		t.State, t.Counted, t.Address = andante.Sent, at(n), andante.AddressHash(text(n))
		all, want = append(all, t), append(want, countedOf(t, false, false))
	}
	s.add(all...)
	s.add(all[:5]...) // as they are already
	ids := pick(accounts, func(a andante.Account) andante.AccountID { return a.ID })
	s.same("counted", want, s.counts(ids...))
	late := read(s, func(ctx context.Context, tx *store.Tx) ([]store.Counted, error) {
		return tx.Counted(ctx, at(many-4), ids, nil)
	})
	s.same("of late", want[many-3:], sorted(late, func(c store.Counted) andante.TouchID { return c.ID }))
	s.same("miscounted", []andante.ContactID(nil), s.miscounted())
}

func countedMoves(_ *testing.T, s db) {
	accounts, people := s.people(2)
	t := touch(1)
	t.Contact, t.Account, t.State, t.Counted = people[0].ID, people[0].Account, andante.Sent, at(1)
	s.add(t)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		people[0].Account = accounts[1].ID
		return firstError(tx.PutContacts(ctx, people[:1]), tx.MoveRows(ctx, t.Contact, accounts[1].ID))
	})
	s.same("there", []store.Counted(nil), s.counts(accounts[0].ID))
	t.Account = accounts[1].ID
	s.same("here", []store.Counted{countedOf(t, false, false)}, s.counts(accounts[1].ID))
	s.same("miscounted", []andante.ContactID(nil), s.miscounted())
}
