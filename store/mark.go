package store

import (
	"context"
	"strconv"
)

// Mark returns the number that grows with each start of a scheduler and each minute of
// its work: of two states of a store the one with the higher mark is the later. 0
// before the first run.
func (tx *Tx) Mark(ctx context.Context) (int64, error) {
	v, err := tx.meta(ctx, metaMark)
	if err != nil || v == "" {
		return 0, err
	}
	return strconv.ParseInt(v, 10, 64)
}

// RaiseMark raises the mark, beyond a number that was seen elsewhere too, and returns
// it. It is never lowered, nor given to two.
func (tx *Tx) RaiseMark(ctx context.Context, seen int64) (mark int64, err error) {
	err = tx.row(ctx, `INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE
		SET value=CAST(CASE WHEN CAST(meta.value AS BIGINT) > $3 THEN CAST(meta.value AS BIGINT) + 1 ELSE $3 + 1 END AS TEXT)
		RETURNING CAST(value AS BIGINT)`, []any{metaMark, strconv.FormatInt(seen+1, 10), seen}, &mark)
	return mark, err
}
