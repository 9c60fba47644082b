package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

const suppressionColumns = `id, contact_id, address, kind, purpose, reason, source, at`

func scanSuppression(r *sql.Rows) (s andante.Suppression, err error) {
	var contact sql.NullString
	var at int64
	err = r.Scan(&s.ID, &contact, &s.Address, &s.Kind, &s.Purpose, &s.Reason, &s.Source, &at)
	s.Contact, s.At = andante.ContactID(contact.String), time.UnixMilli(at).UTC()
	return s, err
}

// AddSuppressions appends suppressions.
func (tx *Tx) AddSuppressions(ctx context.Context, list []andante.Suppression) error {
	return insert(ctx, tx, "suppressions", suppressionColumns, "", list, func(s andante.Suppression) []any {
		return []any{
			string(s.ID), null(s.Contact), string(s.Address), string(s.Kind), string(s.Purpose), string(s.Reason),
			andante.CleanText(s.Source), ms(s.At),
		}
	})
}

// Suppressions returns what bars these contacts or addresses and is not lifted.
func (tx *Tx) Suppressions(ctx context.Context, contacts []andante.ContactID, addresses []andante.AddressHash) ([]andante.Suppression, error) {
	byContact, err := where(ctx, tx, "SELECT "+suppressionColumns+" FROM suppressions WHERE contact_id IS NOT NULL AND lifted_at IS NULL AND contact_id",
		nil, contacts, "", scanSuppression)
	if err != nil {
		return nil, err
	}
	byAddress, err := where(ctx, tx, "SELECT "+suppressionColumns+" FROM suppressions WHERE address <> '' AND lifted_at IS NULL AND address",
		nil, addresses, "", scanSuppression)
	return append(byContact, byAddress...), err
}

// LiftSuppressions lifts the opt-outs of one kind of these contacts and addresses: whoever said so
// wants it again. What bars every kind stays. It returns how many it lifted.
func (tx *Tx) LiftSuppressions(ctx context.Context, kind andante.Kind, contacts []andante.ContactID, addresses []andante.AddressHash, now time.Time) (n int, err error) {
	const lift = "UPDATE suppressions SET lifted_at=$1 WHERE lifted_at IS NULL AND reason='opted_out' AND kind=$2 AND "
	args := []any{ms(now), string(kind)}
	if n, err = execIn(ctx, tx, lift+"contact_id IS NOT NULL AND contact_id", args, contacts, ""); err != nil {
		return n, err
	}
	more, err := execIn(ctx, tx, lift+"address <> '' AND address", args, addresses, "")
	return n + more, err
}

// LiftBars lifts what was barred for one of these reasons at addresses, and returns how much.
func (tx *Tx) LiftBars(ctx context.Context, addresses []andante.AddressHash, now time.Time, reasons ...andante.Reason) (int, error) {
	quoted := make([]string, len(reasons))
	args := []any{ms(now)}
	for i, r := range reasons {
		args, quoted[i] = append(args, string(r)), fmt.Sprintf("$%d", i+2)
	}
	return execIn(ctx, tx, "UPDATE suppressions SET lifted_at=$1 WHERE lifted_at IS NULL AND address <> '' AND reason IN ("+strings.Join(quoted, ", ")+") AND address", args, addresses, "")
}

const consentColumns = `id, contact_id, kind, purpose, basis, source, wording, at`

func scanConsent(r *sql.Rows) (c andante.Consent, err error) {
	var at int64
	err = r.Scan(&c.ID, &c.Contact, &c.Kind, &c.Purpose, &c.Basis, &c.Source, &c.Wording, &at)
	c.At = time.UnixMilli(at).UTC()
	return c, err
}

// AddConsents appends consent records; one that is there already stays.
func (tx *Tx) AddConsents(ctx context.Context, list []andante.Consent) error {
	return insert(ctx, tx, "consents", consentColumns, "ON CONFLICT (id) DO NOTHING", list, func(c andante.Consent) []any {
		return []any{string(c.ID), string(c.Contact), string(c.Kind), string(c.Purpose), string(c.Basis), c.Source, c.Wording, ms(c.At)}
	})
}

// Consents returns the consent records of these contacts.
func (tx *Tx) Consents(ctx context.Context, contacts []andante.ContactID) ([]andante.Consent, error) {
	return where(ctx, tx, "SELECT "+consentColumns+" FROM consents WHERE contact_id", nil, contacts, "", scanConsent)
}

const holdColumns = `id, scope, key, author, reason, from_at, until_at, released_at, allow, then_do, kind, drop_stale`

func scanHold(r *sql.Rows) (h andante.Hold, err error) {
	var from int64
	var until, released sql.NullInt64
	err = r.Scan(&h.ID, &h.Scope, &h.Key, &h.Author, &h.Reason, &from, &until, &released, &h.Allow, &h.Then, &h.Kind, &h.DropStale)
	h.From, h.Until, h.Released = time.UnixMilli(from).UTC(), instant(until), instant(released)
	return h, err
}

