package engine

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
)

// TestAsleepInAFlight: a worker falls asleep while the relay has the fifth mail of its
// flight in hand, sleeps through its lease, and the others take its touches for
// unknown. Awake, it records the receipt that it was waiting for, writes nothing more
// of the flight, and says so: the rest is sent afterwards.
func TestAsleepInAFlight(t *testing.T) {
	t.Parallel()
	const fifth = 5
	taken, answer := make(chan struct{}), make(chan struct{})
	var dots atomic.Int64
	s := newScene(t, harness.Workspace{}, harness.NewTown(40, 1), inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		if c.Stage != inbox.Dot || dots.Add(1) != fifth {
			return nil
		}
		close(taken)
		return &inbox.Reply{Wait: answer}
	}})
	s.part.Connections, s.part.Lease = 1, time.Second // less than a flight is given
	s.onServers()
	s.enroll("hello")
	store := s.watch()

	scheduler, worker := s.start(RoleScheduler), s.start(RoleWorker)
	<-taken
	worker.sleep()
	inFlight := store.states()[andante.Attempted]
	if inFlight < 2 {
		t.Fatalf("a flight of %d", inFlight)
	}
	harness.Until(t, time.Minute, "the end of its lease", func() bool { return store.states()[andante.Unknown] >= inFlight })
	scheduler.terminate(s.part.Grace) // so that nobody gives it anything new
	close(answer)
	worker.wakeUp()
	harness.Until(t, time.Minute, "what it knows", func() bool { return store.states()[andante.Unknown] == 0 })
	if n := s.inbox.Count(); n != fifth {
		t.Errorf("%d mails, want the %d that were on the wire before it fell asleep", n, fifth)
	}
	if n := store.states()[andante.Sent]; n != fifth {
		t.Errorf("%d touches are sent, want %d", n, fifth)
	}

	s.start(RoleScheduler).wait(time.Minute)
	worker.terminate(s.part.Grace)
	s.allReceived()
}

// TestSleepersWakeUp: schedulers and workers fall asleep at odd moments, one after the
// other, for longer than a lease lasts, and wake up into a world that has gone on.
func TestSleepersWakeUp(t *testing.T) {
	t.Parallel()
	people, sleeps := atLength(20_000, 3000), atLength(16, 4)
	s := newScene(t, harness.Workspace{}, harness.NewTown(people/4, 4), inbox.Options{NoRaw: true, DelayPerMail: 2 * time.Millisecond})
	s.part.Connections, s.part.Lease, s.part.Batch = 1, 1500*time.Millisecond, 100
	s.onServers()
	s.enroll("hello")
	store := s.watch()

	schedulers, workers := s.team()
	for i := range sleeps {
		s.received(people / (sleeps + 1) * (i + 1) / 2)
		if i%2 == 1 {
			s.sleepThrough(schedulers[i/2%2], func() bool { return false })
			continue
		}
		worker := workers[i/2%2]
		harness.Until(t, time.Minute, "a lease", func() bool { return len(store.leasesOf(worker)) > 0 })
		s.sleepThrough(worker, func() bool { return len(store.leasesOf(worker)) > 0 })
	}
	s.goHome(schedulers, workers)
	s.allReceived()
}

// TestNaps: a machine that is put to sleep for a moment, again and again, loses nothing by
// it: that a text took longer to render than it may is no fault of the text.
func TestNaps(t *testing.T) {
	t.Parallel()
	const nap = 2200 * time.Millisecond // a text may take 2 s
	people, naps := atLength(40_000, 4000), atLength(24, 2)
	s := newScene(t, harness.Workspace{}, harness.NewTown(people/4, 4), inbox.Options{NoRaw: true})
	s.part.Lease = 30 * time.Second
	s.enroll("hello")
	process := s.start()
	for i := range naps {
		s.received(people / (naps + 1) * (i + 1))
		process.sleep()
		time.Sleep(nap)
		process.wakeUp()
	}
	process.wait(time.Minute)
	s.allReceived()
}

// sleepThrough has a process sleep until the others have gone on without it, and it holds
// nothing any more.
func (s *scene) sleepThrough(c *child, holds func() bool) {
	s.t.Helper()
	c.sleep()
	began, n := time.Now(), s.inbox.Count()
	harness.Until(s.t, time.Minute, "the others to go on", func() bool {
		return time.Since(began) > s.part.Lease && s.inbox.Count() > n && !holds()
	})
	c.wakeUp()
}
