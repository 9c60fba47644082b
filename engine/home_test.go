package engine

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante/doctor"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// A copy that is started beside the original refuses. Once it is taken over, a day
// after the original sent the second mail, nobody gets a mail twice, and the walk goes
// on: what was due by then may have gone, and what follows goes once.
func TestCopyBesideTheOriginal(t *testing.T) {
	for _, c := range []struct {
		name    string
		setting func(*scene)
	}{{"sqlite", onSQLite}, {"postgres", (*scene).onPostgres}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const people = 7
			s := walkers(t, people, c.setting, inbox.Options{})
			original := s.part.Store
			s.runs(0)
			s.arrived(map[string]int{"first": people})
			duplicate := s.duplicate(t)

			s.part.Store = duplicate
			s.refused(day+time.Hour, "is a copy of "+s.called(original)+", or was moved from there", "gone, for good: `andante takeover`", "moved whole: `andante takeover --moved`")
			s.part.Store = original
			s.runs(day + time.Hour)
			s.runs(2*day + 2*time.Hour)
			s.arrived(map[string]int{"first": people, "second": people, "third": people})

			s.part.Store = duplicate
			s.refused(2*day+2*time.Hour, "is a copy of "+s.called(original), "has come further since", "stop the original")
			if n := s.takeOver(2*day+3*time.Hour, false); n != 2*people {
				t.Errorf("%d became unknown, want the second and the third mail of %d people", n, people)
			}
			s.runs(2*day + 3*time.Hour)
			s.arrived(map[string]int{"first": people, "second": people, "third": people})
			s.runs(5 * day)
			s.arrived(map[string]int{"first": people, "second": people, "third": people, "fourth": people})
			s.booksBalance(people)

			s.part.Store = original // on one machine this one is behind now
			s.refused(5*day, "earlier state")
		})
	}
}

// Nobody takes a copy over while the original is at work on this machine, whatever they
// say.
func TestTakeoverBesideARun(t *testing.T) {
	t.Parallel()
	s := walkers(t, 3, onSQLite, inbox.Options{})
	s.runs(0)
	original, duplicate := s.part.Store, s.duplicate(t)
	before := s.standing().Mark
	s.part.UntilIdle = false
	process := s.start()
	harness.Until(t, time.Minute, "the original to work", func() bool { return s.standing().Mark > before })
	s.part.Store = duplicate
	e := s.open()
	defer e.Close()
	_, err := e.TakeOver(t.Context(), ops.Takeover{})
	if err == nil || !strings.Contains(err.Error(), "runs on "+s.called(original)) || !strings.Contains(err.Error(), "stop it") {
		t.Errorf("error %v", err)
	}
	process.terminate(s.part.Grace)
}

// Where a store is gone no new one is begun in its place: it would write to everybody
// again. Who wants that removes what remembers the old one.
func TestStoreThatIsGone(t *testing.T) {
	t.Parallel()
	s := walkers(t, 1, onSQLite, inbox.Options{})
	s.runs(0)
	path, err := func() (string, error) {
		e := s.open()
		defer e.Close()
		return e.markPath(t.Context())
	}()
	if err != nil {
		t.Fatal(err)
	}
	for _, vanish := range []func() error{
		func() error { return os.Remove(s.file()) },
		func() error { return os.WriteFile(s.file(), nil, 0o600) },
	} {
		if err := vanish(); err != nil {
			t.Fatal(err)
		}
		for _, begun := range []bool{true, false} {
			o := s.part.options(slog.New(slog.DiscardHandler))
			o.Begun = begun
			_, err := Open(t.Context(), o)
			var gone *Refusal
			if !errors.As(err, &gone) || !strings.Contains(gone.Why, "is gone") || !strings.Contains(gone.Do, path) {
				t.Errorf("error %v", err)
			}
		}
		found, err := Examine(t.Context(), s.part.options(slog.New(slog.DiscardHandler)), DoctorOptions{Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(found, func(f doctor.Finding) bool { return f.Check == "store" })
		if i < 0 || found[i].Level != doctor.Problem || !strings.Contains(found[i].Found, "is gone") {
			t.Errorf("doctor: %+v", found)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s.open().Close()
}

// A file that is moved inside its file system is at home. One that is moved elsewhere
// after a stop loses nothing by a takeover that says so.
func TestMovingHouse(t *testing.T) {
	t.Parallel()
	const people = 3
	s := walkers(t, people, onSQLite, inbox.Options{})
	s.runs(0)
	if err := errors.Join(os.Mkdir(filepath.Join(s.part.Dir, "sub"), 0o700), os.Rename(s.file(), filepath.Join(s.part.Dir, "sub/moved.db"))); err != nil {
		t.Fatal(err)
	}
	s.part.Store = "sub/moved.db"
	s.runs(day + time.Hour)
	s.arrived(map[string]int{"first": people, "second": people})

	copyOver(t, s.file(), filepath.Join(s.part.Dir, "elsewhere.db"))
	if err := os.Remove(s.file()); err != nil {
		t.Fatal(err)
	}
	moved := s.part.Store
	s.part.Store = "elsewhere.db"
	s.refused(2*day+2*time.Hour, "is a copy of "+s.called(moved))
	if n := s.takeOver(2*day+2*time.Hour, true); n != 0 {
		t.Errorf("%d became unknown", n)
	}
	s.runs(2*day + 2*time.Hour)
	s.arrived(map[string]int{"first": people, "second": people, "third": people})
}

// A server that goes by another name now is told from a copy, and what to say of it.
func TestServerByAnotherName(t *testing.T) {
	t.Parallel()
	const people = 2
	s := walkers(t, people, (*scene).onPostgres, inbox.Options{})
	s.runs(0)
	renamed := strings.Replace(s.part.Store, "127.0.0.1", "localhost", 1)
	if renamed == s.part.Store {
		t.Skip("the server is not named by its address")
	}
	s.part.Store = renamed
	s.refused(day+time.Hour, "it is the address of the store's server that changed: localhost:", " instead of 127.0.0.1:", "another name, and every `andante run` is stopped: `andante takeover --moved`")
	if n := s.takeOver(day+time.Hour, true); n != 0 {
		t.Errorf("%d became unknown", n)
	}
	s.runs(day + time.Hour)
	s.arrived(map[string]int{"first": people, "second": people})
}

// A demo never sends for real, so it may live anywhere.
func TestDemoHasNoHome(t *testing.T) {
	t.Parallel()
	s := walkers(t, 1, onSQLite, inbox.Options{})
	s.part.Jumps = true
	e := s.open()
	err := e.Store.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.SetCalendar(t.Context(), e.Clock.Now()), tx.SetHome(t.Context(), store.Home{File: "elsewhere"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Run(t.Context(), RunOptions{Roles: s.part.Roles, demo: true, UntilIdle: true}); err != nil {
		t.Error(err)
	}
	if _, err := e.TakeOver(t.Context(), ops.Takeover{}); err == nil || !strings.Contains(err.Error(), "demo") {
		t.Errorf("a demo is taken over: %v", err)
	}
	if _, err := os.Stat(s.part.Dir + ".state"); err == nil {
		t.Error("a demo has a mark")
	}
}

// While it runs, a store can't be taken over, and a backup leaves nothing half done.
func TestTakeOverWhileItRuns(t *testing.T) {
	t.Parallel()
	s := walkers(t, 1, onSQLite, inbox.Options{})
	e := s.open()
	defer e.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx, RunOptions{Roles: s.part.Roles}) }()
	s.received(1)
	other := s.open()
	defer other.Close()
	if _, err := other.TakeOver(t.Context(), ops.Takeover{}); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("error %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
