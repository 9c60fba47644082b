package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/scheduler"
)

// A backup that is restored into its own database has the home of the original, and so
// has a replica that lacks what was written last: the mark tells.
func TestBackupOverTheOriginalOnPostgres(t *testing.T) {
	t.Parallel()
	postgres := faults.StartPostgres(t)
	backupOverTheOriginal(t, on(t, postgres), func(*scene) (restore func()) { return postgres.Dump() })
}

// on moves a scene to a Postgres of the test's own, and some Redis.
func on(t *testing.T, p *faults.Postgres) func(*scene) {
	return func(s *scene) { s.part.Store, s.part.Redis = p.URL(), onSomeRedis(t) }
}

// The same while it runs: the scheduler sees that the store has forgotten what it leased,
// leases nothing more and ends, and nothing of what it gave goes again.
func TestBackupRestoredUnderARun(t *testing.T) {
	t.Parallel()
	const people = 5
	postgres := faults.StartPostgres(t)
	s := walkers(t, people, on(t, postgres), inbox.Options{})
	restore := postgres.Dump() // everything is due
	e := s.open()
	defer e.Close()
	ended := make(chan error, 1)
	go func() { ended <- e.Run(t.Context(), RunOptions{Roles: s.part.Roles, Grace: s.part.Grace}) }()
	s.received(people)
	harness.Until(t, time.Minute, "the last outcome", func() bool { return s.leases() == 0 })
	restore()
	select {
	case err := <-ended:
		if !errors.Is(err, scheduler.ErrPutBack) {
			t.Errorf("error %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it runs on")
	}
	s.arrived(map[string]int{"first": people})
	s.refused(time.Hour, "earlier state")
}
