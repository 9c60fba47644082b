package doctor

import (
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

func TestSkewed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		skew  time.Duration
		level Level
		text  string
	}{
		{0, OK, "agrees"},
		{2 * time.Second, OK, "agrees"},
		{-2100 * time.Millisecond, Notice, "2.1s behind"},
		{30 * time.Second, Notice, "30s ahead of"},
		{31 * time.Second, Problem, "31s ahead of"},
		{-time.Hour, Problem, "1h0m0s behind"},
	} {
		if f := skewed(c.skew); f.Level != c.level || !strings.Contains(f.Found, c.text) || f.Level != OK != (f.Do != "") {
			t.Errorf("%s: %+v", c.skew, f)
		}
	}
}

// A wrong clock is the machine's, off by so much.
type wrong struct {
	andante.SystemClock
	by time.Duration
}

func (w wrong) Wall() time.Time { return w.SystemClock.Wall().Add(w.by) }

// A real database's clock is asked.
func TestClockOfAMachine(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	for by, want := range map[time.Duration]Level{0: OK, 5 * time.Second: Notice, -40 * time.Second: Problem} {
		machine := wrong{by: by}
		s, err := store.Open(t.Context(), dsn, store.Options{Clock: machine})
		if err != nil {
			t.Fatal(err)
		}
		found := clock(t.Context(), &Subject{Store: s, Clock: machine, usable: true})
		if len(found) != 1 || found[0].Level != want {
			t.Errorf("off by %s: %+v", by, found)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// On a real Postgres everything is in order too.
func TestInOrderOnPostgres(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	c := newClinic(t, func(clock andante.Clock) (*store.Store, error) {
		return store.Open(t.Context(), dsn, store.Options{Clock: clock})
	}).publish()
	c.Folder = ""
	for _, f := range Examine(t.Context(), c.Subject) {
		if f.Level != OK && f.Check != "clock" { // the test's stands still
			t.Errorf("%+v", f)
		}
	}
}
