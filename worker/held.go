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
		f := putOff(andante.ReasonHeld, until, heldBy(h, it.touch))
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
	e.Since = &h.From
	due := latest(t.Due, h.From)
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

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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
	later := it.laterBy(b.now.Sub(*t.Evidence.Since))
	t.FirstDue = later(t.FirstDue)
	it.candidate.Due = t.FirstDue
	it.candidate.Stale = it.step.StaleAt(t.FirstDue, it.facts.Zones[0], it.facts.Holidays)
	it.shifted = true
	due := later(*t.Evidence.Until)
	if !due.After(b.now) {
		return nil
	}
	return putOff(andante.ReasonCatchUp, due, t.Evidence)
}

// laterBy moves instants by the length of a hold: by whole days of the contact's calendar
// where it lasted for days, so that they keep their hour.
func (it *item) laterBy(length time.Duration) func(time.Time) time.Time {
	const day = 24 * time.Hour
	if length < day {
		return func(t time.Time) time.Time { return t.Add(length) }
	}
	days := calendar.Offset{Days: int((length + day - 1) / day)}
	return func(t time.Time) time.Time { return days.From(t, it.facts.Zones[0], nil) }
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
