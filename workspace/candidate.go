package workspace

import (
	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/sequences"
)

// Candidate is what the governor is told of a touch that asks: of its enrollment, of the
// plan that this keeps and of the step in it, which may be gone (nil).
func Candidate(t *andante.Touch, e *andante.Enrollment, q *sequences.Sequence, s *sequences.Step, f *governor.Facts) governor.Candidate {
	c := governor.Candidate{ID: t.ID, Kind: t.Kind, Purpose: t.Purpose, Priority: t.Priority, Due: t.FirstDue, Topic: q.Topic, Yielded: t.Yielded, Introduction: t.Introduction}
	if e.Cause == andante.CauseStage {
		c.ByStage = e.Entered
	}
	if s != nil {
		c.Narrow = q.NarrowAs(s, t.Kind)
		c.Stale = s.StaleAt(t.FirstDue, f.Zones[0], f.Holidays)
	}
	return c
}
