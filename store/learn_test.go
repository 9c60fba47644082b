package store_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

// TestLearn: a young Postgres store learns at once of a table that has grown, and again
// only when it has doubled.
func TestLearn(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), testdb.Postgres(t)
	s := migrated(t, dsn)
	add := func(n int) {
		t.Helper()
		list := make([]andante.Account, n)
		for i := range list {
			id := andante.NewID[andante.AccountID](time.Now())
			list[i] = andante.Account{ID: id, Key: string(id)}
		}
		err := s.Write(ctx, func(tx *store.Tx) error { return tx.PutAccounts(ctx, time.Now(), list) })
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "ALTER TABLE accounts SET (autovacuum_enabled = false)"); err != nil { // which learns by itself
		t.Fatal(err)
	}
	// known calls Learn until Postgres believes in that many accounts: its processes tell each
	// other of what they have written when a second is over.
	known := func(want float64, within time.Duration) (got float64) {
		t.Helper()
		for until := time.Now().Add(within); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
			s.Learn(ctx)
			err := db.QueryRowContext(context.WithoutCancel(ctx), "SELECT reltuples FROM pg_class WHERE relname='accounts'").Scan(&got)
			if err != nil {
				t.Fatal(err)
			}
			if got == want {
				return got
			}
		}
		return got
	}
	add(1500)
	if got := known(1500, 20*time.Second); got != 1500 {
		t.Fatalf("Postgres believes in %v accounts", got)
	}
	add(1000)
	if got := known(2500, 3*time.Second); got != 1500 {
		t.Errorf("with less than twice as many it believes in %v", got)
	}
	add(1000)
	if got := known(3500, 20*time.Second); got != 3500 {
		t.Errorf("with more than twice as many it believes in %v", got)
	}
}
