package engine

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/testdb"
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

// onServers moves the scene to a database and a Redis: those that the environment names,
// or servers of the test's own.
func (s *scene) onServers() {
	s.t.Helper()
	s.part.Store, s.part.Redis = onSomePostgres(s.t), onSomeRedis(s.t)
}

func onSomePostgres(t testing.TB) string {
	t.Helper()
	if os.Getenv(testdb.PostgresVariable) != "" {
		return testdb.Postgres(t)
	}
	return faults.StartPostgres(t).URL()
}

func onSomeRedis(t testing.TB) string {
	t.Helper()
	if os.Getenv(testdb.RedisVariable) != "" {
		return testdb.Redis(t)
	}
	return faults.StartRedis(t).URL()
}

// sleep suspends the process, wherever it is.
func (c *child) sleep() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		c.t.Fatal(err)
	}
}

// wakeUp lets it go on.
func (c *child) wakeUp() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.t.Fatal(err)
	}
}

// name is what it calls itself in its leases.
func (c *child) name() string {
	host, _ := os.Hostname()
	return host + ":" + strconv.Itoa(c.cmd.Process.Pid)
}

// team starts two schedulers, which end when nothing is due, and two workers.
func (s *scene) team() (schedulers, workers []*child) {
	s.t.Helper()
	return []*child{s.start(RoleScheduler), s.start(RoleScheduler)}, []*child{s.start(RoleWorker), s.start(RoleWorker)}
}

// goHome waits until the schedulers have found nothing more to do, and ends the workers.
func (s *scene) goHome(schedulers, workers []*child) {
	s.t.Helper()
	for _, c := range schedulers {
		c.wait(3 * time.Minute)
	}
	for _, c := range workers {
		c.terminate(s.part.Grace)
	}
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

// leasesOf lists the leases of a process.
func (w *watch) leasesOf(c *child) (ids []andante.LeaseID) {
	w.t.Helper()
	err := w.e.Store.Write(w.t.Context(), func(tx *store.Tx) error { // it locks them for a moment
		leases, err := tx.Leases(w.t.Context())
		ids = nil
		for _, l := range leases {
			if l.Worker == c.name() {
				ids = append(ids, l.ID)
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
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
