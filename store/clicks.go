package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// A Click is a link of a message that something has followed, or its picture that was fetched.
type Click struct {
	ID      andante.EventID
	Contact andante.ContactID
	Touch   andante.TouchID
	Page    string // c: a link, o: the picture
	Target  string // where the link leads
	Machine string // why it is surely no person; empty: it may be one
	At      time.Time
	Judged  bool // it is known who it was
}

const clickColumns = "id, contact_id, touch_id, page, target, machine, at, judged"

// AddClick notes a click.
func (tx *Tx) AddClick(ctx context.Context, c Click) error {
	return insert(ctx, tx, "clicks", clickColumns, "", []Click{c}, func(c Click) []any {
		return []any{string(c.ID), string(c.Contact), string(c.Touch), c.Page, andante.CleanText(c.Target), c.Machine, ms(c.At), c.Judged}
	})
}

// ClickedTouches returns up to n touches of which clicks until an instant are not judged.
func (tx *Tx) ClickedTouches(ctx context.Context, until time.Time, n int) ([]andante.TouchID, error) {
	return query(ctx, tx, "SELECT touch_id FROM clicks WHERE NOT judged AND at <= $1 GROUP BY touch_id ORDER BY min(at), touch_id LIMIT $2", []any{ms(until), n}, scanString[andante.TouchID])
}

// ClicksOf returns the clicks of a touch, the first first.
func (tx *Tx) ClicksOf(ctx context.Context, id andante.TouchID) ([]Click, error) {
	return query(ctx, tx, "SELECT "+clickColumns+" FROM clicks WHERE touch_id=$1 ORDER BY at, id", []any{string(id)}, func(r *sql.Rows) (c Click, err error) {
		var at int64
		err = r.Scan(&c.ID, &c.Contact, &c.Touch, &c.Page, &c.Target, &c.Machine, &at, &c.Judged)
		c.At = time.UnixMilli(at).UTC()
		return c, err
	})
}

// CountClicks returns how many clicks of a touch are noted.
func (tx *Tx) CountClicks(ctx context.Context, id andante.TouchID) (n int, err error) {
	return n, tx.row(ctx, "SELECT count(*) FROM clicks WHERE touch_id=$1", []any{string(id)}, &n)
}

// JudgedClicks notes that it is known who made these clicks.
func (tx *Tx) JudgedClicks(ctx context.Context, ids []andante.EventID) error {
	_, err := execIn(ctx, tx, "UPDATE clicks SET judged=TRUE WHERE id", nil, ids, "")
	return err
}
