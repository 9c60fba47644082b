package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// dialect is where SQLite and Postgres differ.
type dialect struct {
	name string
	// lock ends a SELECT that locks its rows; skip ends one that passes over
	// locked rows. SQLite has one writer at a time and needs neither.
	// share lets others read and share them, but not change them.
	lock, skip, share string
	// types gives the cast of a bulk update's value; nil where values need none.
	types map[colType]string
	// unnumbered writes the parameters of long lists as ? in order. SQLite takes
	// $N for a name and looks each one up in a list, which takes seconds for
	// thousands.
	unnumbered bool
	// look are the options of a transaction that only reads; SQLite's connections
	// for reading need none.
	look *sql.TxOptions
	// change are those of one that writes. A claim reads after it has locked, so it
	// must see what was committed by then, whatever the server's default is.
	change *sql.TxOptions
	// alone, if set, lets one import at a time look for people and add them.
	alone string
	// wall reads the clock by which leases end: the database's own where several
	// machines share it, so that no two machines' clocks are ever compared.
	wall func(ctx context.Context, tx *sql.Tx, c andante.Clock) (time.Time, error)
}

type colType int

const (
	typeText colType = iota
	typeID
	typeInt
)

var sqliteDialect = dialect{
	name:       "sqlite",
	unnumbered: true,
	wall:       func(_ context.Context, _ *sql.Tx, c andante.Clock) (time.Time, error) { return c.Wall().UTC(), nil },
}

var postgresDialect = dialect{
	name:   "postgres",
	lock:   " FOR NO KEY UPDATE",
	share:  " FOR SHARE",
	skip:   " FOR NO KEY UPDATE SKIP LOCKED",
	look:   &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	change: &sql.TxOptions{Isolation: sql.LevelReadCommitted},
	alone:  "SELECT pg_advisory_xact_lock(7015265)",
	types:  map[colType]string{typeText: "::text", typeID: "::uuid", typeInt: "::bigint"},
	wall: func(ctx context.Context, tx *sql.Tx, _ andante.Clock) (time.Time, error) {
		var ms int64
		err := tx.QueryRowContext(ctx, "SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint").Scan(&ms)
		return time.UnixMilli(ms).UTC(), err
	},
}
