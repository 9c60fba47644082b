package ops

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// PutAccount makes an account, or brings it up to date; fields are by path, such as account.name, in
// their checked form. What changes for its people follows. It returns whether it is new.
func (o *Ops) PutAccount(ctx context.Context, w *workspace.Workspace, key string, fields map[string]string) (a andante.Account, fresh bool, err error) {
	return a, fresh, o.Store.Write(ctx, func(tx *store.Tx) error {
		in, err := o.newIntake(ctx, tx, w)
		if err != nil {
			return err
		}
		if err := in.lock(ctx, []Row{{Account: key}}); err != nil {
			return err
		}
		a, fresh = in.putAccount(key, fields)
		_, err = in.write(ctx)
		return err
	})
}

// putAccount takes what is told of an account alone.
func (in *intake) putAccount(key string, fields map[string]string) (a andante.Account, fresh bool) {
	_, known := in.byKey[key]
	a, _ = in.account(Row{Account: key}, andante.Contact{}, false)
	was := a
	a.Fields = maps.Clone(a.Fields)
	for path, value := range fields {
		setField(&andante.Contact{}, &a, path, value)
	}
	if known && !equalAccount(was, a) {
		in.before[a.ID] = was
	}
	in.accounts[a.ID], in.touchedA[a.ID] = a, true
	return a, !known
}

// fillAccount gives an account what it lacks and another has.
func (in *intake) fillAccount(key, from string) {
	fields := map[string]string{}
	have, other := in.accounts[in.byKey[key]], in.accounts[in.byKey[from]]
	for _, f := range slices.Concat(andante.BuiltinFields, in.w.Config.DeclaredFields()) {
		if path := f.Path(); f.Noun == "account" && FieldOf(andante.Contact{}, have, path) == "" {
			if value := FieldOf(andante.Contact{}, other, path); value != "" {
				fields[path] = value
			}
		}
	}
	in.putAccount(key, fields)
}

// MergeAccounts has everybody of an account go over to another, which the first one's name stands
// for from then on, and takes it away. It returns how many went.
func (o *Ops) MergeAccounts(ctx context.Context, w *workspace.Workspace, keep, drop string) (n int, err error) {
	if keep == drop {
		return 0, ErrSame
	}
	return n, o.Store.Write(ctx, func(tx *store.Tx) error {
		in, err := o.newIntake(ctx, tx, w)
		if err != nil {
			return err
		}
		var people []andante.Contact
		var rows []Row
		err = Lock(ctx, tx, func() ([]andante.AccountID, error) {
			both, err := tx.AccountsByKey(ctx, []string{keep, drop})
			if err != nil {
				return nil, err
			}
			if len(both) < 2 {
				return nil, fmt.Errorf("one of the accounts %s and %s: %w", keep, drop, andante.ErrNotFound)
			}
			of := byID(both, func(a andante.Account) string { return a.Key })
			if people, err = tx.ContactsOf(ctx, []andante.AccountID{of[drop].ID}); err != nil {
				return nil, err
			}
			rows = []Row{{Account: keep}, {Account: drop}}
			for _, c := range people {
				rows = append(rows, Row{Contact: c.ID, Account: keep})
			}
			return in.read(ctx, rows)
		})
		if err != nil {
			return err
		}
		n = len(people)
		in.fillAccount(keep, drop)
		in.sort(rows[2:])
		if _, err := in.write(ctx); err != nil {
			return err
		}
		return tx.JoinAccount(ctx, in.byKey[keep], in.byKey[drop], drop)
	})
}

// ForgetAccount erases everybody in an account, and it with them; see [Ops.Forget]. It returns how
// many those were.
func (o *Ops) ForgetAccount(ctx context.Context, id andante.AccountID, by string) (n int, err error) {
	var people []andante.Contact
	err = o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		people, err = tx.ContactsOf(ctx, []andante.AccountID{id})
		return err
	})
	for _, c := range people {
		if err != nil {
			return n, err
		}
		if _, err = o.Forget(ctx, c.ID, by); err == nil {
			n++
		}
	}
	if err != nil {
		return n, err
	}
	return n, o.Store.Write(ctx, func(tx *store.Tx) error { return tx.DropAccount(ctx, id) })
}
