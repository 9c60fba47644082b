package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var enrollmentTests = []test{
	{"round trip", enrollmentsRoundTrip},
	{"once at a time on a sequence", enrolledOnce},
	{"found by contact, account and sequence", enrollmentsFound},
	{"last starts", lastStarts},
	{"moved and finished once", enrollmentsMove},
	{"those at their last step are opened again", enrollmentsReopen},
}

func enrollment(n int) andante.Enrollment {
	e := andante.Enrollment{
		ID: id[andante.EnrollmentID](n), Contact: id[andante.ContactID](n), Account: id[andante.AccountID](n), Sequence: "building-brief", Plan: "00ff",
		State: andante.EnrollmentActive, Step: text(n), Variant: text(n + 1), HeldOut: n%2 == 0, Exclusive: text(n + 2), Cause: text(n + 3), Entered: at(n),
	}
	if n%3 == 1 {
		e.State, e.Reason, e.Finished = andante.EnrollmentFinished, andante.ReasonReplied, at(n+1)
	}
	return e
}

func enrollmentID(e andante.Enrollment) andante.EnrollmentID { return e.ID }

func (s db) enroll(list ...andante.Enrollment) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddEnrollments(ctx, list) })
}

func (s db) enrollments(ids ...andante.EnrollmentID) []andante.Enrollment {
	s.t.Helper()
	return sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Enrollment, error) { return tx.Enrollments(ctx, ids) }), enrollmentID)
}

func enrollmentsRoundTrip(_ *testing.T, s db) {
	all := list(many, enrollment)
	s.enroll(all...)
	s.same("enrollments", all, s.enrollments(pick(all, enrollmentID)...))
}

func enrolledOnce(_ *testing.T, s db) {
	first, again := enrollment(0), enrollment(2)
	again.Contact = first.Contact
	s.enroll(first)
	s.refused(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddEnrollments(ctx, []andante.Enrollment{again})
	})
	first.State, first.Reason, first.Finished = andante.EnrollmentFinished, andante.ReasonStopped, at(5)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.FinishEnrollments(ctx, []andante.Enrollment{first})
		return err
	})
	s.enroll(again)
	s.same("both", []andante.Enrollment{first, again}, s.enrollments(first.ID, again.ID))
}

func enrollmentsFound(_ *testing.T, s db) {
	one, acme := id[andante.ContactID](1), id[andante.AccountID](1)
	all := list(6, func(n int) andante.Enrollment {
		e := enrollment(0)
		e.ID, e.Contact, e.Account, e.Entered = id[andante.EnrollmentID](n), id[andante.ContactID](10+n), acme, at(10-n)
		return e
	})
	all[0].Contact, all[1].Contact = one, one
	all[1].Sequence = "other"
	all[2].State, all[2].Finished = andante.EnrollmentFinished, at(9)
	all[3].State = andante.EnrollmentHeld
	all[4].Account = id[andante.AccountID](2)
	s.enroll(all...)
	s.same("of the contact, the oldest first", []andante.Enrollment{all[1], all[0]},
		read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Enrollment, error) {
			return tx.EnrollmentsOf(ctx, []andante.ContactID{one})
		}))
	s.same("in the account", []andante.Enrollment{all[0], all[3], all[5]},
		sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Enrollment, error) {
			return tx.ActiveInAccounts(ctx, "building-brief", []andante.AccountID{acme, id[andante.AccountID](3)})
		}), enrollmentID))
	s.same("on any sequence in the account", []andante.Enrollment{all[0], all[1], all[3], all[5]},
		sorted(read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Enrollment, error) {
			return tx.ActiveInAccounts(ctx, "", []andante.AccountID{acme})
		}), enrollmentID))
	var plans []string
	for _, e := range all {
		if e.Sequence == "building-brief" && !slices.Contains(plans, e.Plan) {
			plans = append(plans, e.Plan)
		}
	}
	slices.Sort(plans)
	s.same("by which plans they entered", plans, read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) { return tx.PlansOf(ctx, "building-brief") }))
	page := func(after andante.EnrollmentID) []andante.Enrollment {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Enrollment, error) {
			return tx.ActiveOn(ctx, "building-brief", after, 3)
		})
	}
	s.same("first page of the sequence", []andante.Enrollment{all[0], all[3], all[4]}, page(""))
	s.same("second page", []andante.Enrollment{all[5]}, page(all[4].ID))
	s.same("no more", []andante.Enrollment(nil), page(all[5].ID))
}

