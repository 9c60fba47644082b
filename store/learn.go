package store

import (
	"context"
	"strings"
	"time"
)

// learnEvery is how often Postgres is asked which tables it should look at.
const learnEvery = time.Second

// Learn has Postgres look at the tables that have doubled since it last did, so that it
// knows how to find things in them. It looks by itself too, but after a minute or more: until
// then a young store would read whole tables for each of its lookups. Whoever adds or
// changes many rows calls it again and again; at most once a second it does something.
// What goes wrong is left to the next time. SQLite does not ask.
func (s *Store) Learn(ctx context.Context) {
	now, last := s.clock.Wall().UnixMilli(), s.learned.Load()
	lately := now >= last && now-last < learnEvery.Milliseconds() // a clock may be put back
	if s.Postgres() && !lately && s.learned.CompareAndSwap(last, now) {
		_ = s.learn(ctx)
	}
}

// doubled lists the tables of ours that have at least twice the rows that Postgres believes
// in; -1 is what it believes of a table that it never looked at. Whoever does not own one
// would be refused with a warning in the server's log.
const doubled = `SELECT quote_ident(t.relname) FROM pg_stat_user_tables t JOIN pg_class c ON c.oid = t.relid
	WHERE t.schemaname = current_schema() AND pg_has_role(c.relowner, 'USAGE') AND t.n_live_tup > 1000 AND t.n_live_tup > 2 * c.reltuples`

func (s *Store) learn(ctx context.Context) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var alone bool
	if err := tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock(7015266)").Scan(&alone); err != nil || !alone {
		return err
	}
	rows, err := tx.QueryContext(ctx, doubled)
	if err != nil {
		return err
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil || len(tables) == 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, "ANALYZE "+strings.Join(tables, ", ")); err != nil {
		return err
	}
	return tx.Commit()
}
