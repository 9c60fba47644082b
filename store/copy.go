package store

import (
	"context"
	"fmt"
	"strings"
)

// CopyTo writes the state of the store at one instant into a new SQLite store, while
// others work on: for work that must not touch the original. All of it is copied, the
// leases that are out too.
func (s *Store) CopyTo(ctx context.Context, file string) error {
	if !s.Postgres() {
		return s.vacuumInto(ctx, file, singlePage)
	}
	to, err := Open(ctx, file, Options{Clock: s.clock, Volatile: true, Single: true})
	if err != nil {
		return err
	}
	defer to.Close()
	if _, err := to.Migrate(ctx); err != nil {
		return err
	}
	return s.Read(ctx, func(from *Tx) error {
		return to.Write(ctx, func(tx *Tx) error {
			tables, err := query(ctx, tx, "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY rowid", nil, scanString[string])
			for _, table := range tables {
				if err == nil {
					err = copyTable(ctx, from, tx, table)
				}
			}
			return err
		})
	})
}

// copyTable copies the rows of one table; those with generated columns leave these out.
func copyTable(ctx context.Context, from, to *Tx, table string) error {
	columns, err := query(ctx, to, "SELECT name FROM pragma_table_info('"+table+"')", nil, scanString[string])
	if err != nil {
		return err
	}
	if _, err := to.exec(ctx, "DELETE FROM "+table); err != nil {
		return err
	}
	list := strings.Join(columns, ", ")
	rows, err := from.tx.QueryContext(ctx, "SELECT "+list+" FROM "+table)
	if err != nil {
		return fmt.Errorf("copy %s: %w", table, err)
	}
	defer rows.Close()
	var page [][]any
	flush := func() error {
		err := insert(ctx, to, table, list, "", page, func(row []any) []any { return row })
		page = page[:0]
		return err
	}
	for rows.Next() {
		row, at := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
		if page = append(page, row); len(page) == 1000 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return flush()
}
