package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/andante-hq/andante"
)

// joining are the changes by which everything of a contact ($1) becomes another's ($2). What each may
// have once goes where the other has it already; what is counted is counted anew.
var joining = []string{
	"DELETE FROM nuggets WHERE contact_id=$1 AND nugget IN (SELECT nugget FROM nuggets WHERE contact_id=$2)",
	"DELETE FROM trials WHERE contact_id=$1 AND EXISTS (SELECT 1 FROM trials WHERE contact_id=$2)",
	"DELETE FROM counted WHERE contact_id=$1 OR contact_id=$2",
	"DELETE FROM addressed WHERE contact_id=$1 OR contact_id=$2",
	"UPDATE attempts SET contact_id=$2 WHERE touch_id IN (SELECT id FROM touches WHERE contact_id=$1)",
	"UPDATE clicks SET contact_id=$2 WHERE touch_id IN (SELECT id FROM touches WHERE contact_id=$1)",
}

// joined are the tables whose rows simply become the other's.
var joined = []string{
	"touches", "enrollments", "events", "conversations", "consents", "suppressions", "answers", "arrivals", "notices", "nuggets", "trials", "former",
}

// Join makes everything of a contact another's, whose account is to, and drops its row. was is what it
// is known by outside, and finds the other from now on. The account that it was in goes if nobody
// is left in it and it is no company. Both accounts must be locked, and no sequence may run for both.
func (tx *Tx) Join(ctx context.Context, keep, drop andante.Contact, was []string) error {
	from, to := string(drop.ID), string(keep.ID)
	for _, text := range joining {
		if _, err := tx.exec(ctx, text, from, to); err != nil {
			return fmt.Errorf("join: %w", err)
		}
	}
	for _, table := range joined {
		if _, err := tx.exec(ctx, "UPDATE "+table+" SET contact_id=$2 WHERE contact_id=$1", from, to); err != nil {
			return fmt.Errorf("join %s: %w", table, err)
		}
	}
	if _, err := tx.exec(ctx, "UPDATE holds SET key=$2 WHERE scope='contact' AND key=$1", from, to); err != nil {
		return err
	}
	if err := tx.MoveRows(ctx, keep.ID, keep.Account); err != nil {
		return err
	}
	if err := tx.recount(ctx, []andante.ContactID{keep.ID}); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "DELETE FROM contacts WHERE id=$1", from); err != nil {
		return err
	}
	err := insert(ctx, tx, "former", "was, contact_id", "ON CONFLICT (was) DO UPDATE SET contact_id=excluded.contact_id", was,
		func(w string) []any { return []any{w, to} })
	if err != nil {
		return err
	}
	// A hold on an account of one's own is one's own.
	_, err = tx.exec(ctx, "UPDATE holds SET scope='contact', key=$2 WHERE scope='account' AND key=$1 AND NOT EXISTS (SELECT 1 FROM contacts WHERE account_id=$3)",
		string(drop.Account), to, string(drop.Account))
	if err != nil {
		return err
	}
	return tx.dropPrivate(ctx, drop.Account)
}

// JoinAccount gives what is left of an account to another: its holds, what was counted of it, and
// its key, which finds the other from now on. It goes when nobody is left in it. Both must be locked.
func (tx *Tx) JoinAccount(ctx context.Context, keep, drop andante.AccountID, key string) error {
	err := insert(ctx, tx, "former", "was, contact_id", "ON CONFLICT (was) DO UPDATE SET contact_id=excluded.contact_id", []string{FormerAccount(key)},
		func(w string) []any { return []any{w, string(keep)} })
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "UPDATE holds SET key=$2 WHERE scope='account' AND key=$1", string(drop), string(keep)); err != nil {
		return err
	}
	for _, text := range []string{
		"UPDATE former SET contact_id=$2 WHERE contact_id=$1",                                                       // what became one with it before
		"UPDATE touches SET account_id=$2 WHERE contact_id IN (SELECT contact_id FROM counted WHERE account_id=$1)", // of who was forgotten
		"UPDATE counted SET account_id=$2 WHERE account_id=$1",
	} {
		if _, err := tx.exec(ctx, text, string(drop), string(keep)); err != nil {
			return err
		}
	}
	return tx.DropAccount(ctx, drop)
}

// dropPrivate takes an account away that nobody is in, unless it is a company: that may come again, and
// what its people got counts then.
func (tx *Tx) dropPrivate(ctx context.Context, id andante.AccountID) error {
	var company bool
	err := tx.row(ctx, "SELECT count(*) > 0 FROM accounts WHERE id=$1 AND business", []any{string(id)}, &company)
	if err != nil || company {
		return err
	}
	return tx.DropAccount(ctx, id)
}

// DropAccount takes an account away, with its holds, if nobody is in it.
func (tx *Tx) DropAccount(ctx context.Context, id andante.AccountID) error {
	_, err := tx.exec(ctx, "DELETE FROM accounts WHERE id=$1 AND NOT EXISTS (SELECT 1 FROM contacts WHERE account_id=$1)", string(id))
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "DELETE FROM former WHERE contact_id=$1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE id=$1)", string(id))
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "DELETE FROM holds WHERE scope='account' AND key=$1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE id=$2)", string(id), string(id))
	return err
}

// FormerID is what stands for an id of the user's own system among those by which somebody was known.
func FormerID(external string) string { return "external:" + external }

// FormerAccount is what stands for the key of an account that became one with another. The table former
// has that other's id beside it.
func FormerAccount(key string) string { return "account:" + key }

// KnownBy returns the hashes by which a contact is, or was, reached, and the other names that find it: what
// stands for the id of one that became one with it.
func (tx *Tx) KnownBy(ctx context.Context, id andante.ContactID) (hashes []andante.AddressHash, names []string, err error) {
	hashes, err = query(ctx, tx, "SELECT address FROM addressed WHERE contact_id=$1", []any{string(id)}, scanString[andante.AddressHash])
	if err != nil {
		return nil, nil, err
	}
	was, err := query(ctx, tx, "SELECT was FROM former WHERE contact_id=$1", []any{string(id)}, scanString[string])
	for _, w := range was {
		if len(w) == 32 {
			hashes = append(hashes, andante.AddressHash(w))
		} else {
			names = append(names, w)
		}
	}
	return hashes, names, err
}

// Former returns who it is now that was known by these: see [Tx.Join].
func (tx *Tx) Former(ctx context.Context, was []string) (map[string]andante.ContactID, error) {
	now := map[string]andante.ContactID{}
	_, err := where(ctx, tx, "SELECT was, contact_id FROM former WHERE was", nil, was, "", func(r *sql.Rows) (struct{}, error) {
		var w string
		var id andante.ContactID
		err := r.Scan(&w, &id)
		now[w] = id
		return struct{}{}, err
	})
	return now, err
}
