package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/worker"
	"github.com/andante-hq/andante/workspace"
)

// KeysFile is where a workspace keeps its keyring.
const KeysFile = "secrets/andante.keys"

// Options say how an engine is opened. Only Dir is needed.
type Options struct {
	Dir   string // of the workspace
	Clock andante.Clock
	Log   *slog.Logger

	// Config overrides what andante.yaml and the environment say, if set.
	Config func(*workspace.Config)
	// Begun says that the store must have been begun: one that is missing, or empty, is
	// not made but refused with [ErrNoStore].
	Begun bool
	// Email overrides the mail server's connection, if set.
	Email func(*email.Config)

	Scheduler   scheduler.Options
	Worker      worker.Options
	Concurrency int  // leases worked at a time, and half as many urgent ones besides; each uses one connection
	Volatile    bool // see [store.Options]
	Single      bool // see [store.Options]
	Ungoverned  bool // no limits, gaps, cool-downs and ease
	SandboxRest bool // kinds that no channel sends yet are written into the folder outbox

	// blind, if set, is told of each message that would be sent. Nothing is sent then, and
	// nothing is written: what a machine sends is taken and forgotten, the rest is a task.
	blind func(channels.Sealed)

	WithoutLocks bool // breaks the store on purpose, for tests
}

// Engine is an open workspace with its store. Commands use its Ops; Run makes it
// send.
type Engine struct {
	Config   *workspace.Config
	Store    *store.Store
	Ops      *ops.Ops
	Clock    andante.Clock
	Registry *prometheus.Registry

	o       Options
	root    *os.Root
	log     *slog.Logger
	journal *worker.Journal

	tokens    tokens      // of the logins of this process
	forgetful atomic.Bool // it was told that nothing remembers the store's mark
}

// ErrNoStore says that a store that must have been begun is not there.
var ErrNoStore = errors.New("there is no store")