// AddHold appends a hold. Those on the same key that have ended by then count as released:
// every claim and permit reads what is not, and a sender may be refused again and again.
func (tx *Tx) AddHold(ctx context.Context, h andante.Hold) error {
	_, err := tx.exec(ctx, "UPDATE holds SET released_at=until_at WHERE released_at IS NULL AND then_do='' AND scope=$1 AND key=$2 AND until_at <= $3",
		string(h.Scope), h.Key, ms(h.From))
	if err != nil {
		return err
	}
	return insert(ctx, tx, "holds", holdColumns, "", []andante.Hold{h}, func(h andante.Hold) []any {
		return []any{string(h.ID), string(h.Scope), h.Key, h.Author, h.Reason, ms(h.From), ms(h.Until), ms(h.Released), h.Allow, h.Then, string(h.Kind), h.DropStale}
	})
}

// ReleaseHolds ends the holds on a key and returns how many there were.
func (tx *Tx) ReleaseHolds(ctx context.Context, scope andante.HoldScope, key string, now time.Time) (int, error) {
	res, err := tx.exec(ctx, "UPDATE holds SET released_at=$1 WHERE released_at IS NULL AND scope=$2 AND key=$3",
		ms(now), string(scope), key)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// FollowUps returns the holds that are over by an instant and after which a task is to be
// given, in order.
func (tx *Tx) FollowUps(ctx context.Context, now time.Time) ([]andante.Hold, error) {
	return query(ctx, tx, "SELECT "+holdColumns+" FROM holds WHERE "+followUps+" AND until_at <= $1 ORDER BY until_at, id", []any{ms(now)}, scanHold)
}

// followUps holds for the holds after which a task is still to be given.
const followUps = "released_at IS NULL AND then_do <> ''"

// NextFollowUp returns when the next of them is over; the zero time if none is.
func (tx *Tx) NextFollowUp(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	err := tx.row(ctx, "SELECT min(until_at) FROM holds WHERE "+followUps, nil, &at)
	return instant(at), err
}

// ReleaseHold ends one hold.
func (tx *Tx) ReleaseHold(ctx context.Context, id andante.HoldID, now time.Time) error {
	_, err := tx.exec(ctx, "UPDATE holds SET released_at=$1 WHERE released_at IS NULL AND id=$2", ms(now), string(id))
	return err
}

// EndHold marks a hold that is over as released at its end; false: it is already.
func (tx *Tx) EndHold(ctx context.Context, id andante.HoldID) (bool, error) {
	res, err := tx.exec(ctx, "UPDATE holds SET released_at=until_at WHERE released_at IS NULL AND id=$1", string(id))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

const wideHolds = "SELECT " + holdColumns + " FROM holds WHERE released_at IS NULL AND scope IN ('sequence', 'sender', 'import', 'everything')"

// WideHolds returns the holds on sequences, senders, imports and everything.
func (tx *Tx) WideHolds(ctx context.Context) ([]andante.Hold, error) {
	return query(ctx, tx, wideHolds, nil, scanHold)
}

// LockWideHolds returns them too, and keeps them from being released until the
// transaction ends: a release wakes the touches that it finds held, and must find
// those that are held here.
func (tx *Tx) LockWideHolds(ctx context.Context) ([]andante.Hold, error) {
	return query(ctx, tx, wideHolds+tx.d.share, nil, scanHold)
}

// NarrowHolds returns the holds on these contacts and accounts, given by id.
func (tx *Tx) NarrowHolds(ctx context.Context, keys []string) ([]andante.Hold, error) {
	return where(ctx, tx, "SELECT "+holdColumns+" FROM holds WHERE released_at IS NULL AND scope IN ('contact', 'account') AND key", nil, keys, "", scanHold)
}

// HoldHistory returns every hold there ever was on these contacts and accounts, the
// oldest first.
func (tx *Tx) HoldHistory(ctx context.Context, keys []string) ([]andante.Hold, error) {
	return where(ctx, tx, "SELECT "+holdColumns+" FROM holds WHERE scope IN ('contact', 'account') AND key", nil, keys, " ORDER BY from_at, id", scanHold)
}

// AllHolds returns every hold that was not released.
func (tx *Tx) AllHolds(ctx context.Context) ([]andante.Hold, error) {
	return query(ctx, tx, "SELECT "+holdColumns+" FROM holds WHERE released_at IS NULL ORDER BY from_at, id", nil, scanHold)
}

// DropConsent forgets evidence of consent.
func (tx *Tx) DropConsent(ctx context.Context, id andante.ConsentID) error {
	_, err := tx.exec(ctx, "DELETE FROM consents WHERE id=$1", string(id))
	return err
}
