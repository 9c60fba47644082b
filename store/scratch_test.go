package store_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

// Who may make databases gets one of his own, and nothing of it is left, whoever still
// has it open.
func TestScratch(t *testing.T) {
	t.Parallel()
	dsn := testdb.Role(t, testdb.Postgres(t), "CREATEDB")
	own, drop, err := store.Scratch(t.Context(), dsn+"&dbname="+"postgres", "scratch_")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, own)
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	at, err := s.Here(t.Context())
	if u, e := url.Parse(own); err != nil || e != nil || "/"+at.Database != u.Path || own == dsn {
		t.Errorf("%s is the database %s, error %v", own, at.Database, err)
	}
	if err := drop(t.Context()); err != nil { // or the role can't be dropped
		t.Error(err)
	}
}

// Who may not must bring an empty one, which stays.
func TestScratchWithoutTheRight(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	poor := testdb.Role(t, dsn, "")
	own, drop, err := store.Scratch(t.Context(), poor, "scratch_")
	if err != nil || own != poor {
		t.Fatalf("%s, error %v", own, err)
	}
	if err := drop(t.Context()); err != nil {
		t.Error(err)
	}
	execute(t, dsn, "CREATE TABLE theirs ()")
	if _, _, err := store.Scratch(t.Context(), poor, "scratch_"); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("a database with a table: %v", err)
	}
}
