package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

var newHome = store.Home{Machine: "this one", File: "7"}

// walk writes a sequence of mails, a day apart, the third of them a call.
func (w *world) walk(steps int) {
	var b strings.Builder
	b.WriteString("---\nsequence: walk\ntitle: walk\npurpose: marketing\nsender: news\n---\n")
	for i := range steps {
		kind, after := fmt.Sprintf("email\nsubject: About %d", i), "1d"
		if i == 0 {
			after = "0d"
		}
		if i == 2 {
			kind = "call"
		}
		fmt.Fprintf(&b, "\n## s%d\n\n```yaml step\nkind: %s\nafter: %s\nvalue: insight - %[1]d\n```\n\nHello.\n", i+1, kind, after)
	}
	w.files["sequences/walk.md"] = []byte(b.String())
}

// walking is a world in which contacts have just been enrolled in a walk.
func walking(t *testing.T, steps int, names ...string) (*world, []andante.ContactID) {
	t.Helper()
	w := newWorld(t)
	w.walk(steps)
	w.publish()
	var ids []andante.ContactID
	for _, name := range names {
		ids = append(ids, w.contact(name))
	}
	w.enroll("walk")
	return w, ids
}

func (w *world) takeOver(r Takeover) TakenOver {
	w.t.Helper()
	r.Home = newHome
	got, err := w.TakeOver(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) home() (h store.Home) {
	w.t.Helper()
	w.read(func(tx *store.Tx) (err error) {
		h, err = tx.Home(w.t.Context())
		return err
	})
	return h
}

// all returns a contact's touches and their attempts.
func (w *world) all(id andante.ContactID) (touches []andante.Touch, attempts []andante.Attempt) {
	w.t.Helper()
	w.read(func(tx *store.Tx) (err error) {
		if touches, err = tx.TouchesOfContact(w.t.Context(), id); err != nil {
			return err
		}
		var ids []andante.TouchID
		for _, t := range touches {
			ids = append(ids, t.ID)
		}
		attempts, err = tx.AttemptsOf(w.t.Context(), ids)
		return err
	})
	return touches, attempts
}

// A copy is taken over three and a half days later: the original may have sent four
// steps by then. The next is planned from when the last of them was due, and each stands
// in the ledger. They count now, for so late may they have come.
func TestTakeOverAChain(t *testing.T) {
	t.Parallel()
	w, ids := walking(t, 6, "ann")
	began := w.clock.Now()
	w.clock.Jump(began.Add(84 * time.Hour))
	got := w.takeOver(Takeover{Seen: 41})
	if want := (TakenOver{Unknown: 4, Mark: 42}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	const doubt = " unknown taken_over"
	want := []string{"walk/s1" + doubt, "walk/s2" + doubt, "walk/s3" + doubt, "walk/s4" + doubt, "walk/s5 planned"}
	if diff := cmp.Diff(want, w.touches(ids[0])); diff != "" {
		t.Errorf("touches (-want +got):\n%s", diff)
	}
	touches, attempts := w.all(ids[0])
	for i, x := range touches[:4] {
		due := began.Add(time.Duration(i) * 24 * time.Hour)
		if !x.Due.Equal(due) || !x.Settled.Equal(due) || !x.Counted.Equal(w.clock.Now()) || x.Attempts != 1 || !x.NotAfter.IsZero() {
			t.Errorf("step %d: %+v, want settled at %s and counted at %s", i+1, x, due, w.clock.Now())
		}
		a := attempts[i]
		if a.Touch != x.ID || a.Number != 1 || a.Outcome != andante.OutcomeUnknown || a.Response != andante.TakenOver || !a.Started.Equal(due) || !a.Ended.Equal(w.clock.Now()) {
			t.Errorf("attempt %d: %+v", i+1, a)
		}
	}
	if x := touches[4]; !x.Due.Equal(began.Add(96*time.Hour)) || !x.Counted.IsZero() || len(attempts) != 4 {
		t.Errorf("the next is due %s, %d attempts", x.Due, len(attempts))
	}
	if w.home() != newHome {
		t.Errorf("home %v", w.home())
	}
	if again := w.takeOver(Takeover{}); again.Unknown != 0 || again.Mark != 43 {
		t.Errorf("once more: %+v", again)
	}
}

// Who left since the backup gets nothing more, and what may have come before is in doubt
// all the same.
func TestTakeOverWithoutThoseWhoLeft(t *testing.T) {
	t.Parallel()
	w, ids := walking(t, 4, "ann", "ben")
	w.clock.Jump(w.clock.Now().Add(30 * time.Hour))
	if got := w.takeOver(Takeover{Left: []string{"ben@x.example", "eve@x.example"}, Source: "left.csv"}); got != (TakenOver{Unknown: 4, Suppressed: 2, Mark: 1}) {
		t.Errorf("%+v", got)
	}
	for i, last := range []string{"walk/s3 planned", "walk/s3 canceled opted_out"} {
		want := []string{"walk/s1 unknown taken_over", "walk/s2 unknown taken_over", last}
		if diff := cmp.Diff(want, sortedTexts(w.touches(ids[i]))); diff != "" {
			t.Errorf("touches (-want +got):\n%s", diff)
		}
	}
}

func sortedTexts(list []string) []string {
	slices.Sort(list)
	return list
}

// A chain may come to its end.
func TestTakeOverToTheEnd(t *testing.T) {
	t.Parallel()
	w, ids := walking(t, 2, "ann")
	began := w.clock.Now()
	w.clock.Jump(began.Add(100 * 24 * time.Hour))
	if got := w.takeOver(Takeover{}); got.Unknown != 2 {
		t.Errorf("%+v", got)
	}
	if got := w.enrollments(ids[0]); !slices.Equal(got, []string{"walk finished finished"}) {
		t.Errorf("enrollments %v", got)
	}
}

// What is with a worker in the copy is in doubt, in whatever state, and each attempt
// stands in the ledger once. What is to come stays.
func TestTakeOverLeases(t *testing.T) {
	t.Parallel()
	states := []andante.State{andante.Leased, andante.Claimed, andante.Attempted}
	w, ids := walking(t, 2, "ann", "ben", "cem", "dan")
	for i, state := range states {
		w.bring(ids[i], state)
	}
	w.postpone(ids[3], 3*time.Hour, andante.ReasonLimit)
	w.clock.Jump(w.clock.Now().Add(time.Hour))
	if got := w.takeOver(Takeover{}); got.Unknown != 3 {
		t.Errorf("%+v", got)
	}
	for i, state := range states {
		touches, attempts := w.all(ids[i])
		x := touches[0]
		if len(touches) != 2 || x.State != andante.Unknown || x.Lease != "" || x.Attempts != 1 || !x.Counted.Equal(w.clock.Now()) || !x.Settled.Equal(x.Due) {
			t.Errorf("%s became %+v, %d touches", state, x, len(touches))
		}
		if len(attempts) != 1 || attempts[0].Outcome != andante.OutcomeUnknown || attempts[0].Number != 1 || attempts[0].Response != andante.TakenOver {
			t.Errorf("the ledger of what was %s: %+v", state, attempts)
		}
	}
	if got := w.touches(ids[3]); !slices.Equal(got, []string{"walk/s1 planned limit"}) {
		t.Errorf("what is due later: %v", got)
	}
	w.read(func(tx *store.Tx) error {
		leases, err := tx.Leases(t.Context())
		epoch, e := tx.Epoch(t.Context())
		if len(leases) > 0 || epoch != 1 {
			t.Errorf("%d leases, epoch %d", len(leases), epoch)
		}
		return errors.Join(err, e)
	})
}

// postpone has a contact's only touch wait, for a reason.
func (w *world) postpone(id andante.ContactID, by time.Duration, reason andante.Reason) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(w.t.Context(), id)
		if err != nil {
			return err
		}
		x := list[0]
		x.Due, x.Reason = x.Due.Add(by), reason
		_, err = tx.Change(w.t.Context(), []store.Change{{Touch: x, Was: andante.Planned}})
		return err
	})
}

