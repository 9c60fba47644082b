package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/andante-hq/andante"
)

// A list of keys or of rows goes to the database as few parameters, so that one text
// serves lists of any length: Postgres takes an array for each column, SQLite takes the
// keys as JSON and the rows one by one, which is what it does fastest. A key stands once in
// a list of rows: what comes of two is not the same on both.

// arrays are the values of some rows by column, in the types that Postgres is told. It
// takes them in its own binary form.
func arrays(columns []string, rows [][]any) (list []any, err error) {
	list = make([]any, len(columns))
	for j, c := range columns {
		switch typeOf(c) {
		case typeID:
			list[j] = column(rows, j, func(v any) pgtype.UUID {
				u, e := uuidOf(v.(string))
				err = errors.Join(err, e)
				return u
			})
		case typeInt:
			list[j] = column(rows, j, func(v any) pgtype.Int8 { return pgtype.Int8{Int64: integer(v), Valid: true} })
		case typeBool:
			list[j] = column(rows, j, func(v any) pgtype.Bool { return pgtype.Bool{Bool: v.(bool), Valid: true} })
		case typeFloat:
			list[j] = column(rows, j, func(v any) pgtype.Float8 { return pgtype.Float8{Float64: v.(float64), Valid: true} })
		case typeBytes:
			list[j] = column(rows, j, func(v any) []byte { return v.([]byte) })
		default:
			list[j] = column(rows, j, func(v any) pgtype.Text { return pgtype.Text{String: v.(string), Valid: true} })
		}
	}
	return list, err
}

// column takes one column out of some rows. The zero value of T stands for nil.
func column[T any](rows [][]any, j int, of func(any) T) pgtype.FlatArray[T] {
	list := make(pgtype.FlatArray[T], len(rows))
	for i, r := range rows {
		if r[j] != nil {
			list[i] = of(r[j])
		}
	}
	return list
}

// uuidOf is an id as Postgres is told it; empty: none.
func uuidOf(id string) (u pgtype.UUID, err error) {
	if id != "" {
		u.Bytes, err = andante.IDBytes(id)
		u.Valid = true
	}
	return u, err
}

func integer(v any) int64 {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	panic(fmt.Sprintf("store: %T is no integer", v)) // a bug in the caller
}

// unnest writes the rows that [arrays] has taken apart.
func (tx *Tx) unnest(columns []string) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = fmt.Sprintf("$%d%s[]", i+1, tx.d.types[typeOf(c)])
	}
	return "unnest(" + strings.Join(list, ", ") + ")"
}

// each runs a text for each row. A long list can't be interrupted within a row.
func (tx *Tx) each(ctx context.Context, text string, rows [][]any, done func(i int, changed bool)) error {
	within := context.WithoutCancel(ctx) // else each row costs a goroutine
	for i, r := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		res, err := tx.exec(within, text, r...)
		if err != nil {
			return err
		}
		if done == nil {
			continue
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		done(i, n > 0)
	}
	return nil
}

// insert adds rows to a table. tail may hold an ON CONFLICT clause.
func insert[T any](ctx context.Context, tx *Tx, table, columns, tail string, list []T, values func(T) []any) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]any, len(list))
	for i, t := range list {
		rows[i] = values(t)
	}
	cols := names(columns)
	if tx.d.types == nil {
		marks := strings.TrimSuffix(strings.Repeat("?,", len(cols)), ",")
		return tx.each(ctx, "INSERT INTO "+table+" ("+columns+") VALUES ("+marks+") "+tail, rows, nil)
	}
	args, err := arrays(cols, rows)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "INSERT INTO "+table+" ("+columns+") SELECT * FROM "+tx.unnest(cols)+" "+tail, args...)
	return err
}

// update sets columns of many rows at once. The first column is the key. A column named
// was_X is not set: X must be that, or the row is left alone; nil: it may be anything.
// guard is a further condition. It returns the keys of the rows that were changed.
func update[T any](ctx context.Context, tx *Tx, table, columns, guard string, list []T, values func(T) []any) ([]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	cols := names(columns)
	rows := make([][]any, len(list))
	for i, t := range list {
		rows[i] = values(t)
	}
	if tx.d.types == nil {
		return tx.updateEach(ctx, table, cols, guard, rows)
	}
	var set, must []string
	for _, c := range cols[1:] {
		if was, ok := strings.CutPrefix(c, "was_"); ok {
			must = append(must, fmt.Sprintf(" AND (v.%s IS NULL OR %s.%s=v.%s)", c, table, was, c))
		} else {
			set = append(set, c+"=v."+c)
		}
	}
	text := fmt.Sprintf("UPDATE %[1]s SET %[2]s FROM %[3]s AS v (%[4]s) WHERE %[1]s.%[5]s=v.%[5]s%[6]s %[7]s RETURNING %[1]s.%[5]s",
		table, strings.Join(set, ", "), tx.unnest(cols), strings.Join(cols, ", "), cols[0], strings.Join(must, ""), guard)
	args, err := arrays(cols, rows)
	if err != nil {
		return nil, err
	}
	return query(ctx, tx, text, args, scanString[string])
}

