package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/failpoint"
)

//go:embed migrations
var migrations embed.FS

// Options say how a store is opened.
type Options struct {
	Clock andante.Clock
	// Volatile leaves the flushing of SQLite pages to the operating system:
	// for demo and simulation, where a killed process loses nothing by it and
	// only a crash of the machine would.
	Volatile bool
	// Single has reading and writing share one connection, and so one cache of pages: the
	// fastest for who does one thing after the other, as a simulation does. Nobody else may
	// have the file open.
	Single bool
	// WithoutLocks breaks the store on purpose: rows are not locked. Only the
	// tests set it, to see that the oracles notice.
	WithoutLocks bool
	// Patience is how long a transaction on Postgres may take; 5 minutes if not set.
	Patience time.Duration
}

// Store is an open database. Safe for concurrent use.
type Store struct {
	write *sql.DB // SQLite: one connection; Postgres: the same pool as read
	read  *sql.DB
	d     dialect
	clock andante.Clock
	url   string

	patience time.Duration

	learned atomic.Int64 // when Postgres was last asked, ms; see [Store.Learn]

	// What is prepared on write and on read; nil where the driver keeps its own.
	toWrite, toRead *statements
}

// Open opens a store: postgres://… or the path of an SQLite file, which is made
// if it is missing. It does not migrate; see [Store.Migrate].
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	s := &Store{clock: o.Clock, url: dsn, patience: cmp.Or(o.Patience, 5*time.Minute)}
	var err error
	switch {
	case IsPostgres(dsn):
		err = s.openPostgres(dsn)
	case strings.Contains(dsn, "://"):
		err = errors.New("a store is a postgres:// URL or the path of a file")
	default:
		err = s.openSQLite(dsn, o)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if o.WithoutLocks {
		s.d.lock = ""
	}
	if err := s.write.PingContext(ctx); err != nil {
		s.Close()
		if damaged(err) {
			err = fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// ErrDamaged says that the file of a store can't be read, and how that comes mostly.
var ErrDamaged = errors.New("the file is damaged, or no store; if it was put in the place of another one, the -wal and -shm files beside it were that one's and have spoilt it: remove them, and put it there once more")

func damaged(err error) bool {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return false
	}
	code := lite.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// IsPostgres tells whether dsn names a Postgres database.
func IsPostgres(dsn string) bool {
	scheme, _, ok := strings.Cut(dsn, "://")
	return ok && (strings.EqualFold(scheme, "postgres") || strings.EqualFold(scheme, "postgresql"))
}

// session is what each connection needs. A worker whose machine is gone must not hold
// its accounts for hours, nor make others wait without end; and a permit that is
// committed must outlive a crash of the server, or its mails would go again. To compile a
// statement of a few milliseconds costs more than it can save.
const session = `SET jit=off; SET lock_timeout='10s'; SET idle_in_transaction_session_timeout='20s'; SET synchronous_commit=on;
	SET tcp_keepalives_idle=10; SET tcp_keepalives_interval=5; SET tcp_keepalives_count=3`

func (s *Store) openPostgres(dsn string) (err error) {
	s.d = postgresDialect
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return err
	}
	s.write = stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, session)
		return err
	}))
	s.write.SetMaxOpenConns(16)
	s.write.SetMaxIdleConns(8)
	s.read = s.write
	return nil
}

// patience is how long a transaction waits for its turn on SQLite, in milliseconds.
const patience = "20000"

// singlePage is the size of the pages of a store that one connection keeps in memory: SQLite
// walks through most of its cache at a commit, and half as many pages are half the way.
const singlePage = "8192"

