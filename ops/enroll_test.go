package ops

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

func TestEnrollRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason   andante.Reason
		keys     string
		contacts [][]string // name, fields ...; "ann" is the one who asks
		before   func(*world)
	}{
		{reason: andante.ReasonRetired, keys: "retired: true"},
		{reason: andante.ReasonWrongPersona, keys: "personas: [cfo]", contacts: [][]string{{"ann", "contact.persona=engineer"}}},
		{reason: andante.ReasonWrongPersona, keys: "personas: [cfo]"},
		{reason: andante.ReasonWrongStage, keys: "stages: [prospect]"},
		{reason: andante.ReasonWrongStage, keys: "stages: [customer]", contacts: [][]string{{"ann", "contact.stage=prospect"}}},
		{reason: andante.ReasonNotPrimary, keys: "for: primary contact", contacts: [][]string{{"bob", "account=harbor"}, {"ann", "account=harbor"}}},
		{reason: andante.ReasonAlready, before: func(w *world) { w.enroll("brief", "ann") }},
		{reason: andante.ReasonReenter, before: func(w *world) { w.enroll("brief", "ann"); w.stop("ann") }},
		{reason: andante.ReasonReenter, keys: "reenter: after 30d", before: func(w *world) {
			w.enroll("brief", "ann")
			w.stop("ann")
			w.clock.Jump(w.clock.Now().Add(29 * 24 * time.Hour))
		}},
		{reason: andante.ReasonExclusive, keys: "exclusive: first", before: func(w *world) { w.enroll("other", "ann") }},
		{reason: andante.ReasonSuppressed, before: func(w *world) {
			if _, err := w.Suppress(w.t.Context(), []string{"ANN@x.example"}, "list"); err != nil {
				w.t.Fatal(err)
			}
		}},
		{reason: andante.ReasonNoConsent, contacts: [][]string{{"ann", "contact.country=DE"}}},
		{
			reason: andante.ReasonAtOnce, keys: "account: {at_once: 1}", contacts: [][]string{{"bob", "account=harbor"}, {"ann", "account=harbor"}},
			before: func(w *world) { w.enroll("brief", "bob") },
		},
		{reason: andante.ReasonNoRoom, keys: "window: Sun 00:00-00:01", contacts: [][]string{{"ann", "account.tier=residential"}}},
	} {
		t.Run(string(test.reason), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sequence("brief", test.keys)
			w.sequence("other", "exclusive: first")
			w.files["consent.yaml"] = []byte("- {kinds: [email], countries: [EU], need: [opt_in]}\n- {need: []}\n")
			w.files["governor.yaml"] = []byte("windows: [{who: {tiers: [residential]}, window: Mon-Fri 09:00-17:00}]\n")
			w.publish()
			if test.contacts == nil {
				test.contacts = [][]string{{"ann"}}
			}
			for _, c := range test.contacts {
				w.contact(c[0], c[1:]...)
				w.clock.Jump(w.clock.Now().Add(time.Minute)) // the first of an account is its primary contact
			}
			if test.before != nil {
				test.before(w)
			}
			before := w.enrollments(w.find("ann").ID)
			rep := w.enroll("brief", "ann")
			if diff := cmp.Diff(map[andante.Reason]int{test.reason: 1}, rep.Refused); diff != "" || rep.Matched != 1 || rep.Entered != 0 {
				t.Errorf("%+v (-want +got):\n%s", rep, diff)
			}
			if diff := cmp.Diff(before, w.enrollments(w.find("ann").ID)); diff != "" {
				t.Errorf("a refusal leaves nothing behind (-want +got):\n%s", diff)
			}
		})
	}
}

func (w *world) stop(name string) {
	w.t.Helper()
	if _, err := w.Stop(w.t.Context(), StopRequest{Contact: w.find(name).ID}); err != nil {
		w.t.Fatal(err)
	}
}

