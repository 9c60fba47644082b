package ops

import (
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Ops makes changes. Safe for concurrent use.
type Ops struct {
	Store     *store.Store
	Clock     andante.Clock
	Keys      *Keyring
	Revisions *Revisions
	// Ungoverned takes limits and gaps out of every policy: what a demo
	// compares the governor with.
	Ungoverned bool
	// Carried: a carrier takes each piece of post at once, and none waits to be printed here.
	Carried bool
	// Tells: other programs are told of events. Nothing that is only tried out is for them.
	Tells bool
	// Note, if set, is told of each touch that ops settle themselves, after the commit:
	// what is canceled, and what became unknown with a lost worker.
	Note func(andante.Touch)

	together *together // changes that come from outside at the same time
}

// New returns ops on a store.
func New(s *store.Store, c andante.Clock, k *Keyring) *Ops {
	return &Ops{Store: s, Clock: c, Keys: k, Revisions: NewRevisions(), together: &together{write: s.Write}}
}

// Workspace returns the current revision, or [ErrNothingPublished].
func (o *Ops) Workspace(ctx context.Context, tx *store.Tx) (*workspace.Workspace, error) {
	w, err := o.Revisions.Current(ctx, tx)
	if err != nil || !o.Ungoverned {
		return w, err
	}
	return w.Ungoverned(), nil
}

// Lock locks the accounts that look names. What look read before the lock may be
// out of date, so it is asked again, until everything that it names is locked. Where one
// writes at a time nothing can be.
func Lock(ctx context.Context, tx *store.Tx, look func() ([]andante.AccountID, error)) error {
	locked := map[andante.AccountID]bool{}
	for {
		ids, err := look()
		if err != nil || !tx.LocksRows() {
			return err
		}
		ids = slices.DeleteFunc(ids, func(id andante.AccountID) bool { return locked[id] })
		if len(ids) == 0 {
			return nil
		}
		if err := tx.LockAccounts(ctx, ids); err != nil {
			return err
		}
		for _, id := range ids {
			locked[id] = true
		}
	}
}

// changeContacts runs f with the contacts that find returns, their accounts locked
// and their versions raised, so that no claim goes by what it read before.
func (o *Ops) changeContacts(ctx context.Context, tx *store.Tx, find func() ([]andante.Contact, error), f func([]andante.Contact) error) error {
	var list []andante.Contact
	var accounts []andante.AccountID
	err := Lock(ctx, tx, func() (_ []andante.AccountID, err error) {
		list, err = find()
		accounts = unique(list, accountOf)
		return slices.Clone(accounts), err
	})
	if err != nil {
		return err
	}
	if err := tx.RaiseVersion(ctx, accounts); err != nil {
		return err
	}
	return f(list)
}

// unique returns the keys of a list, sorted, each once, without the zero key.
func unique[T any, K ~string](list []T, key func(T) K) []K {
	keys := make([]K, 0, len(list))
	for _, t := range list {
		if k := key(t); k != "" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// byID makes a list findable.
func byID[T any, K comparable](list []T, key func(T) K) map[K]T {
	m := make(map[K]T, len(list))
	for _, t := range list {
		m[key(t)] = t
	}
	return m
}

func contactID(c andante.Contact) andante.ContactID          { return c.ID }
func accountOf(c andante.Contact) andante.AccountID          { return c.Account }
func accountOfTouch(t andante.Touch) andante.AccountID       { return t.Account }
func accountID(a andante.Account) andante.AccountID          { return a.ID }
func enrollmentID(e andante.Enrollment) andante.EnrollmentID { return e.ID }

func (o *Ops) now() time.Time { return o.Clock.Now() }
