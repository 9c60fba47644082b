package ops

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// TestTaskOfDeputy: what follows a hold is a task for the owner, and while the owner is away
// for the deputy.
func TestTaskOfDeputy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.files["andante.yaml"] = []byte(strings.Replace(config, "personas:", `people: {ana: {name: Ana, email: ana@x.example}, ben: {name: Ben, email: ben@x.example}}
owners: {ana: {away: 2026-01-10..2026-01-20, deputy: ben}}
personas:`, 1))
	w.publish()
	ann := w.contact("ann", "account.owner=ana")
	var owners []string
	for _, day := range []int{9, 10, 20, 21} {
		w.clock.Jump(time.Date(2026, 1, day, 12, 0, 0, 0, time.UTC))
		_, err := w.Hold(t.Context(), andante.Hold{Scope: andante.HoldContact, Key: string(ann), Author: "eve", Reason: "asked", Then: "task: ask again"})
		if err == nil {
			_, err = w.Release(t.Context(), andante.HoldContact, string(ann))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.read(func(tx *store.Tx) error {
		tasks, err := tx.OpenTasks(t.Context(), "", 100)
		slices.SortFunc(tasks, func(a, b store.Task) int { return a.Opened.Compare(b.Opened) })
		for _, k := range tasks {
			owners = append(owners, k.Owner)
		}
		return err
	})
	if got := strings.Join(owners, " "); got != "ana ben ben ana" {
		t.Errorf("the tasks of the four days went to %s", got)
	}
}

// TestATaskThatNobodyCanBeToldOf: it waits an hour, and the others have their turn.
func TestATaskThatNobodyCanBeToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish()
	now := w.clock.Now()
	broken := andante.Touch{ID: "01990000-0000-7000-8000-00000000000a", Kind: andante.Call, State: andante.Open, Contact: w.contact("ann"), Enrollment: "01990000-0000-7000-8000-00000000000b", Sequence: "gone", Step: "ring", Due: now, FirstDue: now}
	w.write(func(tx *store.Tx) error {
		people, err := tx.Contacts(t.Context(), []andante.ContactID{broken.Contact})
		if err != nil {
			return err
		}
		broken.Account = people[0].Account
		lost := andante.Enrollment{ID: broken.Enrollment, Contact: broken.Contact, Account: broken.Account, Sequence: "gone", Plan: "0000", State: andante.EnrollmentActive, Entered: now}
		return errors.Join(tx.AddEnrollments(t.Context(), []andante.Enrollment{lost}), tx.AddTouches(t.Context(), []andante.Touch{broken}),
			tx.PutTasks(t.Context(), []store.Task{{Touch: broken.ID, Owner: "ana", Opened: now, Mind: now}}))
	})
	if _, err := w.Remind(t.Context()); err == nil || !strings.Contains(err.Error(), string(broken.ID)) {
		t.Errorf("the error is %v", err)
	}
	w.read(func(tx *store.Tx) error {
		next, err := tx.NextToMind(t.Context())
		if !next.Equal(now.Add(time.Hour).Truncate(time.Millisecond)) {
			t.Errorf("it is looked at again at %s", next)
		}
		return err
	})
}

// TestWhoDidIt: a talk counts for the colleague who is said to have had it, else for whose task
// it was, whoever tells of it.
func TestWhoDidIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.files["andante.yaml"] = []byte(strings.Replace(config, "personas:", `people: {ana: {name: Ana, email: ana@x.example}, ben: {name: Ben, email: ben@x.example}}
personas:`, 1))
	w.publish()
	ann := w.contact("ann", "account.owner=ana")
	for by, want := range map[string]string{"ben": "ben", "root": "ana", "": "ana"} {
		c := w.find("ann")
		w.write(func(tx *store.Tx) error {
			touch := andante.Touch{ID: andante.NewID[andante.TouchID](w.clock.Now()), Kind: andante.Call, Contact: ann, Account: c.Account}
			if err := tx.PutTasks(t.Context(), []store.Task{{Touch: touch.ID, Owner: "ana", Opened: w.clock.Now()}}); err != nil {
				return err
			}
			return w.keepTalk(t.Context(), tx, touch, TaskDone{By: by, Minutes: 5, Worth: 3, At: w.clock.Now()})
		})
		w.clock.Jump(w.clock.Now().Add(time.Hour))
		w.read(func(tx *store.Tx) error {
			list, err := tx.SpokenSince(t.Context(), w.clock.Now().Add(-time.Hour))
			if len(list) != 1 || list[0].Owner != want {
				t.Errorf("by %q: %+v", by, list)
			}
			return err
		})
	}
}
