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
	const people = 5
	postgres := faults.StartPostgres(t)
	s := walkers(t, people, func(s *scene) { s.part.Store, s.part.Redis = postgres.URL(), onSomeRedis(t) }, inbox.Options{})
	s.runs(0)
	restore := postgres.Dump()
	s.runs(day + time.Hour)
	s.arrived(map[string]int{"first": people, "second": people})

	restore()
	st := s.standing()
	if len(st.Differs) > 0 {
		t.Error("it is at another place, so the mark is not what tells")
	}
	s.refused(day+2*time.Hour, "earlier state", "replica", st.File)
	if n := s.takeOver(day+2*time.Hour, false); n != people {
		t.Errorf("%d became unknown, want %d", n, people)
	}
	if got := s.standing(); got.Mark != st.Noted+1 || got.Noted != got.Mark {
		t.Errorf("after the takeover: mark %d, noted %d; want %d", got.Mark, got.Noted, st.Noted+1)
	}
	s.walksOn(2 * day)
	s.arrived(map[string]int{"first": people, "second": people, "third": people, "fourth": people})
	s.booksBalance(people)
}

// The same while it runs: the scheduler sees that the store has forgotten what it leased,
// leases nothing more and ends, and nothing of what it gave goes again.
func TestBackupRestoredUnderARun(t *testing.T) {
	t.Parallel()
	const people = 5
	postgres := faults.StartPostgres(t)
	s := walkers(t, people, func(s *scene) { s.part.Store, s.part.Redis = postgres.URL(), onSomeRedis(t) }, inbox.Options{})
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