// updateEach is update where a row at a time is fastest.
func (tx *Tx) updateEach(ctx context.Context, table string, cols []string, guard string, rows [][]any) ([]string, error) {
	var set, must []string
	var setAt, mustAt []int // where the values stand in a row
	for j, c := range cols[1:] {
		if was, ok := strings.CutPrefix(c, "was_"); ok {
			must, mustAt = append(must, fmt.Sprintf(" AND %[1]s IS coalesce(?, %[1]s)", was)), append(mustAt, j+1)
		} else {
			set, setAt = append(set, c+"=?"), append(setAt, j+1)
		}
	}
	text := "UPDATE " + table + " SET " + strings.Join(set, ", ") + " WHERE " + cols[0] + "=?" + strings.Join(must, "") + " " + guard
	order := append(append(setAt, 0), mustAt...)
	args := make([][]any, len(rows))
	for i, r := range rows {
		args[i] = make([]any, len(order))
		for j, at := range order {
			args[i][j] = r[at]
		}
	}
	var changed []string
	err := tx.each(ctx, text, args, func(i int, did bool) {
		if did {
			changed = append(changed, rows[i][0].(string))
		}
	})
	return changed, err
}

// among ends a condition on a column: it is one of the keys in the n-th parameter.
func (tx *Tx) among(n int) string { return fmt.Sprintf(tx.d.among, n) }

// keyList makes that parameter.
func keyList[K ~string](tx *Tx, keys []K) (any, error) {
	if tx.d.types != nil && isID[K]() {
		ids := make(pgtype.FlatArray[pgtype.UUID], len(keys))
		for i, k := range keys {
			var err error
			if ids[i], err = uuidOf(string(k)); err != nil {
				return nil, err
			}
		}
		return ids, nil
	}
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = string(k)
	}
	if tx.d.types == nil {
		return toJSON(list), nil
	}
	return list, nil
}

// isID tells whether a type of key is that of an id.
func isID[K ~string]() bool {
	switch any(K("")).(type) {
	case andante.ContactID, andante.AccountID, andante.EnrollmentID, andante.TouchID, andante.LeaseID,
		andante.EventID, andante.HoldID, andante.SuppressionID, andante.ConsentID, andante.VerdictID:
		return true
	}
	return false
}

// where runs a query whose text ends in a column that must be one of the keys. before
// are the parameters that the text itself names, $1 up; after follows the condition.
func where[T any, K ~string](ctx context.Context, tx *Tx, text string, before []any, keys []K, after string, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	n := len(before) + 1
	list, err := keyList(tx, keys)
	if err != nil {
		return nil, err
	}
	return queryAbout(ctx, tx, len(keys), text+tx.among(n)+after, append(before[:n-1:n-1], list), scan)
}

// query runs a statement and scans all its rows.
func query[T any](ctx context.Context, tx *Tx, text string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	return queryAbout(ctx, tx, 0, text, args, scan)
}

// queryAbout is query where about n rows are expected.
func queryAbout[T any](ctx context.Context, tx *Tx, n int, text string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := tx.rows(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		t, err := scan(rows)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = make([]T, 0, n)
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// execIn runs a statement whose text ends in a column that must be one of the keys and
// returns the number of rows that it changed.
func execIn[K ~string](ctx context.Context, tx *Tx, text string, before []any, keys []K, after string) (int, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	n := len(before) + 1
	list, err := keyList(tx, keys)
	if err != nil {
		return 0, err
	}
	res, err := tx.exec(ctx, text+tx.among(n)+after, append(before[:n-1:n-1], list)...)
	if err != nil {
		return 0, err
	}
	changed, err := res.RowsAffected()
	return int(changed), err
}

// firstID is before every id: where a list that is read page by page begins.
const firstID = "00000000-0000-0000-0000-000000000000"

// scanString scans a row of one string column.
func scanString[T ~string](r *sql.Rows) (T, error) {
	var s string
	err := r.Scan(&s)
	return T(s), err
}

// ms turns a time into a column's value; the zero time is NULL.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// instant turns a column's value into a time; NULL is the zero time.
func instant(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.UnixMilli(v.Int64).UTC()
}

// null turns an empty id into NULL.
func null[T ~string](id T) any {
	if id == "" {
		return nil
	}
	return string(id)
}

// toJSON writes what can't fail to be written.
// orEmpty writes a value as JSON; nothing for one that has nothing to say.
func orEmpty(v any) string {
	if s := toJSON(v); s != "{}" {
		return s
	}
	return ""
}

// fromJSON reads what [orEmpty] wrote.
func fromJSON(s string, v any) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), v)
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only plain structs and maps come here
	}
	return string(b)
}
