package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// later is the machine's clock with a calendar that is ahead.
type later time.Duration

func (l later) Now() time.Time  { return time.Now().Add(time.Duration(l)).UTC() }
func (l later) Wall() time.Time { return time.Now() }

const day = 24 * time.Hour

// walkers is a scene of people on a sequence of four mails, a day apart, due now.
func walkers(t *testing.T, people int, setting func(*scene), mail inbox.Options) *scene {
	t.Helper()
	s := newScene(t, harness.Workspace{Sequences: map[string]string{"walk": harness.Sequence(
		"walk", "", harness.Mail{Subject: "first"}, harness.Mail{Subject: "second", After: "1d"}, harness.Mail{Subject: "third", After: "1d"}, harness.Mail{Subject: "fourth", After: "1d"},
	)}}, harness.NewTown(people, 1), mail)
	setting(s)
	s.enroll("walk")
	return s
}

// run sends what is due in the store after so much time, in this process.
func (s *scene) run(after time.Duration) error {
	s.t.Helper()
	s.clock = later(after)
	e := s.open()
	defer e.Close()
	return e.Run(s.t.Context(), RunOptions{Roles: s.part.Roles, UntilIdle: true, Grace: s.part.Grace})
}

// runs is a run that must succeed.
func (s *scene) runs(after time.Duration) {
	s.t.Helper()
	if err := s.run(after); err != nil {
		s.t.Fatal(err)
	}
}

// refused is a run that must refuse with words, send nothing and leave the store as it is.
func (s *scene) refused(after time.Duration, words ...string) {
	s.t.Helper()
	mails, before := s.inbox.Count(), s.state()
	err := s.run(after)
	if err == nil {
		s.t.Fatal("it ran")
	}
	for _, w := range append(words, "andante takeover", "nothing was changed") {
		if !strings.Contains(err.Error(), w) {
			s.t.Errorf("it does not say %q: %v", w, err)
		}
	}
	if n := s.inbox.Count(); n != mails {
		s.t.Errorf("%d mails arrived", n-mails)
	}
	if diff := cmp.Diff(before, s.state()); diff != "" {
		s.t.Errorf("it changed the store:\n%s", diff)
	}
}

// state is what a run changes at once.
func (s *scene) state() map[string]string {
	s.t.Helper()
	e := s.open()
	defer e.Close()
	m := map[string]string{}
	err := e.Store.Read(s.t.Context(), func(tx *store.Tx) error {
		home, err1 := tx.Home(s.t.Context())
		mark, err2 := tx.Mark(s.t.Context())
		epoch, err3 := tx.Epoch(s.t.Context())
		seen, err4 := tx.LastSeen(s.t.Context())
		counts, err5 := tx.CountTouches(s.t.Context())
		m["home"], m["mark"], m["epoch"], m["seen"] = home.String(), fmt.Sprint(mark), fmt.Sprint(epoch), fmt.Sprint(seen)
		m["touches"] = fmt.Sprint(counts)
		return errors.Join(err1, err2, err3, err4, err5)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// takeOver takes the store over after so much time and returns how many touches became
// unknown.
func (s *scene) takeOver(after time.Duration, moved bool) int {
	s.t.Helper()
	s.clock = later(after)
	e := s.open()
	defer e.Close()
	done, err := e.TakeOver(s.t.Context(), ops.Takeover{Moved: moved})
	if err != nil {
		s.t.Fatal(err)
	}
	return done.Unknown
}

// subjects counts the mails by their first word and who got them.
func (s *scene) subjects() map[string]map[string]int {
	s.t.Helper()
	got := map[string]map[string]int{}
	for _, m := range s.inbox.Mails() {
		r, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			s.t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(r.Header.Get("Subject"))
		if err != nil {
			s.t.Fatal(err)
		}
		word, _, _ := strings.Cut(subject, " ")
		if got[word] == nil {
			got[word] = map[string]int{}
		}
		got[word][m.To[0]]++
	}
	return got
}

// arrived checks how many people have each mail, and that nobody has one twice.
func (s *scene) arrived(want map[string]int) {
	s.t.Helper()
	people := map[string]int{}
	for word, to := range s.subjects() {
		people[word] = len(to)
		for who, n := range to {
			if n > 1 {
				s.t.Errorf("%s has the %s mail %d times", who, word, n)
			}
		}
	}
	if diff := cmp.Diff(want, people); diff != "" {
		s.t.Errorf("people who have each mail (-want +got):\n%s", diff)
	}
}

// twice counts the mails that somebody has more than once.
func (s *scene) twice() (n int) {
	s.t.Helper()
	for _, to := range s.subjects() {
		for _, times := range to {
			n += times - 1
		}
	}
	return n
}

// file is the path of the scene's SQLite store.
func (s *scene) file() string { return filepath.Join(s.part.Dir, s.part.Store) }

// copyOver writes a file's bytes into another, which keeps its place if it is there:
// what cp does.
func copyOver(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
}

// duplicate copies the scene's store and returns how the copy is named in a part.
func (s *scene) duplicate(t *testing.T) string {
	t.Helper()
	if store.IsPostgres(s.part.Store) {
		return testdb.Copy(t, s.part.Store)
	}
	copyOver(t, s.file(), filepath.Join(s.part.Dir, "copy.db"))
	return "copy.db"
}

// booksBalance checks that each unknown touch stands in the ledger once, and that every
// walk is over.
func (s *scene) booksBalance(people int) {
	s.t.Helper()
	books := s.books()
	for _, e := range books.Enrollments {
		if e.State != andante.EnrollmentFinished {
			s.t.Errorf("an enrollment is %s at %s", e.State, e.Step)
		}
	}
	ledger := map[andante.TouchID]int{}
	for _, a := range books.Attempts {
		ledger[a.Touch]++
	}
	for _, x := range books.Touches {
		if ledger[x.ID] != 1 {
			s.t.Errorf("touch %s (%s, %s) has %d attempts", x.ID, x.Step, x.State, ledger[x.ID])
		}
	}
	if n := len(books.Touches); n != 4*people {
		s.t.Errorf("%d touches", n)
	}
}

// walksOn runs every day for the rest of the walk.
func (s *scene) walksOn(after time.Duration) {
	s.t.Helper()
	for range 4 {
		s.runs(after)
		after += day + time.Hour
	}
}

// called is what people call a store that a part names.
func (s *scene) called(name string) string {
	if store.IsPostgres(name) {
		return workspace.Hide(name)
	}
	return filepath.Join(s.part.Dir, name)
}

func (s *scene) standing() *Standing {
	s.t.Helper()
	e := s.open()
	defer e.Close()
	st, err := e.Standing(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}
