package worker

import (
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/store"
)

// A rival is what waits, or is on its way to a claim, in an account of the batch and does
// not belong to it.
type rival struct {
	touch   andante.Touch
	contact andante.Contact
	governor.Rival
}

// loadRivals reads what else is to come in the accounts of the batch within the policy's
// look-ahead, and may come before something of it: the touches that wait, and of each the
// one step that follows it.
func (r *run) loadRivals(ctx context.Context, tx *store.Tx, b *batch, accounts []andante.AccountID) ([]rival, error) {
	last, yields := lastRank(b.items)
	if b.w.Policy.LookAhead.IsZero() || !yields {
		return nil, nil
	}
	// A day more than any calendar makes of the look-ahead.
	until := b.w.Policy.LookAhead.From(b.now, time.UTC, nil).Add(24 * time.Hour)
	waiting, err := tx.RivalsIn(ctx, accounts, until, last)
	if err != nil {
		return nil, err
	}
	ours := map[andante.TouchID]bool{}
	known := map[andante.ContactID]andante.Contact{}
	companies := map[andante.AccountID]andante.Account{}
	for _, it := range b.items {
		ours[it.touch.ID], known[it.contact.ID], companies[it.account.ID] = true, it.contact, it.account
	}
	waiting = slices.DeleteFunc(waiting, func(t andante.Touch) bool { return ours[t.ID] })
	var strangers []andante.ContactID
	var ids []andante.EnrollmentID
	for _, t := range waiting {
		ids = append(ids, t.Enrollment)
		if _, ok := known[t.Contact]; !ok {
			strangers = append(strangers, t.Contact)
		}
	}
	more, err := tx.Contacts(ctx, compact(strangers))
	if err != nil {
		return nil, err
	}
	for _, c := range more {
		known[c.ID] = c
	}
	running, err := tx.Enrollments(ctx, compact(ids))
	if err != nil {
		return nil, err
	}
	enrollments := by(running, func(e andante.Enrollment) andante.EnrollmentID { return e.ID })
	var list []rival
	for _, t := range waiting {
		e := enrollments[t.Enrollment][0]
		some, err := r.rivalsOf(ctx, tx, b, t, e, known[t.Contact], companies[t.Account], until)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// lastRank returns the last place among the items that may have to yield; false if none may.
func lastRank(items []*item) (last store.Rank, yields bool) {
	var least *governor.Candidate
	for _, it := range items {
		if c := &it.candidate; it.fate == nil && c.Yields() && (least == nil || least.Before(c)) {
			least = c
		}
	}
	if least == nil {
		return last, false
	}
	return store.Rank{Priority: least.Priority, Due: least.Due, Yields: governor.MostYields}, true
}

// rivalsOf returns a waiting touch and the step that follows it as rivals.
func (r *run) rivalsOf(ctx context.Context, tx *store.Tx, b *batch, t andante.Touch, e andante.Enrollment, c andante.Contact, a andante.Account, until time.Time) ([]rival, error) {
	plan, err := r.ops.Revisions.Plan(ctx, tx, e.Plan)
	if err != nil {
		return nil, err
	}
	facts := b.w.Facts(c, a)
	facts.Address = r.ops.Keys.Hash(c.AddressFor(t.Kind))
	step, ok := plan.Step(t.Step)
	if !ok {
		return nil, nil
	}
	one := rival{touch: t, contact: c, Rival: governor.Rival{Candidate: b.w.Candidate(&t, &e, plan, step, &facts, b.w.Config.DoerOf(a, t.Sender, b.now)), Facts: &facts, Next: t.Due}}
	list := []rival{one}
	i := plan.Index(t.Step) + 1
	if i >= len(plan.Steps) || plan.Steps[i].After == nil || plan.Steps[i].Kind == andante.Decide {
		return list, nil
	}
	next := &plan.Steps[i]
	due, ok := next.Due(t.Due, b.w.Hours(&facts, plan, next), facts.Holidays, b.seed.Minute(e.Sequence, c.ID, next.ID))
	if !ok || due.After(until) {
		return list, nil
	}
	two := one
	two.ID, two.Kind, two.Due, two.Next, two.Yielded = andante.FollowingID(t.ID, next.ID), next.Kind, due, due, 0
	two.Introduction = next.Introduction
	two.Narrow, two.Stale = plan.Narrow(next), next.StaleAt(due, facts.Zones[0], facts.Holidays)
	return append(list, two), nil
}

// attachRivals hands each item those of its account that no hold stops.
func attachRivals(b *batch, list []rival, holds []andante.Hold) {
	free := slices.DeleteFunc(list, func(x rival) bool {
		return slices.ContainsFunc(slices.Concat(holds, b.holds), func(h andante.Hold) bool { return h.Holds(b.now) && h.Covers(x.touch, x.contact) && h.Allow == "" })
	})
	ofAccount := map[andante.AccountID][]governor.Rival{}
	for _, x := range free {
		ofAccount[x.touch.Account] = append(ofAccount[x.touch.Account], x.Rival)
	}
	for _, it := range b.items {
		it.facts.Rivals = slices.Clip(ofAccount[it.account.ID])
	}
}

// rivalOf is an item of the batch that was put off, as a rival of those after it.
func rivalOf(it *item) governor.Rival {
	facts := it.facts
	return governor.Rival{Candidate: it.candidate, Facts: &facts, Next: it.fate.until}
}
