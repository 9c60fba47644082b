package workspace

import (
	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/sequences"
)

// Candidate is what the governor is told of a touch that asks: of its enrollment, of the
// plan that this keeps and of the step in it, which may be gone (nil). doer is who has to do
// what it asks of people.
func (w *Workspace) Candidate(t *andante.Touch, e *andante.Enrollment, q *sequences.Sequence, s *sequences.Step, f *governor.Facts, doer string) governor.Candidate {
	c := governor.Candidate{ID: t.ID, Kind: t.Kind, Purpose: t.Purpose, Priority: t.Priority, Due: t.FirstDue, Topic: q.Topic, Yielded: t.Yielded, Introduction: t.Introduction}
	if e.Cause == andante.CauseStage {
		c.ByStage = e.Entered
	}
	if s != nil {
		c.Narrow = q.NarrowAs(s, t.Kind)
		c.Stale = s.StaleAt(t.FirstDue, f.Zones[0], f.Holidays)
	}
	if works, ok := w.WorksFor(t, doer); ok {
		c.Narrow = append(c.Narrow, works)
	}
	return c
}

// WorksFor returns the hours of the colleague as whom a touch goes, or who carries it out:
// tasks keep to their working hours, and what goes in their name to their working days, but
// for what somebody waits for.
func (w *Workspace) WorksFor(t *andante.Touch, doer string) (calendar.Window, bool) {
	who := t.Sender
	if t.Kind.ByHuman() {
		who = doer
	}
	p, ok := w.Config.People[who]
	if !ok || p.Works == nil || t.Purpose == andante.Requested && !t.Kind.ByHuman() {
		return calendar.Window{}, false
	}
	works := *p.Works
	if !t.Kind.ByHuman() {
		works = works.Days()
	}
	id, _ := w.Config.Identity(who)
	return works.In(w.ZoneOf(id), who+"'s"), true
}
