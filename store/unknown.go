package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// An Unknown is a touch whose fate nobody knows, with what the ledger says of its last
// attempt.
type Unknown struct {
	Touch andante.TouchID
	Tried time.Time // when that attempt was permitted
	Code  int       // the server's reply code; 0 without one
	Words string    // its words, or ours
}

// An UnknownFilter narrows touches whose fate nobody knows; what is empty does not.
type UnknownFilter struct {
	Sequence string
	Sender   string
	Before   time.Time // tried before
	Words    string    // what the ledger says
}

// unknowns are the unknown touches with their last attempts.
const unknowns = `(SELECT t.id, t.sequence, t.sender, coalesce(a.started_at, t.settled_at, t.due_at) AS tried, coalesce(a.code, 0) AS code,
	coalesce(a.response, '') AS words FROM touches t LEFT JOIN attempts a ON a.touch_id=t.id AND a.number=t.attempts WHERE t.doubted_at IS NOT NULL) u`

// where writes the filter as conditions behind those whose parameters are args.
func (f UnknownFilter) where(args []any) (string, []any) {
	var b strings.Builder
	add := func(column, op string, v any) {
		args = append(args, v)
		fmt.Fprintf(&b, " AND %s %s $%d", column, op, len(args))
	}
	if f.Sequence != "" {
		add("sequence", "=", f.Sequence)
	}
	if f.Sender != "" {
		add("sender", "=", f.Sender)
	}
	if f.Words != "" {
		add("words", "=", f.Words)
	}
	if !f.Before.IsZero() {
		add("tried", "<", f.Before.UnixMilli())
	}
	return b.String(), args
}

// Unknown returns up to n touches whose fate nobody knows, in the order in which they
// were tried, after the given one; the zero Unknown: from the first on.
func (tx *Tx) Unknown(ctx context.Context, f UnknownFilter, after Unknown, n int) ([]Unknown, error) {
	if after.Touch == "" {
		after.Touch = firstID
	}
	narrow, args := f.where([]any{after.Tried.UnixMilli(), string(after.Touch)})
	text := fmt.Sprintf("SELECT id, tried, code, words FROM %s WHERE (tried > $1 OR tried=$1 AND id > $2)%s ORDER BY tried, id LIMIT $%d", unknowns, narrow, len(args)+1)
	return query(ctx, tx, text, append(args, n), func(r *sql.Rows) (d Unknown, err error) {
		var tried int64
		err = r.Scan(&d.Touch, &tried, &d.Code, &d.Words)
		d.Tried = time.UnixMilli(tried).UTC()
		return d, err
	})
}

// CountAttempted counts the touches that a worker has on the wire, or had when it was lost.
// It reads every touch.
func (tx *Tx) CountAttempted(ctx context.Context) (n int, err error) {
	err = tx.row(ctx, "SELECT count(*) FROM touches WHERE state='attempted'", nil, &n)
	return n, err
}

// CountUnknown counts them.
func (tx *Tx) CountUnknown(ctx context.Context, f UnknownFilter) (n int, err error) {
	narrow, args := f.where(nil)
	err = tx.row(ctx, "SELECT count(*) FROM "+unknowns+" WHERE 1=1"+narrow, args, &n)
	return n, err
}