func TestEnroll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "test: {variants: {a: 1, b: 1}, hold_out: 20%}")
	w.publish()
	for i := range 60 {
		w.contact(fmt.Sprintf("p%d", i))
	}
	dry, err := w.Enroll(t.Context(), EnrollRequest{Sequence: "brief", DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.enrollments(w.find("p0").ID); len(got) != 0 {
		t.Errorf("a dry run enrolls: %v", got)
	}
	rep := w.enroll("brief")
	if !dry.DryRun {
		t.Error("a dry run does not say that it is one")
	}
	dry.DryRun = false
	if diff := cmp.Diff(dry, rep); diff != "" {
		t.Errorf("the dry run told something else (-dry +real):\n%s", diff)
	}
	if rep.HeldOut == 0 || rep.Entered == 0 || rep.HeldOut+rep.Entered != 60 {
		t.Errorf("%+v", rep)
	}
	again := w.enroll("brief")
	if again.Entered != 0 || again.Refused[andante.ReasonAlready] != rep.Entered || again.Refused[andante.ReasonReenter] != rep.HeldOut {
		t.Errorf("again: %+v", again)
	}
	w.read(func(tx *store.Tx) error {
		all, err := tx.ContactsAfter(t.Context(), "", 100)
		if err != nil {
			return err
		}
		seen := map[string]int{}
		for _, c := range all {
			list, err := tx.EnrollmentsOf(t.Context(), []andante.ContactID{c.ID})
			if err != nil {
				return err
			}
			touches, err := tx.TouchesOfContact(t.Context(), c.ID)
			if err != nil {
				return err
			}
			if e := list[0]; e.HeldOut != (len(touches) == 0) || e.HeldOut && e.Reason != andante.ReasonHeldOut {
				t.Errorf("%+v has %d touches", e, len(touches))
			}
			seen[list[0].Variant]++
		}
		if seen["a"] == 0 || seen["b"] == 0 {
			t.Errorf("variants: %v", seen)
		}
		return nil
	})
}

// A drip begins so many a day on days that have hours, over pages of contacts, in every
// zone and over several calls.
func TestDrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "window: Mon-Fri 09:00-17:00")
	w.publish()
	var rows []Row
	for i := range enrollPage + 40 {
		rows = append(rows, Row{Line: i, ExternalID: fmt.Sprintf("p%d", i), Email: fmt.Sprintf("p%d@x.example", i), Fields: map[string]string{
			"contact.zone": []string{"America/New_York", "Asia/Tokyo", "Pacific/Honolulu"}[i%3],
		}})
	}
	for _, half := range [][]Row{rows[:20], rows[20:]} {
		if _, err := w.TakeIn(t.Context(), w.w, half); err != nil {
			t.Fatal(err)
		}
		rep, err := w.Enroll(t.Context(), EnrollRequest{Sequence: "brief", PerDay: 50})
		if err != nil || rep.Entered != len(half) {
			t.Fatalf("%+v, %v", rep, err)
		}
	}
	days := map[string]int{}
	w.read(func(tx *store.Tx) error {
		begun, err := tx.Beginnings(t.Context(), "brief", "one", time.Unix(0, 0))
		for _, at := range begun {
			days[at.Format(time.DateOnly)]++ // the company's zone is UTC
		}
		return err
	})
	most, total := 0, 0
	for _, n := range days {
		most, total = max(most, n), total+n
	}
	if total != len(rows) || most != 50 || len(days) > len(rows)/50+4 {
		t.Errorf("%d, %d on one day, over %d days: %v", total, most, len(days), days)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.sequence("other", "")
	w.publish()
	ann, bob := w.contact("ann"), w.contact("bob")
	w.enroll("brief")
	w.enroll("other")
	before := w.version(ann)
	stop := func(want int, r StopRequest) {
		t.Helper()
		told := 0
		w.Note = func(x andante.Touch) {
			if told++; x.State != andante.Canceled || x.Reason != andante.ReasonStopped {
				t.Errorf("told of %+v", x)
			}
		}
		if n, err := w.Stop(t.Context(), r); err != nil || n != want || told != want {
			t.Errorf("%+v: %d, told of %d, %v", r, n, told, err)
		}
	}
	stop(1, StopRequest{Contact: ann, Sequence: "brief"})
	stop(0, StopRequest{Contact: ann, Sequence: "brief"})
	if w.version(ann) == before {
		t.Error("the account's version must rise")
	}
	if diff := cmp.Diff([]string{"brief finished stopped", "other active"}, sorted(w.enrollments(ann))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"brief/one canceled stopped", "other/one planned"}, sorted(w.touches(ann))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	stop(2, StopRequest{Sequence: "other"})
	stop(1, StopRequest{Contact: bob})
	stop(0, StopRequest{Sequence: "other"})
	stop(0, StopRequest{Sequence: "nothing"})
}

