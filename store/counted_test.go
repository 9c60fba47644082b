package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// TestMiscounted: what is not counted, though its touches say so, is noticed.
func TestMiscounted(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), migrated(t, sqlite(t))
	now := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	account := andante.Account{ID: andante.NewID[andante.AccountID](now), Key: "a"}
	contact := andante.Contact{ID: andante.NewID[andante.ContactID](now), Account: account.ID, Created: now}
	touch := andante.Touch{
		ID: andante.NewID[andante.TouchID](now), Contact: contact.ID, Account: account.ID, Kind: andante.Email,
		State: andante.Sent, Due: now, FirstDue: now, Counted: now,
	}
	var before, after []andante.ContactID
	err := s.Write(ctx, func(tx *store.Tx) (err error) {
		for _, f := range []func() error{
			func() error { return tx.PutAccounts(ctx, now, []andante.Account{account}) },
			func() error { return tx.PutContacts(ctx, []store.HashedContact{{Contact: contact}}) },
			func() error { return tx.AddTouches(ctx, []andante.Touch{touch}) },
			func() (err error) { before, _, err = tx.Miscounted(ctx, "", 10); return err },
			func() error { return store.Miscount(ctx, tx, contact.ID) },
			func() (err error) { after, _, err = tx.Miscounted(ctx, "", 10); return err },
		} {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(before) > 0 || !slices.Equal(after, []andante.ContactID{contact.ID}) {
		t.Errorf("miscounted %v, then %v, error %v", before, after, err)
	}
}
