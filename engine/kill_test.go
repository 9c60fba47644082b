package engine

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
)

const (
	connections = 2
	flight      = 50 // most messages of a permit
)

// A carnage is how many enrollments a kill test has and how often it kills.
type carnage struct {
	crowd   int
	kills   int
	flushes []int // after which kills the queue is emptied too
	share   float64
}

func newCarnage() carnage {
	if testing.Short() {
		return carnage{2000, 2, []int{1}, 0.9}
	}
	return atLength(carnage{20_000, 10, []int{2, 5, 8}, 0.95}, carnage{5000, 4, []int{1, 2}, 0.9})
}

// unknown is how many touches nobody can know of in the end: one flight for each
// connection and kill.
func (c carnage) unknown() int { return c.kills * connections * flight }

// fellWhileSending fails the test if the kills hit nothing: then it shows nothing.
func (c carnage) fellWhileSending(t *testing.T, audit harness.Audit) {
	t.Helper()
	if audit.Unknown < c.kills {
		t.Errorf("%d touches are unknown after %d kills: they did not fall while mails were sent", audit.Unknown, c.kills)
	}
}

// moments draws when to kill, as numbers of mails received by then: two never so
// near to each other that the second falls into the other's wake, and the last
// before everything that can arrive has arrived.
func (c carnage) moments(seed uint64) []int {
	r := rand.New(rand.NewPCG(seed, 1))
	list := make([]int, c.kills)
	span := (c.crowd - c.unknown()) * 9 / 10 / c.kills
	for i := range list {
		list[i] = i*span + 1 + r.IntN(span*8/10)
	}
	return list
}

// TestKilledWhileSending: a process that is killed ten times while it sends, and
// loses its queue three times (four times and two unless at length), sends every touch once, but for those of which
// nobody can know.
func TestKilledWhileSending(t *testing.T) {
	c := newCarnage()
	s := newScene(t, harness.Workspace{}, harness.NewTown(c.crowd/4, 4), inbox.Options{NoRaw: true})
	s.enroll("hello")

	began := time.Now()
	process := s.start()
	for i, n := range c.moments(1) {
		s.received(n)
		if slices.Contains(c.flushes, i) {
			process.flush()
		}
		process.kill()
		process = s.start()
	}
	process.wait(4 * time.Minute)

	audit := s.books().Audit()
	audit.AllTold(c.share, c.unknown())
	t.Logf("%s in %s", audit, time.Since(began).Round(time.Millisecond))
	report(t, audit.Breaches)
	c.fellWhileSending(t, audit)
}

// TestRolesKilledWhileSending is the same with two schedulers and two workers in
// processes of their own, on Postgres and Redis. They are killed, by turns and together,
// and nobody settles what they left but a lease's end.
func TestRolesKilledWhileSending(t *testing.T) {
	c := newCarnage()
	s := newScene(t, harness.Workspace{}, harness.NewTown(c.crowd/4, 4), inbox.Options{NoRaw: true})
	s.part.Connections = connections / 2 // of each worker
	s.onPostgres()
	s.enroll("hello")

	began := time.Now()
	schedulers := []*child{s.start(RoleScheduler), s.start(RoleScheduler)}
	workers := []*child{s.start(RoleWorker), s.start(RoleWorker)}
	for i, n := range c.moments(2) {
		s.received(n)
		if slices.Contains(c.flushes, i) {
			s.flush()
		}
		if i%3 != 0 {
			schedulers[i%2].kill()
			schedulers[i%2] = s.start(RoleScheduler)
		}
		for w := range workers {
			workers[w].kill()
			workers[w] = s.start(RoleWorker)
		}
	}
	for _, scheduler := range schedulers {
		scheduler.wait(4 * time.Minute)
	}
	for _, worker := range workers {
		worker.terminate(s.part.Grace)
	}

	audit := s.books().Audit()
	audit.AllTold(c.share, c.unknown())
	t.Logf("%s in %s", audit, time.Since(began).Round(time.Millisecond))
	report(t, audit.Breaches)
	c.fellWhileSending(t, audit)
}

// TestKilledBetweenSteps: whoever is killed between the steps of a sequence finds
// each next step planned once.
func TestKilledBetweenSteps(t *testing.T) {
	const people, steps, kills = 600, 3, 5
	s := newScene(t, harness.Workspace{Sequences: map[string]string{
		"walk": harness.Sequence("walk", "", harness.Mail{}, harness.Mail{After: "2d"}, harness.Mail{After: "3d"}),
	}}, harness.NewTown(people, 1), inbox.Options{})
	s.part.Jumps, s.part.Batch = true, 100
	s.enroll("walk")

	c := carnage{crowd: people * steps, kills: kills}
	process := s.start()
	for _, n := range c.moments(3) {
		s.received(n)
		process.kill()
		process = s.start()
	}
	process.wait(2 * time.Minute)

	books := s.books()
	audit := books.Audit()
	audit.AllTold(0, c.unknown())
	t.Log(audit)
	report(t, audit.Breaches)
	if audit.Touches != people*steps {
		t.Errorf("%d touches, want each of %d steps once for %d people", audit.Touches, steps, people)
	}
}