// Whoever released a hold after the backup let at once go what waited for it until next
// week, and what follows a day later.
func TestTakeOverWhatWasHeld(t *testing.T) {
	t.Parallel()
	w, ids := walking(t, 4, "ann")
	seen := w.clock.Now().Add(time.Minute)
	w.write(func(tx *store.Tx) error { return tx.Seen(t.Context(), seen, time.Hour) })
	w.postpone(ids[0], 7*24*time.Hour, andante.ReasonHeld)
	w.clock.Jump(seen.Add(30 * time.Hour))
	if got := w.takeOver(Takeover{}); got.Unknown != 2 {
		t.Errorf("%+v", got)
	}
	touches, _ := w.all(ids[0])
	if len(touches) != 3 || !touches[0].Settled.Equal(seen) || touches[2].State != andante.Planned || touches[2].Due.Before(w.clock.Now()) {
		t.Errorf("touches %+v", touches)
	}
}

// What the store refused to plan is planned by a scheduler later, and due at once: the
// original may have sent it.
func TestTakeOverWhatWasNotFollowed(t *testing.T) {
	t.Parallel()
	w, ids := walking(t, 3, "ann")
	w.write(func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(t.Context(), ids[0])
		if err != nil {
			return err
		}
		x := list[0]
		x.State, x.Lease = andante.Skipped, ""
		x.Reason, x.Settled = andante.ReasonMissing, x.Due
		_, err = tx.Change(t.Context(), []store.Change{{Touch: x, Was: andante.Planned}})
		return errors.Join(err, tx.MarkUnfollowed(t.Context(), []andante.EnrollmentID{x.Enrollment}))
	})
	w.clock.Jump(w.clock.Now().Add(30 * time.Hour))
	if got := w.takeOver(Takeover{}); got.Unknown != 1 {
		t.Errorf("%+v", got)
	}
	if got, want := w.touches(ids[0]), []string{"walk/s1 skipped missing", "walk/s2 unknown taken_over", "walk/s3 planned"}; !slices.Equal(got, want) {
		t.Errorf("touches %v", got)
	}
}

