package store

import (
	"context"
	"database/sql"
	"time"
)

// dialect is where SQLite and Postgres differ.
type dialect struct {
	name string
	// lock ends a SELECT that locks its rows; skip ends one that passes over
	// locked rows. SQLite has one writer at a time and needs neither.
	// share lets others read and share them, but not change them.
	lock, skip, share string
	// types gives the casts of the arrays in which rows come; nil where they come one by
	// one.
	types map[colType]string
	// among ends a condition on a column: it is one of the keys in a parameter.
	among string
	// look are the options of a transaction that only reads; SQLite's connections
	// for reading need none.
	look *sql.TxOptions
	// change are those of one that writes. A claim reads after it has locked, so it
	// must see what was committed by then, whatever the server's default is.
	change *sql.TxOptions
	// alone, if set, lets one import at a time look for people and add them.
	alone string
	// check, if set, has the database look for damage in its file.
	check string
	// wall reads the clock by which leases end: the database's own where several
	// machines share it, so that no two machines' clocks are ever compared.
	wall func(ctx context.Context, tx *Tx) (time.Time, error)
	// begun counts the first of our tables.
	begun string
	// columns lists the columns of text and of bytes; holds are conditions that a text, in small
	// letters, stands in one: of text, and of bytes (true).
	columns string
	holds   map[bool]string
	// here finds out where the database is: what its file is, or its server.
	here func(ctx context.Context, s *Store) (Home, error)
}

var sqliteDialect = dialect{
	name:  "sqlite",
	among: " IN (SELECT value FROM json_each($%d))",
	wall:  func(_ context.Context, tx *Tx) (time.Time, error) { return tx.clock.Wall().UTC(), nil },
	here:  hereFile,
	check: "PRAGMA quick_check",
	begun: "SELECT count(*) FROM sqlite_master WHERE type='table' AND name='meta'",
	columns: `SELECT m.name, c.name, c.type='BLOB' FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type='table' AND m.name NOT LIKE 'sqlite%' AND c.type IN ('TEXT', 'BLOB') ORDER BY 1, 2`,
	holds: map[bool]string{false: "instr(lower(%s), $%d) > 0", true: "instr(lower(CAST(%s AS TEXT)), $%d) > 0"},
}

var postgresDialect = dialect{
	name:   "postgres",
	among:  "=ANY($%d)",
	lock:   " FOR NO KEY UPDATE",
	share:  " FOR SHARE",
	skip:   " FOR NO KEY UPDATE SKIP LOCKED",
	look:   &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	change: &sql.TxOptions{Isolation: sql.LevelReadCommitted},
	alone:  "SELECT pg_advisory_xact_lock(7015265)",
	types:  map[colType]string{typeText: "::text", typeID: "::uuid", typeInt: "::bigint", typeBool: "::bool", typeFloat: "::float8", typeBytes: "::bytea"},
	wall: func(ctx context.Context, tx *Tx) (time.Time, error) {
		var ms int64
		err := tx.row(ctx, "SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint", nil, &ms)
		return time.UnixMilli(ms).UTC(), err
	},
	begun: "SELECT count(to_regclass('meta'))",
	columns: `SELECT table_name::text, column_name::text, data_type='bytea' FROM information_schema.columns
		WHERE table_schema=current_schema() AND is_generated='NEVER' AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea') ORDER BY 1, 2`,
	holds: map[bool]string{false: "position($%[2]d::text in lower((%[1]s)::text)) > 0", true: "position($%[2]d::text in lower(encode(%[1]s, 'escape'))) > 0"},
	here:  hereDatabase,
}
