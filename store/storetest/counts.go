package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var countTests = []test{
	{"touches by persona, sequence, state and reason", countTouches},
	{"verdicts", countVerdicts},
	{"deferred touches", countDeferred},
	{"touches due before an instant", dueBefore},
	{"unknown touches", unknownTouches},
	{"enrollments", countEnrollments},
}

func countTouches(_ *testing.T, s db) {
	_, people := s.people(3)
	people[1].Persona, people[2].Persona = "ops", "ops"
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutContacts(ctx, people) })
	row := func(n, contact int, state andante.State, reason andante.Reason) andante.Touch {
		t := touch(n)
		t.Contact, t.State, t.Reason = people[contact].ID, state, reason
		return t
	}
	logged, call, choice := row(6, 0, andante.Sent, ""), row(5, 0, andante.Sent, ""), row(7, 0, andante.Skipped, andante.ReasonDecided)
	logged.Enrollment, call.Kind, choice.Kind = "", andante.Call, andante.Decide
	s.add(row(0, 0, andante.Sent, ""), row(1, 1, andante.Sent, ""), row(2, 2, andante.Sent, ""), row(3, 2, andante.Planned, andante.ReasonLimit),
		row(4, 2, andante.Planned, ""), call, logged, choice)
	s.same("counts", []store.StateCount{
		{Persona: "cfo", Sequence: "building-brief", Kind: andante.Call, State: andante.Sent, N: 1},
		{Persona: "cfo", Sequence: "building-brief", Kind: andante.Email, State: andante.Sent, N: 1},
		{Persona: "ops", Sequence: "building-brief", Kind: andante.Email, State: andante.Planned, N: 1},
		{Persona: "ops", Sequence: "building-brief", Kind: andante.Email, State: andante.Planned, Reason: andante.ReasonLimit, N: 1},
		{Persona: "ops", Sequence: "building-brief", Kind: andante.Email, State: andante.Sent, N: 2},
	}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.StateCount, error) { return tx.CountTouches(ctx) }))
}

// judged adds verdicts on touches of two personas.
func (s db) judged() []andante.Touch {
	s.t.Helper()
	_, people := s.people(2)
	people[1].Persona = "ops"
	touches := list(4, func(n int) andante.Touch {
		t := touch(n)
		t.Contact, t.State = people[min(n, 1)].ID, andante.Sent
		return t
	})
	touches[0].State = andante.Planned
	var verdicts []store.StoredVerdict
	give := func(touch int, action andante.Action, reason andante.Reason, when int) {
		v := verdict(len(verdicts))
		v.Touch, v.Action, v.Reason, v.At = touches[touch].ID, action, reason, at(when)
		verdicts = append(verdicts, v)
	}
	give(0, andante.Defer, andante.ReasonLimit, 1)
	give(0, andante.Defer, andante.ReasonLimit, 2)
	give(2, andante.Defer, andante.ReasonLimit, 9)
	give(1, andante.Defer, andante.ReasonGap, 3)
	give(1, andante.Defer, andante.ReasonLimit, 4)
	give(3, andante.Skip, andante.ReasonLimit, 5)
	give(3, andante.Skip, andante.ReasonDecided, 6)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return firstError(tx.PutContacts(ctx, people), tx.AddTouches(ctx, touches), tx.AddVerdicts(ctx, verdicts))
	})
	return touches
}

func countVerdicts(_ *testing.T, s db) {
	s.judged()
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]store.VerdictCount, error) { return tx.CountVerdicts(ctx) })
	s.same("counts", []store.VerdictCount{
		{Action: andante.Defer, Reason: andante.ReasonLimit, N: 4, Touches: 3},
		{Action: andante.Defer, Reason: andante.ReasonGap, N: 1, Touches: 1},
		{Action: andante.Skip, Reason: andante.ReasonLimit, N: 1, Touches: 1},
	}, got)
}

func countDeferred(t *testing.T, s db) {
	touches := s.judged()
	count := func(reasons ...andante.Reason) map[string]int {
		return read(s, func(ctx context.Context, tx *store.Tx) (map[string]int, error) { return tx.CountDeferred(ctx, reasons) })
	}
	s.same("by a limit", map[string]int{"cfo": 1, "ops": 2}, count(andante.ReasonLimit))
	s.same("by a limit or a gap", map[string]int{"cfo": 1, "ops": 2}, count(andante.ReasonLimit, andante.ReasonGap))
	s.same("by a gap", map[string]int{"ops": 1}, count(andante.ReasonGap))
	s.same("by a window", map[string]int(nil), count(andante.ReasonWindow))
	one := func(reason andante.Reason) (id andante.TouchID, err error) {
		err = s.Read(t.Context(), func(tx *store.Tx) (err error) {
			id, err = tx.OneDeferred(t.Context(), reason)
			return err
		})
		return id, err
	}
	if id, err := one(andante.ReasonLimit); id != touches[1].ID || err != nil {
		t.Errorf("the first put off and sent: touch %s, error %v; want %s", id, err, touches[1].ID)
	}
	if id, err := one(andante.ReasonWindow); err != andante.ErrNotFound {
		t.Errorf("put off for another reason: touch %s, error %v", id, err)
	}
}

func dueBefore(_ *testing.T, s db) {
	const daily = 24 * time.Hour
	row := func(n int, due time.Time, state andante.State) andante.Touch {
		t := touch(n)
		t.Step, t.Due, t.State = "hello", due, state
		return t
	}
	later := row(3, day.Add(daily), andante.Planned)
	later.Sequence = "a"
	s.add(
		row(0, day.Add(-40*daily), andante.Planned), row(1, day.Add(daily-time.Millisecond), andante.Leased),
		row(2, day.Add(daily), andante.Claimed), later,
		row(4, day.Add(3*daily-time.Millisecond), andante.Attempted), row(5, day.Add(3*daily), andante.Planned), row(6, day, andante.Sent),
	)
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Touch, error) {
		return tx.DueBefore(ctx, day.Add(3*daily))
	})
	var ids []andante.TouchID
	for _, t := range sorted(got, func(t andante.Touch) string { return string(t.ID) }) {
		ids = append(ids, t.ID)
	}
	want := []andante.TouchID{}
	for n := range 5 {
		want = append(want, id[andante.TouchID](n))
	}
	s.same("due before", want, ids)
}

func unknownTouches(_ *testing.T, s db) {
	row := func(n int, state andante.State) andante.Touch {
		t := touch(n)
		t.State, t.Settled = state, at(10-n)
		return t
	}
	s.add(row(0, andante.Unknown), row(1, andante.Sent), row(2, andante.Unknown), row(3, andante.Unknown))
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]andante.TouchID, error) { return tx.UnknownTouches(ctx, 2) })
	s.same("unknown", []andante.TouchID{id[andante.TouchID](3), id[andante.TouchID](2)}, got)
}

func countEnrollments(_ *testing.T, s db) {
	all := list(6, enrollment) // 1 and 4 have finished
	all[4].Reason = andante.ReasonExit
	all[5].Sequence = "a"
	s.enroll(all...)
	got := read(s, func(ctx context.Context, tx *store.Tx) ([]store.RunCount, error) { return tx.CountEnrollments(ctx) })
	s.same("counts", []store.RunCount{
		{Sequence: "a", State: andante.EnrollmentActive, N: 1},
		{Sequence: "building-brief", State: andante.EnrollmentActive, N: 3},
		{Sequence: "building-brief", State: andante.EnrollmentFinished, Reason: andante.ReasonExit, N: 1},
		{Sequence: "building-brief", State: andante.EnrollmentFinished, Reason: andante.ReasonReplied, N: 1},
	}, got)
}
