package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

// ErrNotResumed says why an enrollment does not go on.
var ErrNotResumed = errors.New("it does not go on")

// ResumeEnrollment has an enrollment go on that a reply ended, where it stood: the reply asked for nothing, a
// mere "Thanks!". What was to be answered is over. It returns the touch that comes next.
// [andante.ErrNotFound] if there is no such enrollment, [ErrNotResumed] if it may not go on.
func (o *Ops) ResumeEnrollment(ctx context.Context, id andante.EnrollmentID, by string) (next andante.Touch, err error) {
	return next, o.Store.Write(ctx, func(tx *store.Tx) error {
		var list []andante.Enrollment
		err := Lock(ctx, tx, func() (accounts []andante.AccountID, err error) {
			list, err = tx.Enrollments(ctx, []andante.EnrollmentID{id})
			return unique(list, func(x andante.Enrollment) andante.AccountID { return x.Account }), err
		})
		if err == nil && len(list) == 0 {
			err = fmt.Errorf("enrollment %s: %w", id, andante.ErrNotFound)
		}
		if err != nil {
			return err
		}
		r := &resuming{Ops: o, tx: tx, x: list[0], by: by}
		next, err = r.run(ctx)
		return err
	})
}

// resuming is one transaction of [Ops.ResumeEnrollment].
type resuming struct {
	*Ops
	tx *store.Tx
	x  andante.Enrollment
	by string
}

func (r *resuming) run(ctx context.Context) (next andante.Touch, err error) {
	if err := r.may(ctx); err != nil {
		return next, err
	}
	if next, err = r.next(ctx); err != nil {
		return next, err
	}
	if err := r.tx.RaiseVersion(ctx, []andante.AccountID{r.x.Account}); err != nil {
		return next, err
	}
	r.x.Step = next.Step
	if err := r.tx.ResumeEnrollment(ctx, r.x); err != nil {
		return next, err
	}
	if err := r.tx.AddTouches(ctx, []andante.Touch{next}); err != nil {
		return next, err
	}
	people, err := r.tx.Contacts(ctx, []andante.ContactID{r.x.Contact})
	if err != nil || len(people) == 0 {
		return next, err
	}
	if err := r.closeReplies(ctx, r.tx, people[0], TaskDone{By: r.by, Note: "nothing to answer; " + r.x.Sequence + " goes on", At: r.now()}); err != nil {
		return next, err
	}
	return next, r.Apply(ctx, r.tx, andante.Event{ // the silence ends, whether there was a task or not
		ID: andante.NewID[andante.EventID](r.now()), Contact: r.x.Contact, Account: r.x.Account, Name: andante.EventHandled, At: r.now(), Detail: "resumed",
	})
}

// EndedByReply tells whether an enrollment ended because its contact, or a colleague, replied.
func EndedByReply(x andante.Enrollment) bool {
	return x.State == andante.EnrollmentFinished && (x.Reason == andante.ReasonReplied || x.Reason == andante.ReasonColleague)
}

// may tells why the enrollment may not go on; nil if it may.
func (r *resuming) may(ctx context.Context) error {
	switch {
	case r.x.State != andante.EnrollmentFinished:
		return fmt.Errorf("%w: it runs", ErrNotResumed)
	case !EndedByReply(r.x):
		return fmt.Errorf("%w: it did not end by a reply, but for this: %s", ErrNotResumed, r.x.Reason.Text())
	}
	all, err := r.tx.EnrollmentsOf(ctx, []andante.ContactID{r.x.Contact})
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.State != andante.EnrollmentFinished && (o.Sequence == r.x.Sequence || o.Exclusive != "" && o.Exclusive == r.x.Exclusive) {
			return fmt.Errorf("%w: they are on %s now", ErrNotResumed, o.Sequence)
		}
	}
	return nil
}

// next plans the first step that nothing went of and that comes after all others.
func (r *resuming) next(ctx context.Context) (t andante.Touch, err error) {
	plan, err := r.Revisions.Plan(ctx, r.tx, r.x.Plan)
	if err != nil {
		return t, err
	}
	p, err := r.planner(ctx, r.tx)
	if err != nil {
		return t, err
	}
	touches, err := r.tx.TouchesOf(ctx, []andante.EnrollmentID{r.x.ID})
	if err != nil {
		return t, err
	}
	around, err := loadPeople(ctx, r.tx, []Settled{{Change: store.Change{Touch: andante.Touch{Enrollment: r.x.ID, Contact: r.x.Contact, Account: r.x.Account}}}}, nil)
	if err != nil {
		return t, err
	}
	step, from := 0, r.x.Entered
	for _, was := range touches {
		i := slices.IndexFunc(plan.Steps, func(s sequences.Step) bool { return s.ID == was.Step })
		if was.State != andante.Canceled && i >= step {
			step, from = i+1, p.left(around, r.x, was)
		}
	}
	if step >= len(plan.Steps) {
		return t, fmt.Errorf("%w: it has come to its last step", ErrNotResumed)
	}
	repeat := 0
	for _, was := range touches {
		if was.Step == plan.Steps[step].ID {
			repeat = max(repeat, was.Repeat+1)
		}
	}
	t, ok := p.nth(r.x, around.contacts[r.x.Contact], around.accounts[r.x.Account], plan, step, repeat, from)
	if !ok {
		return t, fmt.Errorf("%w: the next step's day does not come again", ErrNotResumed)
	}
	t.Due = calendar.Later(t.Due, r.now())
	t.FirstDue = t.Due
	return t, nil
}
