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
	after time.Time // the day after its last occasion
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
	plans := map[string]*sequences.Sequence{}
	runs = slices.DeleteFunc(runs, func(x andante.Enrollment) bool {
		if x.State == andante.EnrollmentFinished {
			return true
		}
		q, e := o.Revisions.Plan(ctx, tx, x.Plan)
		err = errors.Join(err, e)
		plans[x.Plan] = q
		return e != nil || !q.Calendar()
	})
	if err != nil || len(runs) == 0 {
		return err
	}
	p, err := o.planner(ctx, tx)
	if err != nil {
		return err
	}
	accounts, err := tx.Accounts(ctx, unique(contacts, func(c andante.Contact) andante.AccountID { return c.Account }))
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
		m, f := p.replan(x, c, companies[c.Account], plans[x.Plan], of[x.ID])
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
	has, went := map[string]yearly{}, map[string]time.Time{}
	for _, t := range touches {
		if t.State.Went() {
			went[t.Step] = calendar.Later(went[t.Step], t.Settled)
		}
	}
	facts := p.w.Facts(c, a)
	for _, t := range touches {
		i := plan.Index(t.Step)
		if i < 0 {
			continue
		}
		s := &plan.Steps[i]
		h := has[t.Step]
		h.times = max(h.times, t.Repeat+1)
		if t.State.Settled() {
			h.after = calendar.Later(h.after, p.dayAfter(x, c, a, s, t))
		} else {
			h.waits = true
		}
		has[t.Step] = h
		if t.State != andante.Planned || t.Reason != "" {
			continue
		}
		from := p.now
		if last := went[t.Step]; !last.IsZero() { // a date that is mended brings no second one in a year
			from = calendar.Later(from, last.Add(halfYear))
		}
		if due, ok := p.due(x, c, a, plan, s, &facts, from); ok && !due.Equal(t.FirstDue) {
			t.Due, t.FirstDue = due, due
			moved = append(moved, store.Change{Touch: t, Was: andante.Planned})
		}
	}
	return moved, p.yearly(x, c, a, plan, has)
}