// A touch that is on the wire when its sequence is stopped is left to its
// outcome; one that is only claimed is taken back.
func TestStopUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	ids := map[andante.State]andante.ContactID{}
	for _, state := range []andante.State{andante.Leased, andante.Claimed, andante.Attempted} {
		ids[state] = w.contact(string(state))
	}
	w.enroll("brief")
	for state, id := range ids {
		w.bring(id, state)
	}
	if n, err := w.Stop(t.Context(), StopRequest{Sequence: "brief"}); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	for state, want := range map[andante.State]string{
		andante.Leased: "brief/one canceled stopped", andante.Claimed: "brief/one canceled stopped", andante.Attempted: "brief/one attempted",
	} {
		if got := w.touches(ids[state]); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v", state, got)
		}
	}
}

// bring takes a contact's only touch to a state, in a lease of its own.
func (w *world) bring(id andante.ContactID, state andante.State) (lease andante.LeaseID) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		list, err := tx.TouchesOfContact(w.t.Context(), id)
		if err != nil {
			return err
		}
		lease, err = w.lead(tx, list[0], state)
		return err
	})
	return lease
}

// lead takes a planned touch to a state, in a lease of its own.
func (w *world) lead(tx *store.Tx, t andante.Touch, state andante.State) (lease andante.LeaseID, err error) {
	ctx := w.t.Context()
	lease = andante.NewID[andante.LeaseID](w.clock.Now())
	wall := w.clock.Wall()
	if err := tx.AddLease(ctx, store.Lease{ID: lease, Attempt: 1, Kind: t.Kind, Sender: t.Sender, Size: 1, Touches: []andante.TouchID{t.ID}, Created: wall, Queued: wall, Expires: wall.Add(time.Minute)}); err != nil {
		return lease, err
	}
	if err := tx.MarkLeased(ctx, []andante.TouchID{t.ID}, lease); err != nil || state == andante.Leased {
		return lease, err
	}
	t.State, t.Lease, t.NotAfter, t.Counted = andante.Claimed, lease, w.clock.Now().Add(time.Minute), w.clock.Now().Add(time.Minute)
	if _, err := tx.Change(ctx, []store.Change{{Touch: t, Was: andante.Leased, Lease: lease}}); err != nil || state == andante.Claimed {
		return lease, err
	}
	_, err = tx.MarkAttempted(ctx, lease, []andante.TouchID{t.ID}, "", w.clock.Now())
	return lease, err
}

// TestByDue: enrollments are added in the order in which their touches are due, and those
// without one before them.
func TestByDue(t *testing.T) {
	t.Parallel()
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	e := enrolling{
		entered: []andante.Enrollment{{ID: "a"}, {ID: "b"}, {ID: "none"}, {ID: "c"}},
		touches: []andante.Touch{{ID: "3", Enrollment: "a", Due: at(9)}, {ID: "2", Enrollment: "b", Due: at(5)}, {ID: "1", Enrollment: "c", Due: at(5)}},
	}
	e.byDue()
	var enrollments []andante.EnrollmentID
	for _, x := range e.entered {
		enrollments = append(enrollments, x.ID)
	}
	var touches []andante.TouchID
	for _, x := range e.touches {
		touches = append(touches, x.ID)
	}
	if diff := cmp.Diff([]andante.TouchID{"1", "2", "3"}, touches); diff != "" {
		t.Errorf("touches (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]andante.EnrollmentID{"none", "c", "b", "a"}, enrollments); diff != "" {
		t.Errorf("enrollments (-want +got):\n%s", diff)
	}
}

// Of an account that is filled up the first enters who has an address, not merely the first.
func TestOneOfAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	w.contact("ann", "account=harbor", "email=")
	w.clock.Jump(w.clock.Now().Add(time.Minute))
	w.contact("bob", "account=harbor")
	account := w.find("bob").Account
	rep, err := w.Enroll(t.Context(), EnrollRequest{Sequence: "brief", Accounts: map[andante.AccountID]time.Time{account: {}}})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Entered != 1 || rep.Refused[andante.ReasonNoAddress] != 1 {
		t.Errorf("%+v", rep)
	}
	w.read(func(tx *store.Tx) error {
		list, err := tx.EnrollmentsOf(t.Context(), []andante.ContactID{w.find("bob").ID})
		if len(list) != 1 {
			t.Errorf("bob is on %d sequences", len(list))
		}
		return err
	})
}
