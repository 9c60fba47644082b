package engine

import (
	"fmt"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/internal/testdb"
)

// TestWhatFollowsIsRefused: the store takes no next step for one contact. Its receipt is
// recorded all the same, its enrollment says why it stands still, and the others go on.
// Once the store takes the step, the enrollment goes on as well.
func TestWhatFollowsIsRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t, harness.Workspace{Sequences: map[string]string{
		"hello": harness.Sequence("hello", "", harness.Mail{Body: "One."}, harness.Mail{After: "3d", Body: "Two."}),
	}}, harness.NewTown(20, 1), inbox.Options{})
	s.enroll("hello")
	victim := s.town.Contacts[7].ID
	e := s.open()
	testdb.SQLite(t, e.Store.Path(), fmt.Sprintf(
		"CREATE TRIGGER refuse BEFORE INSERT ON touches WHEN NEW.contact_id='%s' BEGIN SELECT RAISE(ABORT, 'refused by a test'); END", victim))
	e.Close()
	s.alone()

	books := s.books()
	report(t, books.Audit().Breaches)
	if n := len(books.Mails); n != len(s.town.Contacts) {
		t.Errorf("%d mails", n)
	}
	if n := inState(books.Touches, andante.Sent); n != len(s.town.Contacts) {
		t.Errorf("%d sent", n)
	}
	for _, x := range books.Enrollments {
		want := andante.Reason("")
		if x.Contact == victim {
			want = andante.ReasonNotFollowed
		}
		if x.State != andante.EnrollmentActive || x.Reason != want {
			t.Errorf("the enrollment of %s is %s: %s", x.Contact, x.State, x.Reason)
		}
	}

	testdb.SQLite(t, e.Store.Path(), "DROP TRIGGER refuse")
	s.alone()
	books = s.books()
	report(t, books.Audit().Breaches)
	if n := inState(books.Touches, andante.Planned); n != len(s.town.Contacts) {
		t.Errorf("%d next steps are planned", n)
	}
	for _, x := range books.Enrollments {
		if x.State != andante.EnrollmentActive || x.Reason != "" {
			t.Errorf("afterwards the enrollment of %s is %s: %s", x.Contact, x.State, x.Reason)
		}
	}
}

// inState counts touches.
func inState(list []andante.Touch, state andante.State) (n int) {
	for _, t := range list {
		if t.State == state {
			n++
		}
	}
	return n
}

// TestWhatIsRenderedIsRefused: the store takes no claim of one contact for what was made of
// its mail. That touch fails alone; the others go.
func TestWhatIsRenderedIsRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t, harness.Workspace{}, harness.NewTown(20, 1), inbox.Options{})
	s.enroll("hello")
	victim := s.town.Contacts[7].ID
	e := s.open()
	testdb.SQLite(t, e.Store.Path(), fmt.Sprintf("CREATE TRIGGER refuse BEFORE UPDATE ON touches WHEN NEW.contact_id='%s' AND NEW.message_hash<>''"+
		" BEGIN SELECT RAISE(ABORT, 'refused by a test'); END", victim))
	e.Close()
	s.alone()

	books := s.books()
	report(t, books.Audit().Breaches)
	if n := inState(books.Touches, andante.Sent); n != len(s.town.Contacts)-1 {
		t.Errorf("%d sent", n)
	}
	if n := inState(books.Touches, andante.Failed); n != 1 {
		t.Errorf("%d failed, want the one that the store refuses", n)
	}
}
