package faults_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
)

// TestRedis takes a queue through everything that its server can do.
func TestRedis(t *testing.T) {
	t.Parallel()
	r := faults.StartRedis(t)
	q, err := queue.Open(r.URL(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	put := func() error {
		return q.Put(t.Context(), []queue.Item{{Lease: andante.NewID[andante.LeaseID](time.Now()), Attempt: 1}})
	}
	depth := func(when string, want int) {
		t.Helper()
		if err := put(); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if n, err := q.Depth(t.Context()); n != want || err != nil {
			t.Fatalf("%s: %d items, %v, want %d", when, n, err, want)
		}
	}
	depth("at first", 1)
	depth("at first", 2)
	r.Flush()
	depth("flushed", 1)
	r.Fill()
	if err := put(); err == nil || r.Refused() == 0 {
		t.Errorf("full: %v, %d refused", err, r.Refused())
	}
	r.Drain()
	depth("with room again", 2)
	r.Pause()
	answered := make(chan error, 1)
	go func() { answered <- q.Ping(t.Context()) }()
	select {
	case err := <-answered:
		t.Errorf("asleep it answers: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	r.Resume()
	if err := <-answered; err != nil {
		t.Errorf("awake: %v", err)
	}
	depth("awake", 3)
	for name, end := range map[string]func(){"stopped": r.Stop, "killed": r.Kill} {
		end()
		if err := put(); err == nil {
			t.Errorf("%s: it takes items", name)
		}
		r.Start()
		depth(name+" and started", 1)
	}
}

// TestPostgres stops a store's server in every way, within a transaction.
func TestPostgres(t *testing.T) {
	t.Parallel()
	p := faults.StartPostgres(t)
	other := p.Database()
	if other == p.Database() || other == p.URL() {
		t.Error("a database was made twice")
	}
	s, err := store.Open(t.Context(), other, store.Options{Clock: andante.SystemClock{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	raised := int64(0)
	raise := func(within func()) error {
		return s.Write(t.Context(), func(tx *store.Tx) error {
			e, err := tx.RaiseEpoch(t.Context())
			if err == nil && e != raised+1 {
				t.Errorf("epoch %d after %d: something was lost, or not undone", e, raised)
			}
			within()
			return err
		})
	}
	must := func() {
		t.Helper()
		harness.Until(t, time.Minute, "the store", func() bool { return raise(func() {}) == nil }) // dead connections are found out one by one
		raised++
	}
	for _, end := range []struct {
		name string
		f    func()
	}{{"fast", p.Fast}, {"immediate", p.Immediate}, {"killed", p.Kill}} {
		must()
		if err := raise(end.f); err == nil {
			t.Errorf("%s: a transaction outlived its server", end.name)
		}
		p.Start()
		must()
	}
	p.Pause()
	answered := make(chan error, 1)
	go func() { answered <- raise(func() {}) }()
	select {
	case err := <-answered:
		t.Errorf("asleep it answers: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	p.Resume()
	if err := <-answered; err != nil {
		t.Errorf("awake: %v", err)
	}
}
