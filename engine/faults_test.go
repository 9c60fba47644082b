package engine

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
)

// The tests of the promises under faults are stories too: these processes on that store
// and that Redis, this plan, that trouble at this moment; then what the mail server has
// is compared with what was planned. docs/promises.md says which test shows what.

// full tells whether the fault tests run at length (make faults) or as long as it
// takes to see each of them once.
func full() bool { return os.Getenv("ANDANTE_FAULTS") == "full" }

// atLength chooses between the two.
func atLength[T any](long, short T) T {
	if full() {
		return long
	}
	return short
}

// A watch looks into the store while others work on it.
type watch struct {
	t testing.TB
	e *Engine
}

// watch opens one, which closes with the test.
func (s *scene) watch() *watch {
	s.t.Helper()
	w := &watch{s.t, s.open()}
	s.t.Cleanup(func() { w.e.Close() })
	return w
}

// states counts the touches by state.
func (w *watch) states() map[andante.State]int {
	w.t.Helper()
	n := map[andante.State]int{}
	err := w.e.Store.Read(w.t.Context(), func(tx *store.Tx) error {
		counts, err := tx.CountTouches(w.t.Context())
		for _, c := range counts {
			n[c.State] += c.N
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// standsStill waits until no mail has come in for a while: the trouble is felt.
func (s *scene) standsStill() {
	s.t.Helper()
	last, since := -1, time.Time{}
	harness.Until(s.t, time.Minute, "the work to stand still", func() bool {
		if n := s.inbox.Count(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 700*time.Millisecond
	})
}

// allReceived fails the test unless everybody has had everything once, and nothing is in
// doubt.
func (s *scene) allReceived() {
	s.t.Helper()
	books := s.books()
	audit := books.Audit()
	audit.AllTold(1, 0)
	s.t.Log(audit)
	report(s.t, audit.Breaches)
	report(s.t, books.ReasonGiven())
}

// onCalendar puts the scene on a calendar that jumps over every wait.
func (s *scene) onCalendar() { s.clock, s.part.Jumps = andante.NewJumpClock(demoStart), true }

// plays runs the scene on its calendar, in this process, until nothing is planned any
// more. jumped is told before each jump.
func (s *scene) plays(jumped func(n int)) {
	s.t.Helper()
	e := s.open()
	defer e.Close()
	jump, n := jumping(e, s.clock.(*andante.JumpClock), time.Time{}), 0
	idle := func(ctx context.Context, r scheduler.Round) error {
		n++
		jumped(n)
		return jump(ctx, r)
	}
	if err := e.Run(s.t.Context(), RunOptions{Roles: s.part.Roles, demo: true, idle: idle}); err != nil {
		s.t.Fatal(err)
	}
}

func unnoticed(int) {}

// A hurry is a calendar that many processes share: it begins with a demo's Monday and goes
// so many times faster than their machine.
type hurry struct {
	Began time.Time
	Speed time.Duration
}

func (h hurry) Now() time.Time  { return demoStart.Add(time.Since(h.Began) * h.Speed) }
func (h hurry) Wall() time.Time { return time.Now() }
