package ops

import (
	"context"
	"fmt"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/store"
)

// Hold writes a hold. A hold on a contact or an account raises the versions of
// the accounts; wider ones are read in every claim and permit.
func (o *Ops) Hold(ctx context.Context, h andante.Hold) (andante.HoldID, error) {
	if h.Allow != "" {
		if _, _, err := governor.ParseRate(h.Allow); err != nil {
			return "", fmt.Errorf("allow: %w", err)
		}
	}
	h.ID = andante.NewID[andante.HoldID](o.now())
	if h.From.IsZero() {
		h.From = o.now()
	}
	return h.ID, o.Store.Write(ctx, func(tx *store.Tx) error {
		if err := o.raiseFor(ctx, tx, h.Scope, h.Key); err != nil {
			return err
		}
		return tx.AddHold(ctx, h)
	})
}

// Release ends the holds on a key and returns how many there were. What waited
// for them is looked at again at once.
func (o *Ops) Release(ctx context.Context, scope andante.HoldScope, key string) (n int, err error) {
	err = o.Store.Write(ctx, func(tx *store.Tx) error {
		if err := o.raiseFor(ctx, tx, scope, key); err != nil {
			return err
		}
		if n, err = tx.ReleaseHolds(ctx, scope, key, o.now()); err != nil {
			return err
		}
		return tx.WakeHeld(ctx, scope, key, o.now())
	})
	return n, err
}

// raiseFor raises the versions of the accounts that a hold concerns. A contact may be
// moving to another account, so it is looked up again once that is locked.
func (o *Ops) raiseFor(ctx context.Context, tx *store.Tx, scope andante.HoldScope, key string) error {
	var accounts []andante.AccountID
	err := Lock(ctx, tx, func() (_ []andante.AccountID, err error) {
		switch scope {
		case andante.HoldAccount:
			accounts = []andante.AccountID{andante.AccountID(key)}
		case andante.HoldContact:
			var people []andante.Contact
			people, err = tx.Contacts(ctx, []andante.ContactID{andante.ContactID(key)})
			accounts = unique(people, func(c andante.Contact) andante.AccountID { return c.Account })
		}
		return slices.Clone(accounts), err
	})
	if err != nil {
		return err
	}
	return tx.RaiseVersion(ctx, accounts)
}
