package store_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

// TestSilentServer: connections whose other end is gone without a word are given up in
// time, and what comes next gets a new one.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	dsn, err := url.Parse(testdb.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy := faults.NewProxy(t, dsn.Host)
	dsn.Host = proxy.Addr()
	s, err := store.Open(t.Context(), dsn.String(), store.Options{Clock: andante.SystemClock{}, Patience: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context()) // nobody else ends it
	ask := func() error {
		return s.Read(ctx, func(tx *store.Tx) error {
			_, err := tx.Seed(ctx)
			return err
		})
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	proxy.Swallow(faults.ToServer)
	if err := ask(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	for try := 1; ask() != nil; try++ {
		if try == 16 { // the pool had no more
			t.Fatal("new connections are of no use either")
		}
	}
}
