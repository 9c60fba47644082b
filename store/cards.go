package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/andante-hq/andante"
)

// A Card is a piece of post that is open: it waits to be printed, or for its batch to be
// posted.
type Card struct {
	Touch  andante.TouchID
	Kind   andante.Kind
	Format string
	Opened time.Time
	Batch  string // empty: it waits to be printed
	Body   string // the piece
}

// A Batch is pieces of post that are printed together.
type Batch struct {
	Name   string
	Kind   andante.Kind
	Format string
	Pieces int // when it was closed
	Closed time.Time
	Posted time.Time // zero: not yet
}

// CardCount is how many pieces of a sort wait to be printed, and since when the oldest does.
type CardCount struct {
	Kind   andante.Kind
	Format string
	Cards  int
	Oldest time.Time
}

const cardColumns = "touch_id, kind, format, opened_at, batch, body"

func scanCard(r *sql.Rows) (c Card, err error) {
	var opened int64
	var batch sql.NullString
	err = r.Scan(&c.Touch, &c.Kind, &c.Format, &opened, &batch, &c.Body)
	c.Opened, c.Batch = time.UnixMilli(opened).UTC(), batch.String
	return c, err
}

// PutCards writes pieces that wait. One that is there stays as it is.
func (tx *Tx) PutCards(ctx context.Context, list []Card) error {
	return insert(ctx, tx, "cards", cardColumns, "ON CONFLICT (touch_id) DO NOTHING", list, func(c Card) []any {
		return []any{string(c.Touch), string(c.Kind), c.Format, ms(c.Opened), null(c.Batch), c.Body}
	})
}

// stillOpen holds for the rows of cards whose touch nobody has taken back.
const stillOpen = "EXISTS (SELECT 1 FROM touches WHERE touches.id=cards.touch_id AND touches.state='open')"

// CountCards counts what waits to be printed, by kind and format.
func (tx *Tx) CountCards(ctx context.Context) ([]CardCount, error) {
	return query(ctx, tx, "SELECT kind, format, count(*), min(opened_at) FROM cards WHERE batch IS NULL AND "+stillOpen+" GROUP BY kind, format ORDER BY kind, format", nil,
		func(r *sql.Rows) (c CardCount, err error) {
			var oldest int64
			err = r.Scan(&c.Kind, &c.Format, &c.Cards, &oldest)
			c.Oldest = time.UnixMilli(oldest).UTC()
			return c, err
		})
}

// WaitingCards returns up to n pieces that wait to be printed, the oldest first.
func (tx *Tx) WaitingCards(ctx context.Context, n int) ([]Card, error) {
	return query(ctx, tx, "SELECT "+cardColumns+" FROM cards WHERE batch IS NULL AND "+stillOpen+" ORDER BY opened_at, touch_id LIMIT $1", []any{n}, scanCard)
}

// UnprintedCards returns every piece that waits to be printed, without its body, in no order.
func (tx *Tx) UnprintedCards(ctx context.Context) ([]Card, error) {
	return query(ctx, tx, "SELECT touch_id, kind, format, opened_at, batch, '' FROM cards WHERE batch IS NULL AND "+stillOpen, nil, scanCard)
}

// CloseBatch puts those of the touches into the batch that wait to be printed and returns how
// many pieces these are; none: there is no such batch then.
func (tx *Tx) CloseBatch(ctx context.Context, b Batch, ids []andante.TouchID) (int, error) {
	n, err := execIn(ctx, tx, "UPDATE cards SET batch=$1 WHERE batch IS NULL AND "+stillOpen+" AND touch_id", []any{b.Name}, ids, "")
	if err != nil || n == 0 {
		return 0, err
	}
	_, err = tx.exec(ctx, "INSERT INTO batches (name, kind, format, pieces, closed_at, posted_at) VALUES ($1, $2, $3, $4, $5, NULL)",
		b.Name, string(b.Kind), b.Format, n, ms(b.Closed))
	return int(n), err
}

// ReopenBatch has the pieces of a batch wait again and forgets it; false: it is posted, or there
// is none such.
func (tx *Tx) ReopenBatch(ctx context.Context, name string) (bool, error) {
	done, err := tx.exec(ctx, "DELETE FROM batches WHERE name=$1 AND posted_at IS NULL", name)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.exec(ctx, "UPDATE cards SET batch=NULL WHERE batch=$1", name)
	return true, err
}

