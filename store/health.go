package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/andante-hq/andante"
)

// Damage returns what the database finds wrong with its own file; nothing where it is
// sound, and on Postgres, which checks what it reads. It reads the whole file.
func (tx *Tx) Damage(ctx context.Context) ([]string, error) {
	if tx.d.check == "" {
		return nil, nil
	}
	list, err := query(ctx, tx, tx.d.check, nil, scanString[string])
	if len(list) == 1 && list[0] == "ok" {
		list = nil
	}
	return list, err
}

// LastSeen returns when a scheduler looked last, to the minute; the zero time if none
// ever did.
func (tx *Tx) LastSeen(ctx context.Context) (time.Time, error) {
	v, err := tx.meta(ctx, metaSeen)
	if err != nil || v == "" {
		return time.Time{}, err
	}
	n, err := strconv.ParseInt(v, 10, 64)
	return time.UnixMilli(n).UTC(), err
}

// ExpiredLeases returns how many leases were over before an instant of the machine, and
// when the first of them was.
func (tx *Tx) ExpiredLeases(ctx context.Context, before time.Time) (n int, first time.Time, err error) {
	var at sql.NullInt64
	err = tx.row(ctx, "SELECT count(*), min(expires_at) FROM leases WHERE expires_at < $1", []any{ms(before)}, &n, &at)
	return n, instant(at), err
}

// OldestDue returns the touch that has been due for longest and that neither a throttle nor
// a hold keeps back. [andante.ErrNotFound] if there is none.
func (tx *Tx) OldestDue(ctx context.Context, now time.Time) (id andante.TouchID, due time.Time, err error) {
	var at int64
	err = tx.row(ctx, `SELECT t.id, t.waits_at FROM touches t WHERE t.waits_at <= $1
		AND NOT EXISTS (SELECT 1 FROM throttles w WHERE w.lane=t.lane AND (w.domain='' OR w.domain='`+FullLane+`') AND w.next_at > $1)
		AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.released_at IS NULL AND h.from_at <= $1 AND (h.until_at IS NULL OR h.until_at > $1)
			AND (h.scope='everything' OR h.scope='sequence' AND h.key=t.sequence OR h.scope='sender' AND h.key=t.sender AND (h.kind='' OR h.kind=t.kind)
				OR h.scope='import' AND t.kind='email' AND EXISTS (SELECT 1 FROM contacts c WHERE c.id=t.contact_id AND c.import_id=h.key)
				OR h.scope='contact' AND h.key=CAST(t.contact_id AS TEXT) OR h.scope='account' AND h.key=CAST(t.account_id AS TEXT)))
		ORDER BY t.waits_at, t.id LIMIT 1`, []any{ms(now)}, &id, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, andante.ErrNotFound
	}
	return id, time.UnixMilli(at).UTC(), err
}
