package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
	if err := followable(h); err != nil {
		return "", err
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
		held, err := tx.NarrowHolds(ctx, []string{key})
		if err != nil {
			return err
		}
		if n, err = tx.ReleaseHolds(ctx, scope, key, o.now()); err != nil {
			return err
		}
		for _, h := range held {
			if h.Scope == scope && h.Then != "" {
				if err := o.giveTask(ctx, tx, h, o.now()); err != nil {
					return err
				}
			}
		}
		if scope == andante.HoldImport { // somebody has looked at it
			if err := tx.PassImport(ctx, andante.ImportID(key), o.now()); err != nil {
				return err
			}
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
			accounts = unique(people, accountOf)
		}
		return slices.Clone(accounts), err
	})
	if err != nil {
		return err
	}
	return tx.RaiseVersion(ctx, accounts)
}

// followable tells what is wrong with what is to follow a hold.
func followable(h andante.Hold) error {
	what, title, _ := strings.Cut(h.Then, ":")
	switch {
	case h.Then == "":
	case h.Scope != andante.HoldContact && h.Scope != andante.HoldAccount:
		return errors.New("then: a task can follow a hold on a contact or an account, for it is somebody's")
	case what != "task" || strings.TrimSpace(title) == "":
		return fmt.Errorf("then: write what is to be done, such as \"task: the budget is open\", not %q", h.Then)
	}
	return nil
}

// FollowHold gives the task that follows a hold which is over, once.
func (o *Ops) FollowHold(ctx context.Context, h andante.Hold) error {
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		if err := o.raiseFor(ctx, tx, h.Scope, h.Key); err != nil {
			return err
		}
		if mine, err := tx.EndHold(ctx, h.ID); err != nil || !mine {
			return err
		}
		return o.giveTask(ctx, tx, h, h.Until)
	})
}

// giveTask opens the task that follows a hold, for the owner: about the contact, or the
// first of the account. It counts when it is done.
func (o *Ops) giveTask(ctx context.Context, tx *store.Tx, h andante.Hold, at time.Time) error {
	find := func() ([]andante.Contact, error) {
		return tx.Contacts(ctx, []andante.ContactID{andante.ContactID(h.Key)})
	}
	if h.Scope == andante.HoldAccount {
		find = func() ([]andante.Contact, error) {
			return tx.ContactsOf(ctx, []andante.AccountID{andante.AccountID(h.Key)})
		}
	}
	people, err := find()
	if err != nil || len(people) == 0 {
		return err
	}
	_, title, _ := strings.Cut(h.Then, ":")
	return o.plainTask(ctx, tx, people[0], plain{of: "hold", key: string(h.ID), title: strings.TrimSpace(title), body: fmt.Sprintf("The hold by %s is over: %s", h.Author, h.Reason), at: at})
}