// A takeover that is killed has no home yet, and is done again from where it came to.
func TestTakeOverKilled(t *testing.T) {
	t.Parallel()
	w, ids := walking(t, 4, "ann", "ben")
	w.clock.Jump(w.clock.Now().Add(30 * time.Hour))
	ctx, kill := context.WithCancel(t.Context())
	first, err := w.TakeOver(ctx, Takeover{Home: newHome, Progress: func(int) { kill() }})
	if !errors.Is(err, context.Canceled) || first.Unknown != 2 || w.home() != (store.Home{}) {
		t.Fatalf("killed: %+v, error %v, home %v", first, err, w.home())
	}
	second := w.takeOver(Takeover{})
	if second.Unknown != 2 || w.home() != newHome {
		t.Errorf("done again: %+v, home %v", second, w.home())
	}
	for _, id := range ids {
		touches, attempts := w.all(id)
		if len(touches) != 3 || len(attempts) != 2 {
			t.Errorf("%d touches, %d attempts", len(touches), len(attempts))
		}
	}
}

// One touch that the store refuses is named; until it is mended the store has no new
// home, and the others are done.
func TestTakeOverRefused(t *testing.T) {
	t.Parallel()
	w, ids := walking(t, 4, "ann", "ben", "cem")
	touches, _ := w.all(ids[1])
	testdb.SQLite(t, w.Store.Path(), fmt.Sprintf("CREATE TRIGGER refuse BEFORE UPDATE ON touches WHEN NEW.id='%s' BEGIN SELECT RAISE(ABORT, 'refused by a test'); END", touches[0].ID))
	w.clock.Jump(w.clock.Now().Add(time.Hour))
	_, err := w.TakeOver(t.Context(), Takeover{Home: newHome})
	if err == nil || !strings.Contains(err.Error(), string(touches[0].ID)) || w.home() != (store.Home{}) {
		t.Errorf("error %v, home %v", err, w.home())
	}
	testdb.SQLite(t, w.Store.Path(), "DROP TRIGGER refuse")
	w.takeOver(Takeover{})
	for _, id := range ids {
		if got := w.touches(id); len(got) != 2 || got[0] != "walk/s1 unknown taken_over" {
			t.Errorf("touches %v", got)
		}
	}
}

// Who stopped the store before it was moved loses nothing; who did not is told.
func TestTakeOverMoved(t *testing.T) {
	t.Parallel()
	w, ids := walking(t, 4, "ann", "ben")
	w.clock.Jump(w.clock.Now().Add(time.Hour))
	before := w.touches(ids[0])
	if got := w.takeOver(Takeover{Moved: true, Seen: 4}); got != (TakenOver{Mark: 5}) || w.home() != newHome {
		t.Errorf("%+v, home %v", got, w.home())
	}
	if got := w.touches(ids[0]); !slices.Equal(got, before) {
		t.Errorf("touches %v", got)
	}
	w.bring(ids[1], andante.Claimed)
	if _, err := w.TakeOver(t.Context(), Takeover{Home: store.Home{File: "8"}, Moved: true}); !errors.Is(err, ErrOnWire) || w.home() != newHome {
		t.Errorf("one that was sending: %v, home %v", err, w.home())
	}
}

// More than a page: each of them once, in transactions of a page.
func TestTakeOverMany(t *testing.T) {
	if testing.Short() {
		t.Skip("many rows and one goroutine")
	}
	t.Parallel()
	const people = enrollPage + 50
	w := newWorld(t)
	w.walk(2)
	w.publish()
	rows := make([]Row, people)
	for i := range rows {
		rows[i] = Row{ExternalID: fmt.Sprint(i), Email: fmt.Sprintf("c%d@x.example", i), Fields: map[string]string{"account.stage": "customer"}}
	}
	if _, err := w.TakeIn(t.Context(), w.w, rows); err != nil {
		t.Fatal(err)
	}
	w.enroll("walk")
	w.clock.Jump(w.clock.Now().Add(30 * time.Hour))
	var told []int
	got := w.takeOver(Takeover{Progress: func(n int) { told = append(told, n) }})
	if got.Unknown != 2*people {
		t.Errorf("%+v", got)
	}
	for i, n := range told {
		if i > 0 && n-told[i-1] > enrollPage {
			t.Errorf("%d in a transaction", n-told[i-1])
		}
	}
	if len(told) != 3 {
		t.Errorf("told %v", told)
	}
}
