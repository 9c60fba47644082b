package ops

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// resending is what is looked at before touches are sent again.
type resending struct {
	steps    map[andante.EnrollmentID][]andante.Touch // of each enrollment
	runs     map[andante.ContactID][]andante.Enrollment
	people   *people
	planner  *planner
	reopened []andante.EnrollmentID
}

func (s *settling) loadResending(ctx context.Context, list []andante.Touch) error {
	ids := unique(list, func(t andante.Touch) andante.EnrollmentID { return t.Enrollment })
	steps, err := s.tx.TouchesOf(ctx, ids)
	if err != nil {
		return err
	}
	runs, err := s.tx.EnrollmentsOf(ctx, unique(list, func(t andante.Touch) andante.ContactID { return t.Contact }))
	if err != nil {
		return err
	}
	s.resending = resending{
		steps: map[andante.EnrollmentID][]andante.Touch{}, runs: map[andante.ContactID][]andante.Enrollment{},
	}
	for _, t := range steps {
		s.resending.steps[t.Enrollment] = append(s.resending.steps[t.Enrollment], t)
	}
	for _, e := range runs {
		s.resending.runs[e.Contact] = append(s.resending.runs[e.Contact], e)
	}
	var around []Settled
	for _, t := range list {
		around = append(around, Settled{Change: store.Change{Touch: t}})
	}
	if s.resending.people, err = loadPeople(ctx, s.tx, around, nil); err != nil {
		return err
	}
	s.resending.planner, err = s.planner(ctx, s.tx)
	return err
}

// resend plans a touch again, unless it would come in the wrong order or its contact is
// on the sequence no more.
//
//   - A later step went out, may have gone or is with a worker: no. An earlier mail after
//     a later one is worse than none.
//   - The enrollment has ended: no, for the contact replied, left or was taken off it; but
//     one that only came to its last step goes on for this touch, unless the contact is on
//     the sequence, or on another of the same exclusive group, again.
//   - A later step is planned: it waits for as long after the resend as it would have
//     waited after the first try.
//   - Anything else, an opt-out since, a hold, a full limit, valid_for that is over, the
//     worker asks anew as of any planned touch.
//
// It keeps its Message-ID, so that whoever receives it twice can see that it is one.
func (s *settling) resend(ctx context.Context, t andante.Touch) error {
	why, reopen := s.mayResend(t)
	if why != "" {
		s.leave(LeftTouch{Touch: t.ID, State: andante.Unknown, Why: why})
		return nil
	}
	doubted := t.Settled
	if ended := s.last[t.ID].Ended; ended.After(doubted) { // a takeover settles as of the due time
		doubted = ended
	}
	due := doubted.Add(LeaseTime + LongestTrip)
	if due.Before(s.now) {
		due = s.now
	}
	t.Free()
	t.State, t.Due, t.Settled = andante.Planned, due, time.Time{}
	t.Reason, t.Evidence = andante.ReasonResend, andante.Evidence{Scope: s.r.By}
	s.changes = append(s.changes, store.Change{Touch: t, Was: andante.Unknown, Attempt: t.Attempts})
	s.verdicts = append(s.verdicts, store.StoredVerdict{
		ID: andante.NewID[andante.VerdictID](s.now), Touch: t.ID, At: s.now,
		Verdict: andante.Verdict{Action: andante.Defer, Reason: t.Reason, Until: due, Evidence: t.Evidence},
	})
	if reopen {
		s.reopen(t)
	}
	done := settledTouch(t)
	done.Due, done.Reopened = due, reopen
	moved, err := s.moveNext(ctx, t)
	done.Moved = moved
	s.settled = append(s.settled, done)
	return err
}

// reopen opens a touch's enrollment, so that another one of the contact sees it open.
func (s *settling) reopen(t andante.Touch) {
	s.resending.reopened = append(s.resending.reopened, t.Enrollment)
	runs := s.resending.runs[t.Contact]
	for i := range runs {
		if runs[i].ID == t.Enrollment {
			runs[i].State = andante.EnrollmentActive
		}
	}
}

// mayResend returns why a touch may not be sent again; or else whether its enrollment
// must be opened for it.
func (s *settling) mayResend(t andante.Touch) (why string, reopen bool) {
	e, ok := s.resending.people.enrollments[t.Enrollment]
	if !ok {
		return "it belongs to no sequence", false
	}
	for _, later := range s.resending.steps[t.Enrollment] {
		if !later.FirstDue.After(t.FirstDue) {
			continue
		}
		switch {
		case later.State == andante.Leased || later.State == andante.Claimed:
			return fmt.Sprintf("a later step, %s, is with a worker; look again in a minute", later.Step), false
		case later.State.Went():
			return fmt.Sprintf("a later step, %s, is %s: it would come in the wrong order", later.Step, later.State), false
		}
	}
	if e.State != andante.EnrollmentFinished {
		return "", false
	}
	if e.Reason != andante.ReasonFinished {
		return "its sequence has ended: " + e.Reason.Text(), false
	}
	again := slices.ContainsFunc(s.resending.runs[t.Contact], func(x andante.Enrollment) bool {
		return x.State != andante.EnrollmentFinished && (x.Sequence == e.Sequence || e.Exclusive != "" && x.Exclusive == e.Exclusive)
	})
	if again {
		return "its sequence has ended, and the contact has entered it, or another of its group, since", false
	}
	return "", true
}

// moveNext puts the step off that is planned after a touch that is sent again.
func (s *settling) moveNext(ctx context.Context, t andante.Touch) (*MovedStep, error) {
	p := s.resending.people
	e := p.enrollments[t.Enrollment]
	plan, err := s.Revisions.Plan(ctx, s.tx, e.Plan)
	if err != nil {
		return nil, err
	}
	for _, later := range s.resending.steps[t.Enrollment] {
		i := plan.Index(later.Step)
		if later.State != andante.Planned || i < 0 || !later.FirstDue.After(t.FirstDue) {
			continue
		}
		next, ok := s.resending.planner.touch(e, p.contacts[e.Contact], p.accounts[e.Account], plan, i, t.Due)
		if !ok || !next.Due.After(later.Due) {
			continue
		}
		later.Due, later.FirstDue = next.Due, next.FirstDue
		s.changes = append(s.changes, store.Change{Touch: later, Was: andante.Planned})
		return &MovedStep{Touch: later.ID, Step: later.Step, Due: later.Due}, nil
	}
	return nil, nil
}
