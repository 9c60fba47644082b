package ops

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// planner turns "the step before is settled" into the next touch.
type planner struct {
	w    *workspace.Workspace
	seed andante.Seed
	now  time.Time
}

func (o *Ops) planner(ctx context.Context, tx *store.Tx) (*planner, error) {
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return nil, err
	}
	seed, err := tx.Seed(ctx)
	return &planner{w: w, seed: seed, now: o.now()}, err
}

// touch plans step number i of the plan for an enrollment, counted from the
// instant `from`. False if there is no such step, or none of its hours will come.
func (p *planner) touch(e andante.Enrollment, c andante.Contact, a andante.Account, plan *sequences.Sequence, i int, from time.Time) (andante.Touch, bool) {
	if i >= len(plan.Steps) {
		return andante.Touch{}, false
	}
	return p.nth(e, c, a, plan, i, 0, from)
}

// left returns when a touch that is over left, from where the next step counts.
func (p *planner) left(people *people, e andante.Enrollment, t andante.Touch) time.Time {
	if !p.w.PrintedFirst(t) {
		return t.Settled
	}
	facts := p.w.Facts(people.contacts[e.Contact], people.accounts[e.Account])
	return workspace.LobPrints.From(t.Settled, facts.Zones[0], facts.Holidays)
}

// nth plans a step for the n-th time, counted from 0: only those of a calendar sequence
// come again.
func (p *planner) nth(e andante.Enrollment, c andante.Contact, a andante.Account, plan *sequences.Sequence, i, n int, from time.Time) (andante.Touch, bool) {
	s := &plan.Steps[i]
	facts := p.w.Facts(c, a)
	due, ok := p.due(e, c, a, plan, s, &facts, from)
	if !ok {
		return andante.Touch{}, false
	}
	sender, _ := p.w.SenderOf(plan, s, c.ID, a, p.now) // none: the worker skips the touch and says why
	return andante.Touch{
		ID:         andante.DeriveID[andante.TouchID](p.seed, p.now, "touch", string(e.ID), s.ID, strconv.Itoa(n)),
		Enrollment: e.ID, Contact: c.ID, Account: a.ID, Sequence: e.Sequence, Step: s.ID, Repeat: n,
		Kind: s.Kind, Purpose: plan.Purpose, Priority: plan.Priority, Sender: sender, Variant: e.Variant, Introduction: s.Introduction,
		State: andante.Planned, Due: due, FirstDue: due,
	}, true
}

// onceMore plans a step again that reached nobody: in its hours, as far apart as it says.
func (p *planner) onceMore(e andante.Enrollment, c andante.Contact, a andante.Account, plan *sequences.Sequence, i int, was andante.Touch) (andante.Touch, bool) {
	t, ok := p.nth(e, c, a, plan, i, was.Repeat+1, was.Settled)
	if !ok {
		return t, false
	}
	s, facts := &plan.Steps[i], p.w.Facts(c, a)
	hours := p.w.Hours(&facts, plan, s)
	from := s.NoAnswer.Apart.From(was.Settled, facts.Zones[0], facts.Holidays)
	if t.Due, ok = hours.Spread(from, p.seed.Fraction("again", string(t.ID))); ok {
		t.FirstDue, t.Sender = t.Due, was.Sender
	}
	return t, ok
}

// as plans a step again that nobody carried out, as another kind and at once.
func (p *planner) as(e andante.Enrollment, c andante.Contact, a andante.Account, plan *sequences.Sequence, i int, s Settled) (andante.Touch, bool) {
	t, ok := p.nth(e, c, a, plan, i, s.Touch.Repeat+1, s.Touch.Settled)
	t.Kind, t.Due, t.FirstDue = s.As, s.Touch.Settled, s.Touch.Settled
	return t, ok
}

// due returns when a step comes. One on an occasion that does not come any more comes at
// once: the worker skips it and says why. Of a calendar sequence it does not come.
func (p *planner) due(e andante.Enrollment, c andante.Contact, a andante.Account, plan *sequences.Sequence, s *sequences.Step, facts *governor.Facts, from time.Time) (time.Time, bool) {
	minute := p.seed.Minute(e.Sequence, e.Contact, s.ID)
	if s.On == "" {
		return s.Due(from, p.w.Hours(facts, plan, s), facts.Holidays, minute)
	}
	v := p.w.Values(c, a, e, workspace.Identity{})
	if due, ok := p.w.DueOn(s, v, facts, p.workingHours(plan, s, c, a, facts), from, minute); ok {
		return due, true
	}
	return from, !plan.Calendar()
}

// workingHours are a step's hours with those of the colleague as whom it goes: what can't wait
// for their next day goes on the one before.
func (p *planner) workingHours(plan *sequences.Sequence, s *sequences.Step, c andante.Contact, a andante.Account, facts *governor.Facts) calendar.Hours {
	hours := p.w.Hours(facts, plan, s)
	sender, _ := p.w.SenderOf(plan, s, c.ID, a, p.now)
	t := andante.Touch{Kind: s.Kind, Purpose: plan.Purpose, Sender: sender}
	if works, ok := p.w.WorksFor(&t, p.w.Config.DoerOf(a, sender, p.now)); ok {
		hours.Windows = append(slices.Clip(hours.Windows), works)
	}
	return hours
}
