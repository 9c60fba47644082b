package engine

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/faults"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

// onServers moves the scene to a database and a Redis: those that the environment names,
// or servers of the test's own.
func (s *scene) onServers() {
	s.t.Helper()
	s.part.Store, s.part.Redis = onSomePostgres(s.t), onSomeRedis(s.t)
}

func onSomePostgres(t testing.TB) string {
	t.Helper()
	return databases(t)()
}

// databases returns what makes a new one at each call, all on one server.
func databases(t testing.TB) func() string {
	t.Helper()
	if os.Getenv(testdb.PostgresVariable) != "" {
		return func() string { return testdb.Postgres(t) }
	}
	return faults.StartPostgres(t).Database
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