func (s *Store) openSQLite(path string, o Options) (err error) {
	s.d = sqliteDialect
	if err := private(path); err != nil {
		return err
	}
	synchronous, wipes, journal, locking, cache, page := "FULL", "1", "WAL", "NORMAL", "4000", "4096" // cache in KiB, page in bytes
	if o.Volatile {
		synchronous = "OFF"
	}
	if o.Single {
		wipes, journal, locking, cache, page = "0", "MEMORY", "EXCLUSIVE", "256000", singlePage
	}
	q := url.Values{"_pragma": {
		"busy_timeout(" + patience + ")", "page_size(" + page + ")", "locking_mode(" + locking + ")", "journal_mode(" + journal + ")", "synchronous(" + synchronous + ")",
		"secure_delete(" + wipes + ")", "foreign_keys(1)",
		"wal_autocheckpoint(4000)", // pages: what many transactions write is then put into the file once
	}}
	file := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	if s.write, err = sql.Open("sqlite", file+"&_txlock=immediate&_pragma=cache_size(-"+cache+")"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if o.Single {
		s.read = s.write
		s.toWrite = newStatements(s.write)
		s.toRead = s.toWrite
		return nil
	}
	if s.read, err = sql.Open("sqlite", file+"&_txlock=deferred&_pragma=query_only(1)&_pragma=cache_size(-1000)"); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(4)
	s.read.SetMaxIdleConns(4)
	s.toWrite, s.toRead = newStatements(s.write), newStatements(s.read)
	return nil
}

// private makes a new database that only its owner may read: people's addresses are
// in it. SQLite gives its other files the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close closes the database. Transactions must have ended.
func (s *Store) Close() error {
	s.toWrite.close()
	if s.toRead != s.toWrite {
		s.toRead.close()
	}
	err := s.write.Close()
	if s.read != nil && s.read != s.write {
		err = errors.Join(s.read.Close(), err)
	}
	return err
}

// Postgres tells whether the store is a Postgres database, which several
// machines may share.
func (s *Store) Postgres() bool { return s.d.name == "postgres" }

// Migrate brings the schema up to date and returns the names of the migrations
// that ran. Several processes may call it at once.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	p, err := s.provider()
	if err != nil {
		return nil, err
	}
	done, err := up(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var names []string
	for _, r := range done {
		names = append(names, r.Source.Path)
	}
	return names, s.ensureSeed(ctx)
}

// up runs the migrations that are missing. SQLite has no lock that another process
// would wait for, so one that is faster makes ours fail; then we look again.
func up(ctx context.Context, p *goose.Provider) ([]*goose.MigrationResult, error) {
	for {
		before, err := p.GetDBVersion(ctx)
		if err != nil {
			return nil, err
		}
		done, err := p.Up(ctx)
		if err == nil {
			return done, nil
		}
		if after, e := p.GetDBVersion(ctx); e != nil || after == before {
			return nil, err
		}
	}
}

// Pending tells whether the schema is older than this program.
func (s *Store) Pending(ctx context.Context) (bool, error) {
	p, err := s.provider()
	if err != nil {
		return false, err
	}
	return p.HasPending(ctx)
}

func (s *Store) provider() (*goose.Provider, error) {
	sub, err := fs.Sub(migrations, "migrations/"+s.d.name)
	if err != nil {
		return nil, err
	}
	if !s.Postgres() {
		return goose.NewProvider(goose.DialectSQLite3, s.write, sub)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, s.write, sub, goose.WithSessionLocker(locker))
}

// Tx is a transaction. Its methods are the statements of the store; each takes
// a context and returns the database's error as it is.
type Tx struct {
	tx    *sql.Tx
	ends  context.Context // on Postgres: when the transaction may last no longer
	d     dialect
	clock andante.Clock
	then  []func()
	known *statements          // nil: the driver keeps its own
	stmts map[string]*sql.Stmt // of this transaction, by text
	fresh map[string]*sql.Stmt // those of them that are not known yet
}

// Read runs f on a consistent look at the store: everything that f reads is of
// one instant. f must not write, nor lock rows.
func (s *Store) Read(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, s.read, s.toRead, s.d.look, f)
}

// Write runs f in one transaction and commits it if f returns nil. After a
// deadlock or a serialization failure f runs again, at most five times.
func (s *Store) Write(ctx context.Context, f func(*Tx) error) error {
	for try := 1; ; try++ {
		err := s.run(ctx, s.write, s.toWrite, s.d.change, f)
		if err == nil || try == 5 || !conflict(err) {
			return err
		}
		if err := andante.Sleep(ctx, time.Duration(try*try)*5*time.Millisecond); err != nil {
			return err
		}
	}
}

// run ends a transaction on Postgres that lasts too long: a machine that is gone says
// nothing, and whoever waits for its answer would wait for ever.
func (s *Store) run(ctx context.Context, db *sql.DB, known *statements, o *sql.TxOptions, f func(*Tx) error) error {
	tx := &Tx{d: s.d, clock: s.clock, known: known}
	if s.Postgres() {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, s.patience)
		defer cancel()
		tx.ends = ctx
	}
	t, err := db.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	tx.tx = t
	defer func() {
		t.Rollback()
		if len(tx.fresh) > 0 {
			known.learn(tx.fresh)
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	failpoint.Here("commit")
	err = t.Commit()
	failpoint.Here("committed")
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err() // it ended before the commit, and the transaction with it
	}
	if err == nil {
		for _, f := range tx.then {
			f()
		}
	}
	return err
}

// Then has f called once the transaction is committed, and never if it is not.
func (tx *Tx) Then(f func()) { tx.then = append(tx.then, f) }

// conflict tells whether the database asks to try the transaction again.
func conflict(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "55P03" // serialization, deadlock, lock_timeout
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}

// DataFault tells whether err comes from the data of a statement rather than
// from the database, so that a smaller batch may do better.
func DataFault(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		class := pg.Code[:min(2, len(pg.Code))]
		return class == "22" || class == "23" || class == "54" || pg.Code == "21000" // a row twice in one statement
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE:
			return true
		}
	}
	return errors.Is(err, andante.ErrNoID) || errors.Is(err, errPacked)
}

// Alone waits until no other import writes, and keeps the next one waiting until the
// transaction ends: two must not add the same person.
func (tx *Tx) Alone(ctx context.Context) error {
	if tx.d.alone == "" {
		return nil
	}
	_, err := tx.exec(ctx, tx.d.alone)
	return err
}

// Wall returns the clock by which leases end.
func (tx *Tx) Wall(ctx context.Context) (time.Time, error) { return tx.d.wall(ctx, tx) }

// Path is the file of an SQLite store, or the URL of a Postgres one.
func (s *Store) Path() string { return s.url }
