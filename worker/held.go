package worker

import (
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
)

// recheck is when a hold without an end is looked at again; its release wakes
// the touches at once.
const recheck = 24 * time.Hour

// notHeld puts off what a hold stops. A hold that lets something through is left to the
// governor, as a limit.
func notHeld(_ *run, b *batch, it *item) *fate {
	for _, h := range it.inForce(b) {
		if h.Allow != "" {
			continue
		}
		until := h.Until
		if until.IsZero() {
			until = b.now.Add(recheck)
		}
		return putOff(andante.ReasonHeld, until, heldBy(h, it.touch))
	}
	return nil
}

// heldBy tells of the hold that puts a touch off. Until is when it came due under the
// hold; without one it does not catch up.
func heldBy(h andante.Hold, t andante.Touch) andante.Evidence {
	e := andante.Evidence{Rule: string(h.Scope), Detail: h.Reason, Scope: h.Author, Since: &h.From}
	if !h.CatchUp {
		return e
	}
	due := t.Due
	if t.Reason == andante.ReasonHeld && t.Evidence.Until != nil {
		due = *t.Evidence.Until // it is held still
	}
	if due.Before(h.From) {
		due = h.From
	}
	e.Until = &due
	return e
}

func (it *item) inForce(b *batch) []andante.Hold {
	return keep(slices.Concat(it.holds, b.holds), func(h andante.Hold) bool { return h.Holds(b.now) && h.Covers(it.touch) })
}

// caughtUp moves what was held by the hold's length, so that it goes out at the pace at
// which it was planned and not in one burst; its valid_for moves along. What does not
// catch up is dropped where it is stale.
func caughtUp(r *run, b *batch, it *item) *fate {
	t := &it.touch
	if t.Reason != andante.ReasonHeld || t.Evidence.Since == nil || len(it.inForce(b)) > 0 {
		return nil
	}
	if t.Evidence.Until == nil {
		if it.candidate.Stale.IsZero() && b.now.Sub(t.FirstDue) > tooLate {
			return skipped(andante.ReasonStale, andante.Evidence{Detail: "it came due under a hold", Until: &t.FirstDue})
		}
		return nil
	}
	length := b.now.Sub(*t.Evidence.Since)
	t.FirstDue = t.FirstDue.Add(length)
	it.candidate.Due = t.FirstDue
	it.candidate.Stale = it.step.StaleAt(t.FirstDue, it.facts.Zones[0], it.facts.Holidays)
	it.shifted = true
	due := t.Evidence.Until.Add(length)
	if !due.After(b.now) {
		return nil
	}
	return putOff(andante.ReasonCatchUp, due, t.Evidence)
}

// allowances are what holds let through, as limits of this contact.
func (it *item) allowances(b *batch) []governor.Limit {
	var list []governor.Limit
	for _, h := range it.inForce(b) {
		if h.Allow == "" {
			continue
		}
		most, per, err := governor.ParseRate(h.Allow)
		if err != nil {
			continue // it was read when the hold was made
		}
		scope := governor.ScopeContact
		if h.Scope == andante.HoldAccount {
			scope = governor.ScopeAccount
		}
		list = append(list, governor.Limit{
			Name: string(h.Scope), Scope: scope, Max: most, Per: per, Reason: andante.ReasonHeld, Until: h.Until, Source: h.Author, Because: h.Reason,
		})
	}
	return list
}
