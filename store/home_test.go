package store_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

func here(t *testing.T, s *store.Store) store.Home {
	t.Helper()
	h, err := s.Here(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHomeDiffers(t *testing.T) {
	t.Parallel()
	file := store.Home{Machine: "m", File: "7", Born: "b", FileSystem: "f"}
	base := store.Home{System: "99", Database: "andante", OID: "5", Address: "db:5432"}
	change := func(h store.Home, f func(*store.Home)) store.Home { f(&h); return h }
	for _, c := range []struct {
		name string
		h, o store.Home
		want []string
	}{
		{"the same file", file, file, nil},
		{"another machine", file, change(file, func(h *store.Home) { h.Machine = "n" }), []string{"machine n instead of m"}},
		{"a machine without an id", file, change(file, func(h *store.Home) { h.Machine = "" }), nil},
		{"another file", file, change(file, func(h *store.Home) { h.File, h.Born = "8", "c" }), []string{"file 8 instead of 7", "file born c instead of b"}},
		{"a number that came again", file, change(file, func(h *store.Home) { h.Born = "c" }), []string{"file born c instead of b"}},
		{"a disk that has another number after a restart", file, change(file, func(h *store.Home) { h.FileSystem = "g" }), nil},
		{"another file system, where no birth is told", file, change(file, func(h *store.Home) { h.Born, h.FileSystem = "", "g" }), []string{"file system g instead of f"}},
		{"the same database", base, base, nil},
		{"a renamed database", base, change(base, func(h *store.Home) { h.Database = "old" }), nil},
		{"another database", base, change(base, func(h *store.Home) { h.OID = "6" }), []string{"database 6 instead of 5"}},
		{"another server", base, change(base, func(h *store.Home) { h.System = "98" }), []string{"server files 98 instead of 99"}},
		{"a role that may not ask", base, change(base, func(h *store.Home) { h.System = "" }), nil},
		{"a clone of the server", base, change(base, func(h *store.Home) { h.Address = "new:5432" }), []string{"address new:5432 instead of db:5432"}},
		{"a file that became a database", file, base, []string{"another kind of database"}},
		{"a database that became a file", base, file, []string{"another kind of database"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.h.Differs(c.o)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A server by another name is known by its files and the database, where both are told.
func TestHomeRenamed(t *testing.T) {
	t.Parallel()
	base := store.Home{System: "99", Database: "andante", OID: "5", Address: "127.0.0.1:5432"}
	for _, c := range []struct {
		name string
		h, o store.Home
		want bool
	}{
		{"another name", base, store.Home{System: "99", Database: "andante", OID: "5", Address: "localhost:5432"}, true},
		{"both by another name", base, store.Home{System: "99", Database: "new", OID: "5", Address: "localhost:5432"}, true},
		{"the same", base, base, false},
		{"another database", base, store.Home{System: "99", Database: "andante", OID: "6", Address: "localhost:5432"}, false},
		{"another server", base, store.Home{System: "98", Database: "andante", OID: "5", Address: "localhost:5432"}, false},
		{"a server that does not say", store.Home{OID: "5", Address: "a"}, store.Home{OID: "5", Address: "b"}, false},
		{"a file", store.Home{File: "7"}, store.Home{File: "8"}, false},
	} {
		if got := c.h.Renamed(c.o); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// A file that is renamed or linked to is the same one; a copy is another.
func TestHereOfAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	open := func(name string) store.Home {
		t.Helper()
		s, err := store.Open(t.Context(), path(name), store.Options{Clock: andante.SystemClock{}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return here(t, s)
	}
	first := open("a.db")
	if err := errors.Join(os.Mkdir(path("sub"), 0o700), os.Rename(path("a.db"), path("sub/b.db")), os.Symlink(path("sub/b.db"), path("link.db"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sub/b.db", "link.db"} {
		if diff := first.Differs(open(name)); len(diff) > 0 {
			t.Errorf("%s: %v", name, diff)
		}
	}
	if diff := first.Differs(open("c.db")); len(diff) == 0 {
		t.Error("another file is the same")
	}
}

// A database is the same one, whoever asks; a copy is another.
func TestHereOfADatabase(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	copied := testdb.Copy(t, dsn) // before anybody has it open
	first, other := here(t, open(t, dsn)), here(t, open(t, copied))
	if diff := first.Differs(other); len(diff) != 1 {
		t.Errorf("a copy differs in %v", diff)
	}
	ordinary := testdb.Role(t, dsn, "")
	if got := here(t, open(t, ordinary)); got != first {
		t.Errorf("an ordinary role sees %+v, want %+v", got, first)
	}
	execute(t, dsn, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC") // of this database alone
	got := here(t, open(t, ordinary))
	if got.System != "" || len(first.Differs(got)) > 0 || got.OID != first.OID {
		t.Errorf("a role that may not ask for the server's files sees %+v", got)
	}
}

func execute(t *testing.T, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestAddressOf(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"postgres://u:p@db.example:6432/andante":                          "db.example:6432",
		"postgres://u@db.example/andante?sslmode=prefer":                  "db.example:5432",
		"postgres://u@a.example:1,b.example:2/andante?sslmode=disable":    "a.example:1,b.example:2",
		"postgres://u@a.example:1,b.example:2/andante?sslmode=prefer":     "a.example:1,b.example:2",
		"postgres://u@/andante?host=/var/run/postgresql&sslmode=disable":  "/var/run/postgresql:5432",
		"postgres://u@[::1]:5433/andante?sslmode=disable":                 "[::1]:5433",
		"postgres://u@db.example:5432/andante?application_name=elsewhere": "db.example:5432",
	} {
		got, err := store.AddressOf(dsn)
		if err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", dsn, got, err, want)
		}
	}
}

// A backup is the store at one instant, with a home that is not its own.
func TestBackup(t *testing.T) {
	t.Parallel()
	s := migrated(t, sqlite(t))
	at := here(t, s)
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.SetHome(t.Context(), at), tx.SetSeed(t.Context(), "kept"))
	})
	if err != nil {
		t.Fatal(err)
	}
	file := sqlite(t)
	if err := s.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), file); err == nil {
		t.Error("a file was written over")
	}
	b := open(t, file)
	var seed andante.Seed
	var home store.Home
	err = b.Read(t.Context(), func(tx *store.Tx) (err error) {
		if seed, err = tx.Seed(t.Context()); err == nil {
			home, err = tx.Home(t.Context())
		}
		return err
	})
	if err != nil || seed != "kept" || home != at {
		t.Errorf("seed %q, home %v, error %v", seed, home, err)
	}
	if diff := home.Differs(here(t, b)); len(diff) == 0 {
		t.Error("the backup is at home")
	}
}

func TestNoBackupOfPostgres(t *testing.T) {
	t.Parallel()
	if err := open(t, testdb.Postgres(t)).Backup(t.Context(), sqlite(t)); !errors.Is(err, store.ErrPostgres) {
		t.Errorf("error %v", err)
	}
}