// CardsIn returns up to n pieces of a batch, in the order of their touches, after the given
// one: those that are open, or, if open is false, those that were taken back since it was
// closed.
func (tx *Tx) CardsIn(ctx context.Context, batch string, open bool, after andante.TouchID, n int) ([]Card, error) {
	if after == "" {
		after = firstID
	}
	which := stillOpen
	if !open {
		which = "NOT " + stillOpen
	}
	return query(ctx, tx, "SELECT "+cardColumns+" FROM cards WHERE batch=$1 AND touch_id > $2 AND "+which+" ORDER BY touch_id LIMIT $3", []any{batch, string(after), n}, scanCard)
}

// Cards returns those of these touches that are pieces which wait to be printed or posted, in
// no order.
func (tx *Tx) Cards(ctx context.Context, ids []andante.TouchID) ([]Card, error) {
	return where(ctx, tx, "SELECT "+cardColumns+" FROM cards WHERE touch_id", nil, ids, "", scanCard)
}

// DropCards forgets pieces.
func (tx *Tx) DropCards(ctx context.Context, ids []andante.TouchID) error {
	_, err := execIn(ctx, tx, "DELETE FROM cards WHERE touch_id", nil, ids, "")
	return err
}

// DropWaitingCards forgets those pieces that are in no batch yet.
func (tx *Tx) DropWaitingCards(ctx context.Context, ids []andante.TouchID) error {
	_, err := execIn(ctx, tx, "DELETE FROM cards WHERE batch IS NULL AND touch_id", nil, ids, "")
	return err
}

const batchColumns = "name, kind, format, pieces, closed_at, posted_at"

func scanBatch(r *sql.Rows) (b Batch, err error) {
	var closed int64
	var posted sql.NullInt64
	err = r.Scan(&b.Name, &b.Kind, &b.Format, &b.Pieces, &closed, &posted)
	b.Closed, b.Posted = time.UnixMilli(closed).UTC(), instant(posted)
	return b, err
}

// Batches returns the batches, the latest first: at most n.
func (tx *Tx) Batches(ctx context.Context, n int) ([]Batch, error) {
	return query(ctx, tx, "SELECT "+batchColumns+" FROM batches ORDER BY closed_at DESC, name LIMIT $1", []any{n}, scanBatch)
}

// Batch returns a batch. [andante.ErrNotFound] if there is none of that name.
func (tx *Tx) Batch(ctx context.Context, name string) (Batch, error) {
	list, err := query(ctx, tx, "SELECT "+batchColumns+" FROM batches WHERE name=$1", []any{name}, scanBatch)
	if err == nil && len(list) == 0 {
		err = andante.ErrNotFound
	}
	return append(list, Batch{})[0], err
}

// SetPosted writes when a batch was posted, unless that is written.
func (tx *Tx) SetPosted(ctx context.Context, name string, at time.Time) error {
	_, err := tx.exec(ctx, "UPDATE batches SET posted_at=$2 WHERE name=$1 AND posted_at IS NULL", name, ms(at))
	return err
}

// PutCodes writes what is printed on pieces of post.
func (tx *Tx) PutCodes(ctx context.Context, codes map[string]andante.TouchID) error {
	type row struct {
		code  string
		touch andante.TouchID
	}
	var list []row
	for code, touch := range codes {
		list = append(list, row{code, touch})
	}
	return insert(ctx, tx, "codes", "printed, touch_id", "ON CONFLICT (printed) DO NOTHING", list, func(r row) []any { return []any{r.code, string(r.touch)} })
}

// TouchOfCode returns the touch that a code stands for. [andante.ErrNotFound] if it stands for
// none.
func (tx *Tx) TouchOfCode(ctx context.Context, code string) (t andante.TouchID, err error) {
	err = tx.row(ctx, "SELECT touch_id FROM codes WHERE printed=$1", []any{code}, &t)
	if errors.Is(err, sql.ErrNoRows) {
		err = andante.ErrNotFound
	}
	return t, err
}
