package worker

import (
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
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
		e := heldBy(h, it.touch)
		if it.step != nil && it.step.On != "" {
			e.Until = nil // its day does not move
		}
		f := putOff(andante.ReasonHeld, until, e)
		f.byHold = true
		return f
	}
	return nil
}

// heldBy tells of the hold that puts a touch off. Until is when it came due under the
// hold; without one it does not catch up.
func heldBy(h andante.Hold, t andante.Touch) andante.Evidence {
	e := andante.Evidence{Rule: string(h.Scope), Detail: h.Reason, Scope: h.Author}
	if h.Author == andante.HoldAuthor { // the sender was in trouble, and they may have it as soon as that is mended
		return e
	}
	// What was planned under the hold was paced by it already until then.
	since := calendar.Later(h.From, andante.PlannedAt(string(t.ID)))
	e.Since = &since
	due := calendar.Later(t.Due, since)
	if was := t.Evidence; t.Reason == andante.ReasonHeld && was.Since != nil { // by one hold after the other
		e.Since = was.Since
		if was.Until != nil {
			due = *was.Until
		}
	}
	if !h.DropStale {
		e.Until = &due
	}
	return e
}

func (it *item) inForce(b *batch) []andante.Hold {
	return keep(slices.Concat(it.holds, b.holds), func(h andante.Hold) bool { return h.Holds(b.now) && h.Covers(it.touch, it.contact) })
}

// heldByAllowance puts off what a hold lets through later, or no more before its end. It
// catches up afterwards like whatever was held.
func (it *item) heldByAllowance(b *batch, v andante.Verdict) *fate {
	e, until := v.Evidence, v.Until
	for _, h := range it.inForce(b) {
		if h.Allow == "" {
			continue
		}
		held := heldBy(h, it.touch)
		e.Since, e.Until = held.Since, held.Until
		if v.Action != andante.Defer {
			until = h.Until
		}
		break
	}
	if until.IsZero() {
		until = b.now.Add(recheck)
	}
	return putOff(andante.ReasonHeld, until, e)
}

// heldSince tells whether a hold that lets something through has come since the claim.
func (it *item) heldSince(b *batch) bool {
	return slices.ContainsFunc(b.holds, func(h andante.Hold) bool {
		return h.Allow != "" && h.Holds(b.now) && h.Covers(it.touch, it.contact) &&
			!slices.ContainsFunc(b.agreed, func(a andante.Hold) bool { return a.ID == h.ID })
	})
}

// caughtUp moves what was held by the hold's length, so that it goes out at the pace at
// which it was planned and not in one burst; its valid_for moves along. What does not
// catch up is dropped where it is stale.
func caughtUp(_ *run, b *batch, it *item) *fate {
	t := &it.touch
	if t.Reason != andante.ReasonHeld || t.Evidence.Since == nil {
		return nil
	}
	if t.Evidence.Until == nil {
		if len(it.inForce(b)) == 0 && it.candidate.Stale.IsZero() && b.now.Sub(t.FirstDue) > tooLate {
			return skipped(andante.ReasonStale, andante.Evidence{Detail: "it came due under a hold", Until: &t.FirstDue})
		}
		return nil
	}
	// It was put off until the hold's end, or woken by its release.
	shift := calendar.ByLength(t.Due.Sub(*t.Evidence.Since))
	later := func(at time.Time) time.Time { return shift.From(at, it.facts.Zones[0], nil) }
	it.candidate.Due = later(t.FirstDue)
	it.candidate.Stale = it.step.StaleAt(it.candidate.Due, it.facts.Zones[0], it.facts.Holidays)
	if len(it.inForce(b)) > 0 {
		return nil // a place that the hold leaves: it is in time all the same
	}
	t.FirstDue, it.shifted = it.candidate.Due, true
	if due := later(*t.Evidence.Until); due.After(b.now) {
		return putOff(andante.ReasonCatchUp, due, t.Evidence)
	}
	return nil
}

// allowances are what holds let through, as limits of this contact.
func (it *item) allowances(b *batch) (list []governor.Limit) {
	for _, h := range it.inForce(b) {
		if l, ok := governor.Allowed(h); ok {
			list = append(list, l)
		}
	}
	return list
}
