package engine

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andante-hq/andante/doctor"
	"github.com/andante-hq/andante/examples"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// examined looks at a fresh workspace, offline, and returns what the named check found.
func examined(t *testing.T, dir, check string, config func(*workspace.Config)) doctor.Finding {
	t.Helper()
	found, err := Examine(t.Context(), Options{Dir: dir, Config: config}, DoctorOptions{Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(found, func(f doctor.Finding) bool { return f.Check == check })
	if i < 0 {
		t.Fatalf("%s says nothing: %+v", check, found)
	}
	return found[i]
}

func freshWorkspace(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "w")
	if err := Init(dir, examples.Quickstart); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Real servers are found in order.
func TestExamineServers(t *testing.T) {
	t.Parallel()
	postgres, redis := testdb.Postgres(t), testdb.Redis(t)
	dir := freshWorkspace(t)
	config := func(c *workspace.Config) { c.Store, c.Redis = postgres, redis }
	if f := examined(t, dir, "store", config); f.Level != doctor.Notice || f.Found != "the store is empty" {
		t.Errorf("%+v", f)
	}
	e, err := Open(context.WithoutCancel(t.Context()), Options{Dir: dir, Config: config})
	if err == nil {
		err = e.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for check, want := range map[string]string{"store": "Postgres answers", "redis": "Redis answers, version ", "clock": "agrees", "leases": "no lease"} {
		if f := examined(t, dir, check, config); f.Level != doctor.OK || !strings.Contains(f.Found, want) {
			t.Errorf("%+v, want %q", f, want)
		}
	}
}

// A store that must have been begun is not made of a database that holds nothing of ours,
// and looking does not change it.
func TestNoStore(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "other.db") },
		"postgres": func(t *testing.T) string { return testdb.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, at := freshWorkspace(t), dsn(t)
			config := func(c *workspace.Config) { c.Store = at }
			driver := "sqlite"
			if store.IsPostgres(at) {
				driver = "pgx"
			}
			db, err := sql.Open(driver, at)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE bookmarks (id BIGINT)"); err != nil {
				t.Fatal(err)
			}
			e, err := Open(t.Context(), Options{Dir: dir, Config: config, Begun: true})
			if err == nil {
				e.Close()
			}
			if !errors.Is(err, ErrNoStore) {
				t.Errorf("error %v", err)
			}
			if f := examined(t, dir, "store", config); f.Level != doctor.Notice || f.Found != "the store is empty" {
				t.Errorf("%+v", f)
			}
			if _, err := db.ExecContext(t.Context(), "SELECT 1 FROM goose_db_version"); err == nil {
				t.Error("it has a table of ours")
			}
			if e, err = Open(t.Context(), Options{Dir: dir, Config: config}); err != nil {
				t.Fatal(err)
			}
			e.Close()
			if e, err = Open(t.Context(), Options{Dir: dir, Config: config, Begun: true}); err != nil {
				t.Fatal(err)
			}
			e.Close()
		})
	}
}

// Servers that are away are told of, and nothing that their URLs hold.
func TestExamineServersThatAreAway(t *testing.T) {
	t.Parallel()
	dir := freshWorkspace(t)
	config := func(c *workspace.Config) {
		c.Store, c.Redis = "postgres://me:canary@127.0.0.1:1/db?connect_timeout=2", "redis://:canary@127.0.0.1:1/0"
	}
	for _, check := range []string{"store", "redis"} {
		if f := examined(t, dir, check, config); f.Level != doctor.Problem || f.Do == "" || strings.Contains(f.Found, "canary") {
			t.Errorf("%+v", f)
		}
	}
}
