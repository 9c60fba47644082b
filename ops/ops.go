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
}

// New returns ops on a store.
func New(s *store.Store, c andante.Clock, k *Keyring) *Ops {
	return &Ops{Store: s, Clock: c, Keys: k, Revisions: NewRevisions()}
}

// Workspace returns the current revision, or [ErrNothingPublished].
func (o *Ops) Workspace(ctx context.Context, tx *store.Tx) (*workspace.Workspace, error) {
	w, err := o.Revisions.Current(ctx, tx)
	if err != nil || !o.Ungoverned {
		return w, err
	}
	if len(w.Policy.Limits)+len(w.Policy.Gaps) > 0 {
		w.Policy = w.Policy.Unlimited()
	}
	return w, nil
}

// changeContacts runs f with the contacts' accounts locked and raises their
// versions, so that no claim goes by what it read before.
func (o *Ops) changeContacts(ctx context.Context, tx *store.Tx, list []andante.Contact, f func() error) error {
	accounts := unique(list, func(c andante.Contact) andante.AccountID { return c.Account })
	if err := tx.LockAccounts(ctx, accounts); err != nil {
		return err
	}
	if err := tx.RaiseVersion(ctx, accounts); err != nil {
		return err
	}
	return f()
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
func accountID(a andante.Account) andante.AccountID          { return a.ID }
func enrollmentID(e andante.Enrollment) andante.EnrollmentID { return e.ID }

func (o *Ops) now() time.Time { return o.Clock.Now() }
