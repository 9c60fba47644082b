package workspace

import (
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/sequences"
)

// checkGaps compares what steps say with the policy's gaps.
func checkGaps(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		if q.Purpose == andante.Requested {
			return nil
		}
		facts := w.typical(q)
		for i := 1; i < len(q.Steps); i++ {
			s := &q.Steps[i]
			gap, ok := w.Policy.GapFor(&facts, s.Kind, q.Steps[i-1].Kind)
			if s.After == nil || !ok || s.Kind == andante.Decide || q.Steps[i-1].Kind == andante.Decide {
				continue
			}
			before := w.Policy.Lands(&facts, q.Steps[i-1].Kind, monday)
			lands := w.Policy.Lands(&facts, s.Kind, s.After.From(monday, time.UTC, nil))
			if apart := lands.Sub(before).Abs(); apart < gap.Min.Length {
				post := ""
				if q.Steps[i-1].Kind.Mailed() || s.Kind.Mailed() {
					post = ", post counted when it lands"
				}
				found = append(found, in(q, "closer-than-gap", s.Lines["after"], "%s comes %s after the step before, but the gap is %s%s: the governor will %s",
					s.ID, s.After, gap.Min.Written, post, whatOf(s.OverLimit)))
			}
		}
		return found
	})
}

// whatOf says what becomes of a step that comes too early.
func whatOf(o sequences.OverLimit) string {
	switch o.Do {
	case "skip":
		return "skip it, as over_limit says"
	case "end":
		return "end the sequence there, as over_limit says"
	case "switch":
		return "have it go as " + string(o.Kind) + ", as over_limit says"
	}
	return "put it off"
}

// monday is a quiet morning on which sample plans begin.
var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// typical returns the facts of a contact whom the sequence is written for.
func (w *Workspace) typical(q *sequences.Sequence) governor.Facts {
	f := governor.Facts{Contact: "typical", Account: "typical", Zones: []*time.Location{time.UTC}}
	if len(q.Stages) > 0 {
		f.Stage = q.Stages[0]
	}
	if len(q.Personas) > 0 {
		f.Persona = q.Personas[0]
	}
	return f
}

// checkStretch plays each sequence for one contact who gets nothing else and
// compares its length with the plan's.
func checkStretch(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) []*andante.Finding {
		if q.Calendar() || q.Purpose == andante.Requested {
			return nil
		}
		planned, _ := w.play(q, false)
		played, limit := w.play(q, true)
		const day = 24 * time.Hour
		if limit == "" || played < planned+5*day || played < planned*5/4 {
			return nil
		}
		f := in(q, "stretched", q.Lines["sequence"], "takes %d days instead of %d, for %s holds it back", played/day, planned/day, limit)
		return []*andante.Finding{f}
	})
}

// Planned is how long a sequence takes from its first touch to its last as it is written, if
// nothing holds it back.
func (w *Workspace) Planned(name string) time.Duration {
	q := w.Sequences[name]
	if q == nil || q.Calendar() {
		return 0
	}
	takes, _ := w.play(q, false)
	return takes
}

// barrierName says what put a touch off.
func barrierName(v andante.Verdict) string {
	switch v.Barrier {
	case andante.ReasonLimit:
		return "the limit " + v.Evidence.Rule
	case andante.ReasonGap:
		return "the gap"
	case andante.ReasonEase:
		return fmt.Sprintf("ease (%d touches without a response)", v.Evidence.Ignored)
	case andante.ReasonCoolDown:
		return "a cool-down after the " + v.Evidence.Rule
	}
	return ""
}

// play returns how long a sequence takes from its first touch to its last, with
// or without the governor, and what put a touch off for longest: a limit, a gap, ease or a
// cool-down.
func (w *Workspace) play(q *sequences.Sequence, governed bool) (takes time.Duration, limit string) {
	facts := w.typical(q)
	t, first, worst := monday, time.Time{}, time.Duration(0)
	for i := range q.Steps {
		s := &q.Steps[i]
		if s.UpTo != nil { // it waits for something as long as it may, for nothing happens
			t = s.UpTo.From(t, facts.Zones[0], facts.Holidays)
		}
		if s.After == nil || s.Kind == andante.Decide {
			continue
		}
		due, ok := s.Due(t, w.Hours(&facts, q, s), facts.Holidays, 0)
		if !ok {
			break
		}
		if governed {
			v, until := w.ask(&facts, q, s, due)
			if wait := until.Sub(due); wait > worst {
				worst, limit = wait, barrierName(v)
			}
			due = until
		}
		if first.IsZero() {
			first = due
		}
		t = due
	}
	if first.IsZero() { // all of it comes on dates, which are everybody's own
		return 0, limit
	}
	return t.Sub(first), limit
}

// ask returns what the governor says to a step that is due, and when the step is
// settled. If it goes by then, it counts for those that follow.
func (w *Workspace) ask(f *governor.Facts, q *sequences.Sequence, s *sequences.Step, due time.Time) (v andante.Verdict, until time.Time) {
	c := governor.Candidate{
		ID: andante.TouchID(s.ID), Kind: s.Kind, Purpose: q.Purpose, Narrow: q.Narrow(s), Stale: s.StaleAt(due, f.Zones[0], f.Holidays),
	}
	v = w.Policy.Decide(*f, c, due)
	switch {
	case v.Action == andante.Skip, v.Action == andante.Defer && (s.OverLimit.Do == "skip" || s.OverLimit.Do == "end"):
		return v, due
	case v.Action == andante.Defer:
		due = v.Until
	}
	f.Touches = append(f.Touches, governor.Touch{ID: c.ID, Contact: f.Contact, Account: f.Account, Kind: s.Kind, Purpose: q.Purpose, At: w.Policy.Lands(f, s.Kind, due), Introduction: s.Introduction})
	return v, due
}
