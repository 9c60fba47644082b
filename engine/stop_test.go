package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/store"
)

// TestStopUnderLoad: a process that is asked to stop while it sends finishes what
// is permitted and returns the rest. Nothing is unknown, and the next run sends
// what is left.
func TestStopUnderLoad(t *testing.T) {
	stopUnderLoad(t, func(s *scene) { s.part.Batch = 100 }) // leases wait in the queue when it ends
}

// TestStopUnderLoadOnPostgres is the same on Postgres and Redis, where a lease
// that no worker has taken stays in the queue for another one.
func TestStopUnderLoadOnPostgres(t *testing.T) {
	stopUnderLoad(t, (*scene).onPostgres)
}

func stopUnderLoad(t *testing.T, setting func(*scene)) {
	const people = 1000
	s := newScene(t, harness.Workspace{}, harness.NewTown(people, 1), inbox.Options{DelayPerMail: 2 * time.Millisecond})
	s.part.Shares = connections // a worker for each lease, unless the setting says otherwise
	setting(s)
	s.enroll("hello")
	for _, n := range []int{1, 250, 500} {
		process := s.start()
		s.received(s.inbox.Count() + n/3 + 1)
		process.terminate(s.part.Grace)

		audit := s.books().Audit()
		t.Log(audit)
		report(t, audit.Breaches)
		if audit.Unknown > 0 {
			t.Errorf("%d touches are unknown", audit.Unknown)
		}
		if audit.Once+audit.Waiting != people {
			t.Errorf("%d received and %d waiting, want %d in all", audit.Once, audit.Waiting, people)
		}
		for _, l := range s.left() {
			if l.Worker != "" || s.part.Redis == "" { // else it is in the queue for another worker
				t.Errorf("a lease was left: %+v", l)
			}
		}
	}
	s.start().wait(time.Minute)
	audit := s.books().Audit()
	audit.AllTold(1, 0)
	report(t, audit.Breaches)
}

// TestGraceRunsOut: a relay that takes longer than the grace time leaves the one touch
// in doubt that is on the wire, and none of those that were permitted with it; the
// process says so and ends.
func TestGraceRunsOut(t *testing.T) {
	t.Parallel()
	atDot := make(chan struct{}, 9)
	s := newScene(t, harness.Workspace{}, harness.NewTown(9, 1), inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage != inbox.Dot {
			return nil
		}
		atDot <- struct{}{}
		return &inbox.Reply{Delay: 5 * time.Second}
	}})
	s.enroll("hello")
	e := s.open()
	defer e.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- e.Run(ctx, RunOptions{Roles: []Role{RoleScheduler, RoleWorker}, Grace: time.Second})
	}()
	<-atDot
	if n := s.attempted(); n < 2 {
		t.Errorf("a flight of %d", n)
	}
	stop()
	if err := <-ended; !errors.Is(err, errGrace) {
		t.Errorf("error %v", err)
	}
	if n := s.attempted(); n != 1 {
		t.Errorf("%d touches are in doubt, want the one on the wire", n)
	}
	harness.Until(t, time.Minute, "the relay's answer", func() bool { return s.attempted() == 0 })
}

// attempted counts the touches that are on the wire.
func (s *scene) attempted() (n int) {
	s.t.Helper()
	e := s.open()
	defer e.Close()
	err := e.Store.Read(s.t.Context(), func(tx *store.Tx) error {
		counts, err := tx.CountTouches(s.t.Context())
		for _, c := range counts {
			if c.State == andante.Attempted {
				n += c.N
			}
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// left returns the leases that are out when nobody works any more.
func (s *scene) left() (list []store.Lease) {
	s.t.Helper()
	e := s.open()
	defer e.Close()
	err := e.Store.Write(s.t.Context(), func(tx *store.Tx) (err error) { // it locks them
		list, err = tx.Leases(s.t.Context())
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// leases counts the leases that are out.
func (s *scene) leases() (n int) {
	s.t.Helper()
	e := s.open()
	defer e.Close()
	err := e.Store.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		_, n, err = tx.LeaseLoad(s.t.Context())
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// An engine may run more than once: whoever embeds it runs it until nothing is due, and
// again when something is.
func TestRunAgain(t *testing.T) {
	t.Parallel()
	s := walkers(t, 2, onSQLite, inbox.Options{})
	s.clock = andante.NewJumpClock(time.Now().UTC())
	e := s.open()
	defer e.Close()
	for _, mails := range []int{2, 4} {
		if err := e.Run(t.Context(), RunOptions{Roles: s.part.Roles, UntilIdle: true, Grace: s.part.Grace}); err != nil {
			t.Fatal(err)
		}
		if n := s.inbox.Count(); n != mails {
			t.Errorf("%d mails, want %d", n, mails)
		}
		s.clock.(*andante.JumpClock).Jump(s.clock.Now().Add(day + time.Hour))
	}
}
