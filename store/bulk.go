package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// sizes in which statements over many rows come.
var sizes = [...]int{500, 50, 1}

// chunks calls f with runs of the rows, each of one of the fixed sizes.
func chunks[T any](rows []T, f func([]T) error) error {
	for len(rows) > 0 {
		n := 1
		for _, size := range sizes {
			if len(rows) >= size {
				n = size
				break
			}
		}
		if err := f(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// padded calls f with runs of the keys, filled up to a fixed size by repeating
// the last one: for IN lists, where a repeated key does no harm.
func padded[T any](keys []T, f func([]T) error) error {
	for len(keys) > 0 {
		n := len(keys)
		size := sizes[0]
		for _, s := range sizes {
			if n <= s {
				size = s
			}
		}
		run := make([]T, size)
		used := copy(run, keys)
		for i := used; i < size; i++ {
			run[i] = keys[used-1]
		}
		if err := f(run); err != nil {
			return err
		}
		keys = keys[used:]
	}
	return nil
}

// placeholders writes ($1, $2, …) starting at from, as the database likes it.
func (tx *Tx) placeholders(b *strings.Builder, from, n int) {
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		tx.param(b, from+i)
	}
	b.WriteByte(')')
}

// param writes the next parameter of a long list.
func (tx *Tx) param(b *strings.Builder, n int) {
	if tx.d.unnumbered {
		b.WriteByte('?')
		return
	}
	b.WriteByte('$')
	b.WriteString(strconv.Itoa(n))
}

// insert adds rows to a table. tail may hold an ON CONFLICT clause.
func insert[T any](ctx context.Context, tx *Tx, table, columns, tail string, rows []T, values func(T) []any) error {
	return chunks(rows, func(run []T) error {
		var b strings.Builder
		fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", table, columns)
		var args []any
		for i, r := range run {
			v := values(r)
			if i > 0 {
				b.WriteByte(',')
			}
			tx.placeholders(&b, len(args)+1, len(v))
			args = append(args, v...)
		}
		b.WriteString(" " + tail)
		_, err := tx.tx.ExecContext(ctx, b.String(), args...)
		return err
	})
}

// where runs a query whose text ends in an IN list over keys. before are the
// parameters that the text itself names, $1 up; after follows the list.
func where[T any, K ~string](ctx context.Context, tx *Tx, text string, before []any, keys []K, after string, scan func(*sql.Rows) (T, error)) ([]T, error) {
	var all []T
	err := padded(keys, func(run []K) error {
		var b strings.Builder
		b.WriteString(text)
		tx.placeholders(&b, len(before)+1, len(run))
		b.WriteString(after)
		args := append([]any{}, before...)
		for _, k := range run {
			args = append(args, string(k))
		}
		got, err := query(ctx, tx, b.String(), args, scan)
		all = append(all, got...)
		return err
	})
	return all, err
}

// query runs a statement and scans all its rows.
func query[T any](ctx context.Context, tx *Tx, text string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := tx.tx.QueryContext(ctx, text, args...)
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
		all = append(all, t)
	}
	return all, rows.Err()
}

// execIn runs a statement whose text ends in an IN list over keys and returns
// the number of rows that it changed.
func execIn[K ~string](ctx context.Context, tx *Tx, text string, before []any, keys []K, after string) (int, error) {
	n := 0
	err := padded(keys, func(run []K) error {
		var b strings.Builder
		b.WriteString(text)
		tx.placeholders(&b, len(before)+1, len(run))
		b.WriteString(after)
		args := append([]any{}, before...)
		for _, k := range run {
			args = append(args, string(k))
		}
		res, err := tx.tx.ExecContext(ctx, b.String(), args...)
		if err != nil {
			return err
		}
		changed, err := res.RowsAffected()
		n += int(changed)
		return err
	})
	return n, err
}

// scanString scans a row of one string column.
func scanString[T ~string](r *sql.Rows) (T, error) {
	var s string
	err := r.Scan(&s)
	return T(s), err
}

// column of a bulk update.
type column struct {
	name string
	typ  colType
}

// update sets columns of many rows at once from a list of values. The first
// column is the key; guard is a further condition that may name v.<column>. It
// returns the keys of the rows that were changed.
func update[T any](ctx context.Context, tx *Tx, table string, columns []column, guard string, rows []T, values func(T) []any) ([]string, error) {
	var changed []string
	err := chunks(rows, func(run []T) error {
		text, args := tx.updateText(table, columns, guard, len(run)), []any{}
		for _, r := range run {
			args = append(args, values(r)...)
		}
		got, err := query(ctx, tx, text, args, scanString[string])
		changed = append(changed, got...)
		return err
	})
	return changed, err
}

func (tx *Tx) updateText(table string, columns []column, guard string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "WITH v (")
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.name)
	}
	b.WriteString(") AS (VALUES ")
	p := 0
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j, c := range columns {
			if j > 0 {
				b.WriteByte(',')
			}
			p++
			tx.param(&b, p)
			b.WriteString(tx.d.types[c.typ])
		}
		b.WriteByte(')')
	}
	fmt.Fprintf(&b, ") UPDATE %s SET ", table)
	first := true
	for _, c := range columns[1:] {
		if strings.HasPrefix(c.name, "was_") {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		fmt.Fprintf(&b, "%s=v.%s", c.name, c.name)
	}
	key := columns[0].name
	fmt.Fprintf(&b, " FROM v WHERE %s.%s=v.%s %s RETURNING %s.%s", table, key, key, guard, table, key)
	return b.String()
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
func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only plain structs and maps come here
	}
	return string(b)
}
