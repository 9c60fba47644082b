package store_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/store/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.Store { return migrated(t, sqlite(t)) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.Store { return migrated(t, testdb.Postgres(t)) })
}

// eachDatabase runs a test on a fresh SQLite file and on a fresh Postgres
// database, without tables.
func eachDatabase(t *testing.T, run func(t *testing.T, dsn string)) {
	t.Parallel()
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": sqlite, "postgres": testdb.Postgres} {
		if testing.Short() && name == "postgres" {
			continue // the race detector, which is short of time, learns nothing more from it
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, dsn(t))
		})
	}
}

// sqlite returns the path of a file that is not there yet, in a folder whose name
// must be escaped in a URL.
func sqlite(t testing.TB) string { return filepath.Join(t.TempDir(), "a b%20?#ü.db") }

func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{Clock: andante.SystemClock{}, Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func migrated(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s := open(t, dsn)
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// The suite must call every method of a transaction.
func TestSuiteIsComplete(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("storetest/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of the suite, error %v", len(files), err)
	}
	called := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := call.X.(*ast.Ident); ok && x.Name == "tx" {
					called[call.Sel.Name] = true
				}
			}
			return true
		})
	}
	for m := range reflect.TypeFor[*store.Tx]().Methods() {
		if !called[m.Name] {
			t.Errorf("Tx.%s is not called", m.Name)
		}
	}
}

func TestMigrateUpDownUp(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		s := open(t, dsn)
		state := func(wantPending, wantEmpty bool) {
			t.Helper()
			pending, err1 := s.Pending(ctx)
			empty, err2 := s.Empty(ctx)
			if err := errors.Join(err1, err2); err != nil || pending != wantPending || empty != wantEmpty {
				t.Errorf("pending %v, empty %v, error %v; want %v, %v", pending, empty, err, wantPending, wantEmpty)
			}
		}
		up := func() andante.Seed {
			t.Helper()
			ran, err := s.Migrate(ctx)
			if diff := cmp.Diff([]string{"00001_first.sql"}, ran); err != nil || diff != "" {
				t.Fatalf("migrate: error %v, ran (-want +got):\n%s", err, diff)
			}
			var seed andante.Seed
			if err := s.Read(ctx, func(tx *store.Tx) (err error) { seed, err = tx.Seed(ctx); return err }); err != nil {
				t.Fatal(err)
			}
			return seed
		}
		state(true, true)
		first := up()
		state(false, false)
		if err := s.MigrateDown(ctx); err != nil {
			t.Fatal(err)
		}
		state(true, true)
		if second := up(); second == first || second == "" {
			t.Errorf("seeds %q and %q: the second store is not a new one", first, second)
		}
		state(false, false)
	})
}

// Several processes may open and migrate a new store at once.
func TestMigrateAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		const n = 4
		stores, errs, seeds := make([]*store.Store, n), make([]error, n), make([]andante.Seed, n)
		for i := range stores {
			stores[i] = open(t, dsn)
		}
		var wg sync.WaitGroup
		for i, s := range stores {
			wg.Go(func() {
				_, err := s.Migrate(t.Context())
				errs[i] = errors.Join(err, s.Read(t.Context(), func(tx *store.Tx) (err error) {
					seeds[i], err = tx.Seed(t.Context())
					return err
				}))
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		for _, seed := range seeds {
			if seed != seeds[0] || seed == "" {
				t.Errorf("seeds %q", seeds)
				break
			}
		}
	})
}

// What is written stands in the database, not in the connection.
func TestOpenAgain(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		s := migrated(t, dsn)
		if err := s.Write(ctx, func(tx *store.Tx) error { return tx.SetSeed(ctx, "kept") }); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		var seed andante.Seed
		again := open(t, dsn)
		if err := again.Read(ctx, func(tx *store.Tx) (err error) { seed, err = tx.Seed(ctx); return err }); err != nil || seed != "kept" {
			t.Errorf("seed %q, error %v", seed, err)
		}
		err := s.Write(ctx, func(*store.Tx) error { return nil })
		if err == nil || store.DataFault(err) {
			t.Errorf("a closed store: error %v, fault of the data %v", err, store.DataFault(err))
		}
	})
}

func TestWriteRunsAgain(t *testing.T) {
	t.Parallel()
	s := migrated(t, sqlite(t))
	code := func(c string) error { return fmt.Errorf("write: %w", &pgconn.PgError{Code: c}) }
	always := func(err error) []error { return []error{err, err, err, err, err, err, err} }
	other := errors.New("another error")
	for _, c := range []struct {
		name string
		errs []error // of the runs, in order
		want int     // runs
		err  error
	}{
		{"no error", []error{nil}, 1, nil},
		{"a serialization failure", []error{code("40001"), nil}, 2, nil},
		{"deadlocks", []error{code("40P01"), code("40P01"), nil}, 3, nil},
		{"deadlocks without end", always(code("40P01")), 5, code("40P01")},
		{"a unique key", []error{code("23505"), nil}, 1, code("23505")},
		{"another error", []error{other, nil}, 1, other},
		{"another error in the second run", []error{code("40001"), other, nil}, 2, other},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			err := s.Write(t.Context(), func(*store.Tx) error { runs++; return c.errs[runs-1] })
			if runs != c.want || fmt.Sprint(err) != fmt.Sprint(c.err) {
				t.Errorf("%d runs, error %v; want %d, %v", runs, err, c.want, c.err)
			}
		})
	}
	t.Run("not after the end of its context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		runs := 0
		err := s.Write(ctx, func(*store.Tx) error { runs++; cancel(); return code("40001") })
		if runs != 1 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d runs, error %v", runs, err)
		}
	})
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{filepath.Join(t.TempDir(), "no such folder", "andante.db"), "postgres://nobody@127.0.0.1:1/andante?connect_timeout=1"} {
		s, err := store.Open(t.Context(), dsn, store.Options{Clock: andante.SystemClock{}})
		if err == nil {
			s.Close()
			t.Errorf("%s is open", dsn)
		}
	}
}
