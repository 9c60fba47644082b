package ops

import (
	"context"
	"errors"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

// Settled is a touch whose step is over, with what that means for its enrollment.
type Settled struct {
	store.Change
	// End finishes the enrollment with this reason; empty: the next step is planned.
	End andante.Reason
	Do  sequences.Action // what a decision asks for besides; empty elsewhere
	As  andante.Kind     // the step comes once more, as this kind, before the next one; empty: it does not
}

// Settle writes touches that are over and, in the same transaction, what follows:
// the next step, or the end of the enrollment. The accounts must be locked. It
// returns the touches that still were as the caller believed; nothing follows
// from the others.
func (o *Ops) Settle(ctx context.Context, tx *store.Tx, list []Settled) (map[andante.TouchID]bool, error) {
	changes := make([]store.Change, len(list))
	for i, s := range list {
		changes[i] = s.Change
	}
	done, err := tx.Change(ctx, changes)
	if err != nil {
		return nil, err
	}
	over := make([]Settled, 0, len(list))
	for _, s := range list {
		if !done[s.Touch.ID] || s.Touch.Enrollment == "" {
			continue
		}
		_, leaves := s.Do.Enrolls()
		switch {
		case s.Do == sequences.Handover:
			s.End = andante.ReasonHandedOver
		case s.Do == sequences.End, leaves:
			s.End = andante.ReasonDecided
		}
		over = append(over, s)
	}
	if err := o.handOverAll(ctx, tx, over); err != nil { // its event ends more than this enrollment
		return nil, err
	}
	if err := o.follow(ctx, tx, over); err != nil {
		return nil, err
	}
	return done, o.enrollAll(ctx, tx, over)
}

// follow plans what comes after settled touches.
func (o *Ops) follow(ctx context.Context, tx *store.Tx, list []Settled) error {
	if len(list) == 0 {
		return nil
	}
	p, err := o.planner(ctx, tx)
	if err != nil {
		return err
	}
	people, err := loadPeople(ctx, tx, list, o.goesOn(ctx, tx))
	if err != nil {
		return err
	}
	var next []andante.Touch
	var moved, finished, colleagues []andante.Enrollment
	var over []andante.EnrollmentID
	for _, s := range list {
		e, ok := people.enrollments[s.Touch.Enrollment]
		if !ok || e.State == andante.EnrollmentFinished {
			over = append(over, e.ID) // a text that was kept just now is of no use any more
			continue
		}
		t, reason, err := o.after(ctx, tx, p, people, e, s)
		if err != nil {
			return err
		}
		if reason == nothingNext {
			continue
		}
		if reason != "" {
			e.Reason, e.Finished = reason, s.Touch.Settled
			finished = append(finished, e)
			if reason == andante.ReasonExit {
				more, err := o.colleaguesOf(ctx, tx, e)
				if err != nil {
					return err
				}
				colleagues = append(colleagues, more...)
			}
			continue
		}
		next = append(next, t)
		if e.Step == s.Touch.Step { // a receipt that came late finds it further on
			e.Step = t.Step
			moved = append(moved, e)
		}
	}
	if err := tx.AddTouches(ctx, next); err != nil {
		return err
	}
	if err := tx.MoveEnrollments(ctx, moved); err != nil {
		return err
	}
	if err := tx.DropQuotes(ctx, over); err != nil {
		return err
	}
	if err := o.finish(ctx, tx, finished); err != nil || len(colleagues) == 0 {
		return err
	}
	return o.endEnrollments(ctx, tx, colleagues, andante.ReasonColleague)
}

// colleaguesOf returns the enrollments that end together with one that a condition ends.
func (o *Ops) colleaguesOf(ctx context.Context, tx *store.Tx, e andante.Enrollment) ([]andante.Enrollment, error) {
	plan, err := o.Revisions.Plan(ctx, tx, e.Plan)
	if err != nil {
		return nil, err
	}
	return o.colleagues(ctx, tx, plan, e, "")
}

// Resume plans what follows for an enrollment whose last step was settled when the
// store refused the next one (see [store.Tx.MarkUnfollowed]).
func (o *Ops) Resume(ctx context.Context, tx *store.Tx, id andante.EnrollmentID) error {
	ids := []andante.EnrollmentID{id}
	var list []andante.Enrollment
	err := Lock(ctx, tx, func() (accounts []andante.AccountID, err error) {
		list, err = tx.Enrollments(ctx, ids)
		return unique(list, func(e andante.Enrollment) andante.AccountID { return e.Account }), err
	})
	if err != nil || len(list) == 0 || list[0].Reason != andante.ReasonNotFollowed || list[0].State == andante.EnrollmentFinished {
		return err
	}
	touches, err := tx.TouchesOf(ctx, ids)
	if err != nil {
		return err
	}
	plan, err := o.Revisions.Plan(ctx, tx, list[0].Plan)
	if err != nil {
		return err
	}
	if plan.Calendar() {
		return o.resumeCalendar(ctx, tx, list[0], touches)
	}
	var last *andante.Touch // a call that nobody answered comes more than once
	for i, t := range touches {
		if t.Step == list[0].Step && t.State.Settled() && (last == nil || t.Repeat > last.Repeat) {
			last = &touches[i]
		}
	}
	if last != nil {
		return o.resume(ctx, tx, list[0], *last)
	}
	return tx.MoveEnrollments(ctx, list) // its step is still to come
}

// resumeCalendar does so for a calendar sequence: what followed its last touch, and then
// every step that is not planned.
func (o *Ops) resumeCalendar(ctx context.Context, tx *store.Tx, e andante.Enrollment, touches []andante.Touch) error {
	var last andante.Touch
	for _, t := range touches {
		if t.State.Settled() && !t.Settled.Before(last.Settled) {
			last = t
		}
	}
	if last.ID != "" {
		if err := o.resume(ctx, tx, e, last); err != nil {
			return err
		}
	}
	list, err := tx.Enrollments(ctx, []andante.EnrollmentID{e.ID})
	if err != nil || len(list) == 0 || list[0].State == andante.EnrollmentFinished {
		return err
	}
	return errors.Join(o.replanIn(ctx, tx, list), tx.MoveEnrollments(ctx, list))
}

// resume does what was to follow one settled touch: a dead address ends more than its
// step.
func (o *Ops) resume(ctx context.Context, tx *store.Tx, e andante.Enrollment, t andante.Touch) error {
	s := Settled{Change: store.Change{Touch: t}}
	if t.State == andante.Failed && t.Reason == andante.ReasonAddress {
		plan, err := o.Revisions.Plan(ctx, tx, e.Plan)
		if err != nil {
			return err
		}
		step, ok := plan.Step(t.Step)
		unreachable := !ok || step.EndsWithout(t.Kind)
		if unreachable {
			s.End = andante.ReasonUnreachable
		} else {
			s.As = step.InsteadOf(t.Kind)
		}
		if err := o.Bounce(ctx, tx, t, "", unreachable); err != nil {
			return err
		}
	}
	return o.follow(ctx, tx, []Settled{s})
}

// nothingNext tells that an enrollment goes on and has nothing to plan now.
const nothingNext andante.Reason = "nothing"

// after returns the touch that follows a settled one, or the reason why the
// enrollment is over.
func (o *Ops) after(ctx context.Context, tx *store.Tx, p *planner, people *people, e andante.Enrollment, s Settled) (andante.Touch, andante.Reason, error) {
	if s.End != "" {
		return andante.Touch{}, s.End, nil
	}
	plan, err := o.Revisions.Plan(ctx, tx, e.Plan)
	if err != nil {
		return andante.Touch{}, "", err
	}
	i := plan.Index(s.Touch.Step) + 1
	if i == 0 {
		return andante.Touch{}, andante.ReasonNoStep, nil
	}
	if step := &plan.Steps[i-1]; step.Repeats(s.Touch.Result, s.Touch.Repeat) && !plan.Calendar() {
		if t, ok := p.onceMore(e, people.contacts[e.Contact], people.accounts[e.Account], plan, i-1, s.Touch); ok {
			return t, "", nil
		}
	}
	if s.As != "" && !plan.Calendar() {
		if t, ok := p.as(e, people.contacts[e.Contact], people.accounts[e.Account], plan, i-1, s); ok {
			return t, "", nil
		}
	}
	if plan.Calendar() {
		t, ok := p.again(e, people.contacts[e.Contact], people.accounts[e.Account], plan, i-1, s.Touch)
		if !ok {
			return t, nothingNext, nil // it comes when its date is known again
		}
		return t, "", nil
	}
	if i >= len(plan.Steps) {
		return andante.Touch{}, andante.ReasonFinished, nil
	}
	t, ok := p.touch(e, people.contacts[e.Contact], people.accounts[e.Account], plan, i, p.left(people, e, s.Touch))
	if !ok {
		return t, andante.ReasonNoRoom, nil
	}
	return t, "", nil
}

// people are the rows around a list of touches.
type people struct {
	enrollments map[andante.EnrollmentID]andante.Enrollment
	contacts    map[andante.ContactID]andante.Contact
	accounts    map[andante.AccountID]andante.Account
}

// loadPeople reads the rows around a list of touches. goes, if set, tells for which of
// them contact and account are asked about.
func loadPeople(ctx context.Context, tx *store.Tx, list []Settled, goes func(andante.Enrollment, Settled) bool) (*people, error) {
	enrollments, err := tx.Enrollments(ctx, unique(list, func(s Settled) andante.EnrollmentID { return s.Touch.Enrollment }))
	if err != nil {
		return nil, err
	}
	p := &people{enrollments: byID(enrollments, enrollmentID)}
	var around []andante.Enrollment
	for _, s := range list {
		if e := p.enrollments[s.Touch.Enrollment]; goes == nil || goes(e, s) {
			around = append(around, e)
		}
	}
	contacts, err := tx.Contacts(ctx, unique(around, func(e andante.Enrollment) andante.ContactID { return e.Contact }))
	if err != nil {
		return nil, err
	}
	accounts, err := tx.Accounts(ctx, unique(around, func(e andante.Enrollment) andante.AccountID { return e.Account }))
	p.contacts, p.accounts = byID(contacts, contactID), byID(accounts, accountID)
	return p, err
}

// goesOn tells whether a next step may follow: most that end do so with their last one.
func (o *Ops) goesOn(ctx context.Context, tx *store.Tx) func(andante.Enrollment, Settled) bool {
	return func(e andante.Enrollment, s Settled) bool {
		plan, err := o.Revisions.Plan(ctx, tx, e.Plan)
		if s.End != "" || e.State == andante.EnrollmentFinished {
			return false
		}
		if err != nil || plan.Calendar() {
			return true
		}
		i := plan.Index(s.Touch.Step)
		return i != len(plan.Steps)-1 || s.As != "" || plan.Steps[i].Repeats(s.Touch.Result, s.Touch.Repeat)
	}
}

// finish ends enrollments and forgets the texts that were kept to be quoted.
func (o *Ops) finish(ctx context.Context, tx *store.Tx, list []andante.Enrollment) error {
	done, err := tx.FinishEnrollments(ctx, list)
	if err != nil {
		return err
	}
	return tx.DropQuotes(ctx, done)
}

// cancel takes back touches that are not on the wire.
func (o *Ops) cancel(ctx context.Context, tx *store.Tx, list []andante.Touch, reason andante.Reason, now time.Time) error {
	var changes []store.Change
	for _, t := range list {
		was := t.State
		t.State, t.Reason, t.Settled = andante.Canceled, reason, now
		t.Free()
		changes = append(changes, store.Change{Touch: t, Was: was, StateOnly: true})
	}
	done, err := tx.Change(ctx, changes)
	if err != nil {
		return err
	}
	o.note(tx, changes, done)
	var tasks []andante.TouchID
	var accounts []andante.AccountID
	for _, c := range changes {
		if c.Was == andante.Open || c.Was == andante.Review {
			tasks, accounts = append(tasks, c.Touch.ID), append(accounts, c.Touch.Account)
		}
	}
	if len(tasks) == 0 {
		return nil
	}
	return errors.Join(tx.DropTasks(ctx, tasks), tx.DropWaitingCards(ctx, tasks), o.freed(ctx, tx, accounts))
}

// note tells of the changes that were made.
func (o *Ops) note(tx *store.Tx, changes []store.Change, done map[andante.TouchID]bool) {
	if o.Note == nil {
		return
	}
	tx.Then(func() {
		for _, c := range changes {
			if done[c.Touch.ID] {
				o.Note(c.Touch)
			}
		}
	})
}

// endEnrollments finishes enrollments and cancels what was still to come of them.
func (o *Ops) endEnrollments(ctx context.Context, tx *store.Tx, list []andante.Enrollment, reason andante.Reason) error {
	now := o.now()
	ids := unique(list, enrollmentID)
	touches, err := tx.TouchesOf(ctx, ids)
	if err != nil {
		return err
	}
	var open []andante.Touch
	for _, t := range touches {
		if t.State.May(andante.Canceled) {
			open = append(open, t)
		}
	}
	if err := o.cancel(ctx, tx, open, reason, now); err != nil {
		return err
	}
	for i := range list {
		list[i].Reason, list[i].Finished = reason, now
	}
	return o.finish(ctx, tx, list)
}
