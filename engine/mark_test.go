package engine

import (
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
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/workspace"
)

// A backup that is copied over the original has its place, and its home: the mark tells
// them apart.
func TestBackupOverTheOriginal(t *testing.T) {
	t.Parallel()
	backupOverTheOriginal(t, onSQLite, func(s *scene) (restore func()) {
		backup := filepath.Join(t.TempDir(), "backup.db")
		copyOver(t, s.file(), backup)
		return func() { copyOver(t, backup, s.file()) }
	})
}

// backupOverTheOriginal is the story on any store: a backup is made after the first mail and
// put back after the second.
func backupOverTheOriginal(t *testing.T, setting func(*scene), backUp func(*scene) (restore func())) {
	t.Helper()
	const people = 5
	s := walkers(t, people, setting, inbox.Options{})
	s.runs(0)
	restore := backUp(s)
	s.runs(day + time.Hour)
	s.arrived(map[string]int{"first": people, "second": people})

	restore()
	st := s.standing()
	if len(st.Differs) > 0 {
		t.Error("it is at another place, so the mark is not what tells")
	}
	s.refused(day+2*time.Hour, "earlier state", "backup was restored", "replica", st.File)
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

// TestBackupTwin: without what refuses them a backup and a copy send everything again, and
// the count of what arrived notices.
func TestBackupTwin(t *testing.T) {
	t.Parallel()
	const people = 5
	begin := func() (s *scene, backup string) {
		s = walkers(t, people, onSQLite, inbox.Options{})
		s.runs(0)
		backup = filepath.Join(t.TempDir(), "backup.db")
		copyOver(t, s.file(), backup)
		s.runs(day + time.Hour)
		if n := s.twice(); n != 0 {
			t.Errorf("%d mails came twice before anything was broken", n)
		}
		return s, backup
	}
	backup, file := begin()
	copyOver(t, file, backup.file())
	if err := os.RemoveAll(backup.part.Dir + ".state"); err != nil { // the mark is forgotten
		t.Fatal(err)
	}
	backup.runs(day + 2*time.Hour)

	duplicate, file := begin()
	duplicate.part.Store = "copy.db"
	copyOver(t, file, duplicate.file())
	if err := os.RemoveAll(duplicate.part.Dir + ".state"); err != nil {
		t.Fatal(err)
	}
	duplicate.takeOver(day+2*time.Hour, true) // nothing was sent since, somebody says
	duplicate.runs(day + 2*time.Hour)

	for name, s := range map[string]*scene{"a backup": backup, "a copy": duplicate} {
		if n := s.twice(); n != people {
			t.Errorf("%s: %d mails came twice, want %d", name, n, people)
		}
	}
}

// A backup that was made in the middle of a run is older than its end, though that run
// lasted but a second. It holds leases, claims and permits, and nothing of them goes
// again.
func TestBackupWhileItRuns(t *testing.T) {
	t.Parallel()
	const people = 120
	s := walkers(t, people, onSQLite, inbox.Options{DelayPerMail: 5 * time.Millisecond})
	backup := filepath.Join(t.TempDir(), "backup.db")
	process := s.start()
	s.received(30) // in the middle of a lease, for they are of 50 and 20
	e := s.open()
	_, err := e.Backup(t.Context(), backup, false)
	e.Close()
	if err != nil {
		t.Fatal(err)
	}
	process.wait(time.Minute)
	s.arrived(map[string]int{"first": people})

	copyOver(t, backup, s.file())
	d := s.standing().Doubt
	if d.Leased == 0 || d.OnWire == 0 {
		t.Fatalf("the backup was not made while it sent: %+v", d)
	}
	s.refused(time.Hour, "earlier state")
	e = s.open()
	if _, err := e.TakeOver(t.Context(), ops.Takeover{Moved: true}); err == nil || !strings.Contains(err.Error(), "--moved") {
		t.Errorf("an earlier state is taken for one that was moved: %v", err)
	}
	e.Close()
	if n := s.takeOver(time.Hour, false); n != d.Leased+d.Due {
		t.Errorf("%d became unknown, want %+v", n, d)
	}
	s.walksOn(day + time.Hour)
	s.arrived(map[string]int{"first": people, "second": people, "third": people, "fourth": people})
	s.booksBalance(people)
}

// The mark's file is not part of the workspace, and one folder may serve many stores.
func TestMarkFile(t *testing.T) {
	t.Parallel()
	s := walkers(t, 1, onSQLite, inbox.Options{})
	var log strings.Builder
	run := func(state string) error {
		t.Helper()
		log.Reset()
		o := s.part.options(slog.New(slog.NewTextHandler(&log, nil)))
		config := o.Config
		o.Config = func(c *workspace.Config) { config(c); c.State = state }
		e, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		return e.Run(t.Context(), RunOptions{Roles: s.part.Roles, UntilIdle: true})
	}
	files := func(dir string) []string {
		t.Helper()
		list, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	notice := func(want bool) {
		t.Helper()
		if strings.Contains(log.String(), "nothing on this machine remembers") != want {
			t.Errorf("log, want a notice %v:\n%s", want, log.String())
		}
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(run("")) // the first run of all
	notice(false)
	if got := files(s.part.Dir + ".state"); len(got) != 1 {
		t.Errorf("beside the workspace: %v", got)
	}
	other := t.TempDir()
	ok(run(other))
	notice(true)
	ok(run(other))
	notice(false)
	if got := files(other); len(got) != 1 {
		t.Errorf("in the folder that was asked for: %v", got)
	}

	blocked := filepath.Join(t.TempDir(), "file") // no folder can be made of it, not even by root
	ok(os.WriteFile(blocked, nil, 0o600))
	if err := run(filepath.Join(blocked, "state")); err == nil || !strings.Contains(err.Error(), "--state") {
		t.Errorf("a folder that was asked for can't be made: %v", err)
	}
	examined := func(state string, want doctor.Level) {
		t.Helper()
		o := s.part.options(slog.New(slog.NewTextHandler(&log, nil)))
		config := o.Config
		o.Config = func(c *workspace.Config) { config(c); c.State = state }
		found, err := Examine(t.Context(), o, DoctorOptions{Offline: true})
		ok(err)
		i := slices.IndexFunc(found, func(f doctor.Finding) bool { return f.Check == "mark" })
		if i < 0 || found[i].Level != want {
			t.Errorf("doctor of %q, want %s: %+v", state, want, found)
		}
	}
	examined(other, doctor.OK)
	examined(filepath.Join(blocked, "state"), doctor.Problem)
	ok(os.RemoveAll(s.part.Dir + ".state"))
	ok(os.WriteFile(s.part.Dir+".state", nil, 0o600))
	ok(run(""))
	if strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), "could not be told") {
		t.Errorf("the folder beside the workspace can't be made, and the log says\n%s", log.String())
	}

	examined("", doctor.Notice)

	ok(os.WriteFile(files(other)[0], []byte("{"), 0o600))
	examined(other, doctor.Problem)
	if err := run(other); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("a spoiled file: %v", err)
	}
}

// Several may work on a Postgres database, and none holds a lock: a process that runs
// while it is taken over leases nothing more and ends.
func TestTakenOverWhileItRuns(t *testing.T) {
	t.Parallel()
	s := walkers(t, 3, (*scene).onPostgres, inbox.Options{})
	e := s.open()
	defer e.Close()
	ended := make(chan error, 1)
	go func() { ended <- e.Run(t.Context(), RunOptions{Roles: s.part.Roles, Grace: s.part.Grace}) }()
	s.received(3)
	harness.Until(t, time.Minute, "the last outcome", func() bool { return s.leases() == 0 })
	s.takeOver(0, false)
	select {
	case err := <-ended:
		if !errors.Is(err, scheduler.ErrTakenOver) {
			t.Errorf("error %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("it runs on")
	}
}
