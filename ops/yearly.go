package ops

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// yearly plans every step of a calendar sequence that has no touch waiting: has tells how
// often each was planned, and which waits.
func (p *planner) yearly(e andante.Enrollment, c andante.Contact, a andante.Account, plan *sequences.Sequence, has map[string]yearly) (list []andante.Touch) {
	for i := range plan.Steps {
		h := has[plan.Steps[i].ID]
		if h.waits {
			continue
		}
		if t, ok := p.nth(e, c, a, plan, i, h.times, calendar.Later(p.now, h.after)); ok {
			list = append(list, t)
		}
	}
	return list
}

// yearly is what is known of a step of a calendar sequence.
type yearly struct {
	times int
	waits bool
	after time.Time // before it nothing comes: its last occasion was too near
}

// again plans the next year's touch after one of a calendar sequence is settled.
func (p *planner) again(e andante.Enrollment, c andante.Contact, a andante.Account, plan *sequences.Sequence, i int, t andante.Touch) (andante.Touch, bool) {
	return p.nth(e, c, a, plan, i, t.Repeat+1, calendar.Later(p.now, p.dayAfter(e, c, a, &plan.Steps[i], t)))
}

// dayAfter returns when the day is over on which a touch of a calendar sequence was to land.
func (p *planner) dayAfter(e andante.Enrollment, c andante.Contact, a andante.Account, s *sequences.Step, t andante.Touch) time.Time {
	o, err := sequences.ParseOccasion(s.On)
	facts := p.w.Facts(c, a)
	zone := facts.Zones[0]
	day := t.FirstDue.In(zone)
	if err == nil {
		v := p.w.Values(c, a, e, workspace.Identity{})
		if d, ok := p.w.Day(o, v, &facts, t.FirstDue); ok && d.Sub(day) < 60*24*time.Hour {
			day = d
		}
	}
	return calendar.StartOf(day.Year(), day.Month(), day.Day()+1, zone)
}

// replanYearly plans steps of calendar sequences whose date has become known, and moves what
// waits to a date that has changed. Nothing of a year gone by is made up for.
func (o *Ops) replanYearly(ctx context.Context, tx *store.Tx, contacts []andante.Contact) error {
	runs, err := tx.EnrollmentsOf(ctx, unique(contacts, contactID))
	if err != nil {
		return err
	}
	runs = slices.DeleteFunc(runs, func(x andante.Enrollment) bool {
		if x.State == andante.EnrollmentFinished {
			return true
		}
		q, e := o.Revisions.Plan(ctx, tx, x.Plan)
		err = errors.Join(err, e)
		return e != nil || !q.Calendar()
	})
	if err != nil || len(runs) == 0 {
		return err
	}
	return o.replanIn(ctx, tx, runs)
}

// replanIn does so for enrollments on calendar sequences.
func (o *Ops) replanIn(ctx context.Context, tx *store.Tx, runs []andante.Enrollment) error {
	p, err := o.planner(ctx, tx)
	if err != nil {
		return err
	}
	contacts, err := tx.Contacts(ctx, unique(runs, func(e andante.Enrollment) andante.ContactID { return e.Contact }))
	if err != nil {
		return err
	}
	accounts, err := tx.Accounts(ctx, unique(runs, func(e andante.Enrollment) andante.AccountID { return e.Account }))
	if err != nil {
		return err
	}
	touches, err := tx.TouchesOf(ctx, unique(runs, enrollmentID))
	if err != nil {
		return err
	}
	people, companies := byID(contacts, contactID), byID(accounts, accountID)
	of := group(touches, func(t andante.Touch) andante.EnrollmentID { return t.Enrollment })
	var fresh []andante.Touch
	var moved []store.Change
	for _, x := range runs {
		c := people[x.Contact]
		plan, err := o.Revisions.Plan(ctx, tx, x.Plan)
		if err != nil {
			return err
		}
		m, f := p.replan(x, c, companies[c.Account], plan, of[x.ID])
		moved, fresh = append(moved, m...), append(fresh, f...)
	}
	if _, err := tx.Change(ctx, moved); err != nil {
		return err
	}
	return tx.AddTouches(ctx, fresh)
}

// replan returns the touches of one enrollment whose day has moved, and those that are
// planned anew.
func (p *planner) replan(x andante.Enrollment, c andante.Contact, a andante.Account, plan *sequences.Sequence, touches []andante.Touch) (moved []store.Change, fresh []andante.Touch) {
	has := map[string]yearly{}
	for _, t := range touches {
		i := plan.Index(t.Step)
		if i < 0 {
			continue
		}
		h := has[t.Step]
		h.times = max(h.times, t.Repeat+1)
		switch {
		case !t.State.Settled():
			h.waits = true
		case t.State.Went(): // a date that is mended soon after brings no second one
			h.after = calendar.Later(h.after, t.Settled.Add(halfYear))
			fallthrough
		default:
			h.after = calendar.Later(h.after, p.dayAfter(x, c, a, &plan.Steps[i], t))
		}
		has[t.Step] = h
	}
	facts := p.w.Facts(c, a)
	for _, t := range touches {
		s, ok := plan.Step(t.Step)
		if !ok || t.State != andante.Planned || t.Reason != "" {
			continue
		}
		from := p.now
		if t.FirstDue.Before(from) {
			from = t.FirstDue // it is on its way, and its own day is not gone by for it
		}
		if due, ok := p.due(x, c, a, plan, s, &facts, calendar.Later(from, has[t.Step].after)); ok && !due.Equal(t.FirstDue) {
			t.Due, t.FirstDue = due, due
			moved = append(moved, store.Change{Touch: t, Was: andante.Planned})
		}
	}
	return moved, p.yearly(x, c, a, plan, has)
}

// skipYear skips what of a calendar sequence an event of this year keeps from coming in it.
func (o *Ops) skipYear(ctx context.Context, tx *store.Tx, x andante.Enrollment, plan *sequences.Sequence, e andante.Event) error {
	p, err := o.planner(ctx, tx)
	if err != nil {
		return err
	}
	contacts, err := tx.Contacts(ctx, []andante.ContactID{x.Contact})
	if err != nil || len(contacts) == 0 {
		return err
	}
	accounts, err := tx.Accounts(ctx, []andante.AccountID{x.Account})
	if err != nil || len(accounts) == 0 {
		return err
	}
	touches, err := tx.TouchesOf(ctx, []andante.EnrollmentID{x.ID})
	if err != nil {
		return err
	}
	year := e.At.In(p.w.Facts(contacts[0], accounts[0]).Zones[0]).Year()
	var over []Settled
	var tasks []andante.TouchID
	for _, t := range touches {
		s, ok := plan.Step(t.Step)
		if !ok || !t.State.May(andante.Skipped) || p.dayAfter(x, contacts[0], accounts[0], s, t).Add(-time.Minute).Year() != year {
			continue
		}
		if t.State == andante.Open {
			tasks = append(tasks, t.ID)
		}
		was := t.State
		t.State, t.Reason, t.Settled, t.Evidence = andante.Skipped, andante.ReasonExit, o.now(), andante.Evidence{Rule: e.Name}
		t.Free()
		over = append(over, Settled{Change: store.Change{Touch: t, Was: was, StateOnly: true}})
	}
	if _, err := o.Settle(ctx, tx, over); err != nil || len(tasks) == 0 {
		return err
	}
	return errors.Join(tx.DropTasks(ctx, tasks), tx.DropWaitingCards(ctx, tasks), o.freed(ctx, tx, []andante.AccountID{x.Account}))
}