func lastStarts(_ *testing.T, s db) {
	var enrollments []andante.Enrollment
	var touches []andante.Touch
	start := func(n, account int, sequence, step string, first int) {
		e, t := enrollment(3*n), touch(n)
		e.Account, e.Sequence = id[andante.AccountID](account), sequence
		t.Enrollment, t.Account, t.Sequence, t.Step, t.FirstDue, t.Due = e.ID, e.Account, sequence, step, at(first), at(900+n)
		enrollments, touches = append(enrollments, e), append(touches, t)
	}
	start(0, 1, "brief", "hello", 20)
	start(1, 1, "brief", "hello", 30)
	start(2, 1, "brief", "again", 99)
	start(3, 1, "other", "hello", 98)
	start(4, 2, "brief", "hello", -5)
	start(5, 3, "other", "hello", 97)
	start(6, 1, "brief", "hello", 96) // and taken back
	touches[6].State = andante.Canceled
	s.enroll(enrollments...)
	s.add(touches...)
	got := read(s, func(ctx context.Context, tx *store.Tx) (map[andante.AccountID]time.Time, error) {
		return tx.LastStarts(ctx, "brief", "hello", []andante.AccountID{id[andante.AccountID](1), id[andante.AccountID](2), id[andante.AccountID](3)})
	})
	s.same("starts", map[andante.AccountID]time.Time{id[andante.AccountID](1): at(30), id[andante.AccountID](2): at(-5)}, got)
	s.same("beginnings", []time.Time{at(901), at(904)}, read(s, func(ctx context.Context, tx *store.Tx) ([]time.Time, error) {
		return tx.Beginnings(ctx, "brief", "hello", at(901))
	}))
}

func enrollmentsReopen(_ *testing.T, s db) {
	finished := func(n int, reason andante.Reason) andante.Enrollment {
		e := enrollment(n)
		e.State, e.Reason, e.Finished = andante.EnrollmentFinished, reason, at(9)
		return e
	}
	last, left, again := finished(0, andante.ReasonFinished), finished(1, andante.ReasonOptedOut), finished(2, andante.ReasonFinished)
	anew := enrollment(3)
	anew.Contact, anew.Sequence, anew.State, anew.Reason, anew.Finished = again.Contact, again.Sequence, andante.EnrollmentActive, "", time.Time{}
	grouped, other := finished(4, andante.ReasonFinished), enrollment(5)
	grouped.Exclusive, other.Exclusive = "group", "group"
	other.Contact, other.State, other.Reason, other.Finished = grouped.Contact, andante.EnrollmentActive, "", time.Time{}
	s.enroll(last, left, again, anew, grouped, other)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.ReopenEnrollments(ctx, []andante.EnrollmentID{last.ID, left.ID, again.ID, grouped.ID})
	})
	last.State, last.Reason, last.Finished = andante.EnrollmentActive, "", time.Time{}
	s.same("reopened", []andante.Enrollment{last, left, again, grouped}, s.enrollments(last.ID, left.ID, again.ID, grouped.ID))
	left.Step = "next"
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.ResumeEnrollment(ctx, left) })
	left.State, left.Reason, left.Finished = andante.EnrollmentActive, "", time.Time{}
	s.same("resumed", []andante.Enrollment{left}, s.enrollments(left.ID))
}

func enrollmentsMove(_ *testing.T, s db) {
	all := list(many, enrollment)
	s.enroll(all...)
	next := slices.Clone(all)
	for n := range next {
		next[n].Step, next[n].Reason, next[n].Finished = "next "+text(n), andante.ReasonExit, at(n+7)
	}
	ids := pick(all, enrollmentID)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.MarkUnfollowed(ctx, ids[:len(ids)/2]) })
	marked := func() (ids []andante.EnrollmentID) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			ids, err = tx.Unfollowed(ctx, "", many)
			return err
		})
		return ids
	}
	var waiting []andante.EnrollmentID
	for _, e := range all[:len(ids)/2] {
		if e.State != andante.EnrollmentFinished {
			waiting = append(waiting, e.ID)
		}
	}
	s.same("marked, if not finished", waiting, marked())
	s.same("after the first, one", waiting[1:2], read(s, func(ctx context.Context, tx *store.Tx) ([]andante.EnrollmentID, error) {
		return tx.Unfollowed(ctx, waiting[0], 1)
	}))
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.MoveEnrollments(ctx, next) })
	s.same("marked after the move", []andante.EnrollmentID(nil), marked())
	var running []andante.EnrollmentID
	for n := range all {
		if all[n].State != andante.EnrollmentFinished {
			all[n].Step = next[n].Step
			running = append(running, all[n].ID)
		}
	}
	s.same("moved, if not finished", all, s.enrollments(ids...))
	finish := func() (done []andante.EnrollmentID) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			done, err = tx.FinishEnrollments(ctx, next)
			return err
		})
		slices.Sort(done)
		return done
	}
	s.same("finished", running, finish())
	for n := range all {
		if all[n].State != andante.EnrollmentFinished {
			all[n].State, all[n].Reason, all[n].Finished = andante.EnrollmentFinished, next[n].Reason, next[n].Finished
		}
	}
	s.same("enrollments", all, s.enrollments(pick(all, enrollmentID)...))
	s.same("finished again", []andante.EnrollmentID(nil), finish())
}
