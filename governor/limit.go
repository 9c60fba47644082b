package governor

import (
	"cmp"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// A span is a period laid on the line of time, from its first instant to its
// last, both included.
type span struct{ first, last int64 }

func (s span) holds(m *mark) bool { return m.from <= s.last && m.at >= s.first }

// limited returns the first instant from t on at which every limit may have room for
// the candidate, and the limit that keeps it away longest. end is the last instant at
// which it may be written if it goes at t.
func (v *view) limited(t, end int64) (free int64, r rule) {
	first, last := v.lands(t), v.lands(end)
	free = t
	consider := func(l *Limit) {
		if !l.Who.Matches(v.facts) || !l.Count.Matches(v.candidate.Kind, v.candidate.Purpose) {
			return
		}
		landing, full := v.room(l, first, last)
		if landing == first {
			return
		}
		leaves := v.leaves(t, landing)
		if !l.Until.IsZero() {
			leaves = min(leaves, max(t, l.Until.UnixNano()))
		}
		if leaves > free {
			free, r = leaves, rule{limit: l, full: full}
		}
	}
	for i := range v.policy.Limits {
		consider(&v.policy.Limits[i])
	}
	for i := range v.facts.Own {
		consider(&v.facts.Own[i])
	}
	return free, r
}

// room returns the first instant from t on at which the limit may have room for
// the candidate, and the period without room that keeps it away longest. end is
// the last instant at which the candidate may land if it lands at t.
func (v *view) room(l *Limit, t, end int64) (free int64, full span) {
	if l.Per.Unit != "" {
		return v.roomInUnit(l, t, end)
	}
	free = t
	if s := l.endingAt(t); v.over(l, s) {
		free, full = v.drained(l, s), s
	}
	// A later period is fuller only when a coming touch enters it.
	for i := range v.marks {
		m := &v.marks[i]
		if m.from <= t || m.from >= end+int64(l.Per.Length) || !l.counts(m) {
			continue
		}
		if s := l.endingAt(m.from); v.over(l, s) {
			if drained := v.drained(l, s); drained > free {
				free, full = drained, s
			}
		}
	}
	return free, full
}

func (v *view) roomInUnit(l *Limit, t, end int64) (free int64, full span) {
	free = t
	for s := v.unit(l, t); s.first <= end; s = v.unit(l, s.last+1) {
		if v.over(l, s) {
			free, full = s.last+1, s
		}
	}
	if free > t && v.weight(l, v.candidate.Kind) > v.ceiling(l) {
		free = never // too heavy for an empty one
	}
	return free, full
}

// drained returns when enough touches have left an overfull rolling period; never
// if the candidate is too heavy for an empty one.
func (v *view) drained(l *Limit, s span) int64 {
	for v.over(l, s) {
		if leaves := v.firstLeave(l, s); leaves != never {
			s = l.endingAt(leaves)
		} else {
			return never
		}
	}
	return s.last
}

// endingAt returns (at - Length, at], the rolling period that ends at an instant.
func (l *Limit) endingAt(at int64) span { return span{at - int64(l.Per.Length) + 1, at} }

// unit returns the calendar period around an instant.
func (v *view) unit(l *Limit, at int64) span {
	start, end := calendar.PeriodStart(l.Per.Unit, v.time(at), v.zone)
	return span{start.UnixNano(), end.UnixNano() - 1}
}

// over tells whether the period would be over the limit with the candidate.
func (v *view) over(l *Limit, s span) bool {
	const dust = 1e-9 // of points that are no whole numbers
	sum := v.weight(l, v.candidate.Kind)
	for i := range v.marks {
		if m := &v.marks[i]; s.holds(m) && l.counts(m) {
			sum += v.weight(l, m.touch.Kind)
		}
	}
	return sum > v.ceiling(l)+dust
}

// firstLeave returns when the first of the touches in a rolling period leaves it;
// never if it is empty.
func (v *view) firstLeave(l *Limit, s span) int64 {
	var first int64 = never
	for i := range v.marks {
		if m := &v.marks[i]; s.holds(m) && l.counts(m) {
			first = min(first, m.at+int64(l.Per.Length))
		}
	}
	return first
}

func (l *Limit) counts(m *mark) bool {
	if m.touch.Unanswered && !l.Count.Unanswered {
		return false
	}
	return m.scopes&l.Scope.set() != 0 && l.Count.Matches(m.touch.Kind, m.touch.Purpose)
}

func (l *Limit) ceiling() float64 {
	if l.MaxPoints > 0 {
		return l.MaxPoints
	}
	return float64(l.Max)
}

// ceiling is what of the limit is open to the candidate: all of it, but for the places
// that are kept for what is more important.
func (v *view) ceiling(l *Limit) float64 {
	if l.Reserve.Slots > 0 && v.candidate.Priority > l.Reserve.For {
		return l.ceiling() - float64(l.Reserve.Slots)
	}
	return l.ceiling()
}

func (l *Limit) reason() andante.Reason { return cmp.Or(l.Reason, andante.ReasonLimit) }

// weight returns what a touch of kind k takes of the limit.
func (v *view) weight(l *Limit, k andante.Kind) float64 {
	if l.MaxPoints > 0 {
		if w, ok := v.policy.Points[k]; ok {
			return w
		}
	}
	return 1
}

// limitEvidence tells what fills the limit now, the oldest touch first.
func (v *view) limitEvidence(l *Limit, full span) andante.Evidence {
	e := andante.Evidence{Rule: l.Name, Scope: string(cmp.Or(l.Scope, ScopeContact)), Max: l.ceiling(), Period: l.Per.Written}
	if l.MaxPoints > 0 {
		e.Unit = "points"
	}
	if v.ceiling(l) < l.ceiling() {
		e.Reserved = float64(l.Reserve.Slots)
	}
	if l.Reason != "" {
		e.Source, e.Detail = l.Source, l.Because
	}
	for i := range v.marks {
		if m := &v.marks[i]; full.holds(m) && l.counts(m) {
			e.Filled = append(e.Filled, m.filler())
		}
	}
	slices.SortFunc(e.Filled, func(a, b andante.Filler) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Touch, b.Touch))
	})
	if e.More = max(len(e.Filled)-mostFillers, 0); e.More > 0 {
		e.Filled = slices.Clone(e.Filled[e.More:])
	}
	return e
}

// mostFillers is how many touches an evidence names: it is kept with each verdict.
const mostFillers = 20

// reach is the longest time that the period looks back.
func (p Period) reach() time.Duration {
	const day = 24 * time.Hour
	switch p.Unit {
	case "day":
		return 2 * day
	case "week":
		return 8 * day
	case "month":
		return 32 * day
	case "year":
		return 367 * day
	}
	return p.Length
}
