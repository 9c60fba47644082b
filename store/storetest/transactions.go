package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var transactionTests = []test{
	{"an error undoes everything", undone},
	{"a write is seen by the next", seen},
	{"what comes after a commit", afterCommit},
	{"a read is one consistent look", consistent},
	{"a read changes nothing", readOnly},
	{"a context that ends", contextEnds},
	{"faults of data", dataFaults},
	{"the wall clock", wallClock},
}

// errUndo ends a transaction that shall leave nothing.
var errUndo = errors.New("undo")

func (s db) accounts(ctx context.Context, ids ...andante.AccountID) (n int, err error) {
	err = s.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.Accounts(ctx, ids)
		n = len(list)
		return err
	})
	return n, err
}

func undone(t *testing.T, s db) {
	one, two := account(1), account(2)
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutAccounts(t.Context(), day, []andante.Account{one}); err != nil {
			return err
		}
		return errUndo
	})
	if err != errUndo {
		t.Errorf("error %v, want the function's own", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		s.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.PutAccounts(t.Context(), day, []andante.Account{two}); err != nil {
				t.Error(err)
			}
			panic("in a transaction")
		})
	}()
	if n, err := s.accounts(t.Context(), one.ID, two.ID); n != 0 || err != nil {
		t.Errorf("%d accounts, error %v", n, err)
	}
}

func afterCommit(t *testing.T, s db) {
	var told []string
	write := func(name string, err error) {
		_ = s.Write(t.Context(), func(tx *store.Tx) error {
			tx.Then(func() {
				n, err := s.accounts(t.Context(), account(1).ID)
				told = append(told, fmt.Sprint(name, " ", n, " ", err))
			})
			return errors.Join(err, tx.PutAccounts(t.Context(), day, []andante.Account{account(1)}))
		})
	}
	write("undone", errUndo)
	write("done", nil)
	s.same("what was told", []string{"done 1 <nil>"}, told)
}

func seen(t *testing.T, s db) {
	for n := range 20 {
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.PutAccounts(ctx, day, []andante.Account{account(n)})
		})
		if got, err := s.accounts(t.Context(), account(n).ID); got != 1 || err != nil {
			t.Fatalf("%d accounts, error %v", got, err)
		}
	}
}

func consistent(t *testing.T, s db) {
	ctx := t.Context()
	s.people(1)
	count := func(tx *store.Tx) (n int) {
		contacts, accounts, err := tx.CountContacts(ctx)
		if err != nil {
			t.Error(err)
		}
		return contacts + accounts
	}
	var before, after int
	err := s.Read(ctx, func(tx *store.Tx) error {
		before = count(tx)
		err := s.Write(ctx, func(tx *store.Tx) error { return tx.PutAccounts(ctx, day, []andante.Account{account(1)}) })
		after = count(tx)
		return err
	})
	if err != nil || before != 2 || after != 2 {
		t.Errorf("%d rows, then %d, error %v; want 2 and 2", before, after, err)
	}
	if n := read(s, func(_ context.Context, tx *store.Tx) (int, error) { return count(tx), nil }); n != 3 {
		t.Errorf("%d rows in the next look, want 3", n)
	}
}

func readOnly(t *testing.T, s db) {
	ctx := t.Context()
	err := s.Read(ctx, func(tx *store.Tx) error { return tx.PutAccounts(ctx, day, []andante.Account{account(1)}) })
	if err == nil {
		t.Error("a read may write")
	}
	if n, err := s.accounts(ctx, account(1).ID); n != 0 || err != nil {
		t.Errorf("%d accounts, error %v", n, err)
	}
}

func contextEnds(t *testing.T, s db) {
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Write(ctx, func(tx *store.Tx) error {
		err := tx.PutAccounts(ctx, day, []andante.Account{account(1)})
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if store.DataFault(err) {
		t.Error("taken for a fault of the data")
	}
	if n, err := s.accounts(t.Context(), account(1).ID); n != 0 || err != nil {
		t.Errorf("%d accounts, error %v", n, err)
	}
}

func dataFaults(t *testing.T, s db) {
	_, people := s.people(1)
	hold := func(author string) func(context.Context, *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error {
			return tx.AddHold(ctx, andante.Hold{ID: id[andante.HoldID](1), Author: author, From: day})
		}
	}
	for _, c := range []struct {
		name    string
		lenient bool // SQLite takes it
		ours    bool // not the data's fault
		f       func(context.Context, *store.Tx) error
	}{
		{name: "a NUL", lenient: true, f: hold("a\x00b")},
		{name: "not UTF-8", lenient: true, f: hold("a\xffb")},
		{name: "a key that is there", f: func(ctx context.Context, tx *store.Tx) error {
			a := account(5)
			a.Key = account(0).Key
			return tx.PutAccounts(ctx, day, []andante.Account{a})
		}},
		{name: "a row twice in one statement", lenient: true, f: func(ctx context.Context, tx *store.Tx) error {
			rows := list(50, func(int) andante.Account { return account(6) })
			return tx.PutAccounts(ctx, day, rows)
		}},
		{name: "a contact without an account", f: func(ctx context.Context, tx *store.Tx) error {
			return tx.PutContacts(ctx, []store.HashedContact{contact(7)})
		}},
		{name: "a time that is missing", f: func(ctx context.Context, tx *store.Tx) error {
			c := people[0]
			c.Created = time.Time{}
			return tx.PutContacts(ctx, []store.HashedContact{c})
		}},
		{name: "an error of the caller", ours: true, f: func(context.Context, *store.Tx) error { return errUndo }},
		{name: "a lease lost", ours: true, f: func(ctx context.Context, tx *store.Tx) error { return tx.HoldLease(ctx, lease(1), day) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				if err := c.f(t.Context(), tx); err != nil {
					return err
				}
				return errUndo
			})
			if c.lenient && !s.Postgres() {
				c.ours = true
			}
			if store.DataFault(err) == c.ours {
				t.Errorf("fault of the data: %v, error %v", !c.ours, err)
			}
		})
	}
	if store.DataFault(nil) {
		t.Error("no error is a fault of the data")
	}
}

func wallClock(t *testing.T, s db) {
	first, second := s.wall(), s.wall()
	if second.Before(first) || second.Sub(first) > 10*time.Minute {
		t.Errorf("the clock says %s, then %s", first, second)
	}
	if real := (andante.SystemClock{}).Wall(); real.Sub(first).Abs() > time.Hour {
		t.Errorf("the clock says %s; it is %s", first, real)
	}
	if first.Location() != time.UTC {
		t.Errorf("the clock is in %s", first.Location())
	}
}
