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
// recorded all the same, its enrollment says why it ended, and the others go on.
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
	sent := 0
	for _, x := range books.Touches {
		if x.State == andante.Sent {
			sent++
		}
	}
	if sent != len(s.town.Contacts) {
		t.Errorf("%d sent", sent)
	}
	for _, x := range books.Enrollments {
		want := andante.EnrollmentActive
		if x.Contact == victim {
			want = andante.EnrollmentFinished
		}
		if x.State != want || x.Contact == victim && x.Reason != andante.ReasonNotFollowed {
			t.Errorf("the enrollment of %s is %s: %s", x.Contact, x.State, x.Reason)
		}
	}
}
