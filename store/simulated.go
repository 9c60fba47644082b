package store

import (
	"context"

	"github.com/andante-hq/andante"
)

// TouchesAfter returns up to n touches in the order of their ids, beginning after the given
// one.
func (tx *Tx) TouchesAfter(ctx context.Context, after andante.TouchID, n int) ([]andante.Touch, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE id > $1 ORDER BY id LIMIT $2", []any{string(after), n}, scanTouch)
}

// TouchesOfContacts returns every touch of some contacts, in no order.
func (tx *Tx) TouchesOfContacts(ctx context.Context, ids []andante.ContactID) ([]andante.Touch, error) {
	return where(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE contact_id", nil, ids, "", scanTouch)
}

// Remove takes accounts out of a copy that is to hold the others only: their contacts,
// enrollments and touches with them. What else is known of them stays, for nothing asks.
func (tx *Tx) Remove(ctx context.Context, accounts []andante.AccountID) error {
	for _, table := range []string{"touches", "enrollments", "counted", "events", "contacts"} {
		if _, err := execIn(ctx, tx, "DELETE FROM "+table+" WHERE account_id", nil, accounts, ""); err != nil {
			return err
		}
	}
	_, err := execIn(ctx, tx, "DELETE FROM accounts WHERE id", nil, accounts, "")
	return err
}