// Open opens the workspace's store beside whoever else has it open. It fails with
// a hint if the schema is older than the program, unless the store is new.
func Open(ctx context.Context, o Options) (*Engine, error) {
	o = o.defaults()
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open workspace: %w", err)
	}
	e := &Engine{o: o, root: root, log: o.Log, Clock: o.Clock, Registry: prometheus.NewRegistry()}
	e.journal = worker.NewJournal(e.log, e.Registry)
	if err := e.open(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

func (o Options) defaults() Options {
	if o.Clock == nil {
		o.Clock = andante.SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Concurrency = cmp.Or(o.Concurrency, 4)
	o.Scheduler = o.Scheduler.Defaults()
	o.Worker.LeaseTime = cmp.Or(o.Worker.LeaseTime, o.Scheduler.LeaseTime)
	return o
}

func (e *Engine) open(ctx context.Context) (err error) {
	if e.Config, err = workspace.Machine(e.root.FS()); err != nil {
		return err
	}
	if e.o.Config != nil {
		e.o.Config(e.Config)
	}
	keys, err := readKeys(e.root.FS())
	if err != nil {
		return err
	}
	dsn := storeAt(e.o.Dir, e.Config)
	if missing(dsn) {
		if err := e.mayBegin(dsn); err != nil {
			return err
		}
	}
	e.Store, err = store.Open(ctx, dsn, store.Options{Clock: e.Clock, Volatile: e.o.Volatile, Single: e.o.Single, WithoutLocks: e.o.WithoutLocks})
	if err != nil {
		return err
	}
	if err := e.schema(ctx); err != nil {
		return err
	}
	if err := e.checkKeys(ctx, keys); err != nil {
		return err
	}
	e.Ops = ops.New(e.Store, e.Clock, keys)
	e.Ops.Note = e.journal.Settled
	e.Ops.Ungoverned = e.o.Ungoverned
	e.Ops.Tells = e.Config.Deliver.Mode == "live" && len(e.Config.Deliver.Only) == 0 && !e.o.Volatile
	e.Ops.Carried = e.Config.Deliver.Mode == "live" && e.Config.Channels.Cards.Driver == "lob"
	return nil
}

func readKeys(fsys fs.FS) (*ops.Keyring, error) {
	text, err := fs.ReadFile(fsys, KeysFile)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w; restore the file from your backup, or copy it from another machine, for every one needs the same; a new workspace's are made by `andante init`", err)
	}
	return ops.ParseKeyring(text)
}

// storeAt is the store that a machine's configuration names, seen from anywhere.
func storeAt(dir string, c *workspace.Config) string {
	if store.IsPostgres(c.Store) || filepath.IsAbs(c.Store) {
		return c.Store
	}
	return filepath.Join(dir, c.Store)
}

// missing tells whether an SQLite store is not there, or a file without a byte.
func missing(dsn string) bool {
	if store.IsPostgres(dsn) {
		return false
	}
	info, err := os.Stat(dsn)
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// mayBegin tells why no store is begun where there is none.
func (e *Engine) mayBegin(dsn string) error {
	if r := e.gone(dsn); r != nil {
		return r
	}
	if e.o.Begun {
		return fmt.Errorf("%w at %s: `andante publish` makes it; if there was one, see `store:` in andante.yaml and ANDANTE_STORE", ErrNoStore, calledStore(dsn))
	}
	return nil
}

// calledStore is what people call a store: its file, or its URL without a password.
func calledStore(dsn string) string {
	if store.IsPostgres(dsn) {
		return workspace.Hide(dsn)
	}
	if full, err := filepath.Abs(dsn); err == nil {
		return full
	}
	return dsn
}

// schema makes the tables of a new store, and asks for `andante migrate` before it
// touches those of an old one.
func (e *Engine) schema(ctx context.Context) error {
	empty, err := e.Store.Empty(ctx)
	if err != nil {
		return err
	}
	if empty {
		if err := e.mayBegin(e.Store.Path()); err != nil {
			return err
		}
		_, err = e.Store.Migrate(ctx)
		return err
	}
	pending, err := e.Store.Pending(ctx)
	if err == nil && pending {
		err = errors.New("the store's schema is older than this program: make a backup, then run `andante migrate`")
	}
	return err
}

// checkKeys refuses keys other than those that the store was begun with: with them
// neither old opt-outs nor links in mails that are out would be recognised.
func (e *Engine) checkKeys(ctx context.Context, keys *ops.Keyring) error {
	print, was := keys.Print(), ""
	look := func(tx *store.Tx) (err error) {
		was, err = tx.KeysPrint(ctx)
		return err
	}
	err := e.Store.Read(ctx, look)
	if err == nil && was == "" {
		err = e.Store.Write(ctx, func(tx *store.Tx) error {
			if err := look(tx); err != nil || was != "" {
				return err // somebody else was first
			}
			was = print
			return tx.SetKeysPrint(ctx, print)
		})
	}
	if err == nil && was != print {
		err = fmt.Errorf("%s holds another address key than this store was begun with: old opt-outs would not be recognised; copy the file from the machine that has the right one", KeysFile)
	}
	return err
}

// Close closes the store.
func (e *Engine) Close() error {
	var err error
	if e.Store != nil {
		err = e.Store.Close()
	}
	return errors.Join(err, e.root.Close())
}

// FS is the workspace's folder, from which nothing outside can be read.
func (e *Engine) FS() fs.FS { return e.root.FS() }

// checkCalendar refuses to mix live work with a demo's store.
func (e *Engine) checkCalendar(ctx context.Context, demo bool) error {
	return e.Store.Read(ctx, func(tx *store.Tx) error {
		at, err := tx.Calendar(ctx)
		if err == nil && !at.IsZero() && !demo {
			err = fmt.Errorf("this store belongs to a demo whose calendar stands at %s; it never sends for real", at.Format(time.DateOnly))
		}
		return err
	})
}

// FollowDemo sets the clock to a demo's calendar, so that what reads its store
// sees it as it stands.
func (e *Engine) FollowDemo(ctx context.Context) error {
	return e.Store.Read(ctx, func(tx *store.Tx) error {
		at, err := tx.Calendar(ctx)
		if err == nil && !at.IsZero() {
			e.Clock = andante.NewJumpClock(at)
			e.Ops.Clock = e.Clock
		}
		return err
	})
}
