package engine

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
)

// TestPostgresInTrouble: while two schedulers and two workers send to a crowd whose
// limits bind, their database goes away in every way and comes back. No mail goes
// that was not permitted before, no limit breaks, nothing is lost or doubled.
func TestPostgresInTrouble(t *testing.T) {
	for i := range atLength(3, 1) {
		t.Run(fmt.Sprint("round ", i), postgresInTrouble)
	}
}

func postgresInTrouble(t *testing.T) {
	postgres := faults.StartPostgres(t)
	s := newCrowdBefore(t, func(s *scene) {
		s.part.Store, s.part.Redis = postgres.URL(), onSomeRedis(t)
		s.part.Connections = 1
		s.part.Lease = 2 * time.Second
	}, inbox.Options{DelayPerMail: 5 * time.Millisecond})

	permitted := connections * s.part.Chunk // at a time, at most
	schedulers, workers := s.team()
	for i, trouble := range []struct {
		name         string
		begins, ends func()
	}{
		{"stopped", postgres.Fast, postgres.Start},
		{"crashed", postgres.Immediate, postgres.Start},
		{"killed", postgres.Kill, postgres.Start},
		{"asleep", postgres.Pause, postgres.Resume},
	} {
		s.received(30 + 80*i)
		before := s.inbox.Count()
		trouble.begins()
		s.standsStill()
		if n := s.inbox.Count() - before; n > permitted {
			t.Errorf("%s: %d mails went without it, more than were permitted", trouble.name, n)
		}
		trouble.ends()
	}
	s.goHome(schedulers, workers)

	books := s.books()
	audit := books.Audit()
	t.Log(audit)
	report(t, audit.Breaches)
	report(t, books.ReasonGiven())
	report(t, s.overruns(crowdRules))
	// Only a permit whose answer was lost leaves anything in doubt, which takes a rare moment.
	if audit.Unknown > permitted || audit.Waiting*3 < audit.Touches || audit.Once*3 < audit.Touches {
		t.Errorf("more than %d unknown, or the limits did not put off between a third and two", permitted)
	}
}

// TestReceiptsOutliveTheDatabase: the database crashes while a relay has a mail in hand,
// and comes back long after the lease is over. The relay's answers, to this mail and to
// those that were permitted with it, are recorded: nothing is in doubt.
func TestReceiptsOutliveTheDatabase(t *testing.T) {
	t.Parallel()
	const fifth = 5
	postgres := faults.StartPostgres(t)
	taken, answer := make(chan struct{}), make(chan struct{})
	var dots atomic.Int64
	s := newScene(t, harness.Workspace{}, harness.NewTown(40, 1), inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage != inbox.Dot || dots.Add(1) != fifth {
			return nil
		}
		close(taken)
		return &inbox.Reply{Wait: answer}
	}})
	s.part.Store, s.part.Redis = postgres.URL(), onSomeRedis(t)
	s.part.Connections, s.part.Lease = 1, time.Second
	s.enroll("hello")
	store := s.watch()

	scheduler, worker := s.start(RoleScheduler), s.start(RoleWorker)
	<-taken
	inFlight := store.states()[andante.Attempted]
	postgres.Immediate()
	close(answer)
	s.standsStill() // for most of the lease, or longer
	if n := s.inbox.Count(); n < fifth || n > inFlight {
		t.Errorf("%d mails, and %d were permitted", n, inFlight)
	}
	postgres.Start()
	scheduler.wait(time.Minute)
	worker.terminate(s.part.Grace)
	s.allReceived()
}
