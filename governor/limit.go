package governor

import (
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// fill is a touch that takes a place in a limit.
type fill struct {
	touch  *Touch
	at     time.Time
	weight float64
}

// limitRule answers for one limit.
func (p *Policy) limitRule(l *Limit, f *Facts, c Candidate) rule {
	fills := p.fills(l, f, c)
	weight, ceiling := 1.0, float64(l.Max)
	if l.MaxPoints > 0 {
		weight, ceiling = p.points(c.Kind), l.MaxPoints
	}
	full := func(t time.Time) bool { return peak(l.Per, fills, t, t.Add(c.Holds), zone(f))+weight > ceiling }
	return func(t time.Time) (time.Time, andante.Reason, andante.Evidence) {
		if !full(t) {
			return t, "", andante.Evidence{}
		}
		e := andante.Evidence{
			Rule: l.Name, Scope: string(l.Scope), Max: ceiling, Period: l.Per.Written,
			Filled: fillers(fills, l.Per, t, zone(f)),
		}
		if weight > ceiling {
			return time.Time{}, andante.ReasonLimit, e
		}
		for _, at := range leaves(l.Per, fills, t, zone(f)) {
			if !full(at) {
				return at, andante.ReasonLimit, e
			}
		}
		return time.Time{}, andante.ReasonLimit, e
	}
}

// points returns what a touch of kind k weighs.
func (p *Policy) points(k andante.Kind) float64 {
	if w, ok := p.Points[k]; ok {
		return w
	}
	return 1
}

// fills returns the touches that the limit counts, in the order of time.
func (p *Policy) fills(l *Limit, f *Facts, c Candidate) []fill {
	list := make([]fill, 0, len(f.Touches))
	for i := range f.Touches {
		t := &f.Touches[i]
		if t.ID == c.ID || !l.covers(t, f) || !l.Count.matches(t.Kind, t.Purpose) {
			continue
		}
		w := 1.0
		if l.MaxPoints > 0 {
			w = p.points(t.Kind)
		}
		list = append(list, fill{t, t.At, w})
	}
	slices.SortFunc(list, func(a, b fill) int { return a.at.Compare(b.at) })
	return list
}

// covers tells whether the touch lies in the limit's scope.
func (l *Limit) covers(t *Touch, f *Facts) bool {
	switch l.Scope {
	case ScopeAccount:
		return t.Account == f.Account
	case ScopeAddress:
		return f.Address != "" && t.Address == f.Address
	default:
		return t.Contact == f.Contact
	}
}

func zone(f *Facts) *time.Location {
	if len(f.Zones) == 0 {
		return time.UTC
	}
	return f.Zones[0]
}

// peak returns the greatest weight of fills in any period that holds an instant
// from `from` to `to`, both included.
func peak(per Period, fills []fill, from, to time.Time, loc *time.Location) float64 {
	if per.Unit != "" {
		return max(inUnit(per, fills, from, loc), inUnit(per, fills, to, loc))
	}
	// A period is heaviest when it ends at the candidate or at a touch after it;
	// with the candidate anywhere in [from, to] those ends are `from` and every
	// touch that some instant of [from, to] can share a period with.
	most := inPeriod(per.Length, fills, from)
	for _, f := range fills {
		if f.at.After(from) && f.at.Before(to.Add(per.Length)) {
			most = max(most, inPeriod(per.Length, fills, f.at))
		}
	}
	return most
}

// inPeriod weighs the fills in (end - length, end].
func inPeriod(length time.Duration, fills []fill, end time.Time) float64 {
	sum, start := 0.0, end.Add(-length)
	for _, f := range fills {
		if f.at.After(start) && !f.at.After(end) {
			sum += f.weight
		}
	}
	return sum
}

// inUnit weighs the fills in the calendar unit that holds t.
func inUnit(per Period, fills []fill, t time.Time, loc *time.Location) float64 {
	start, end := calendar.PeriodStart(per.Unit, t, loc)
	sum := 0.0
	for _, f := range fills {
		if !f.at.Before(start) && f.at.Before(end) {
			sum += f.weight
		}
	}
	return sum
}

// leaves returns the instants after t at which the limit may become free: when a
// touch leaves the period, or when the next calendar unit begins.
func leaves(per Period, fills []fill, t time.Time, loc *time.Location) []time.Time {
	var list []time.Time
	if per.Unit == "" {
		for _, f := range fills {
			if at := f.at.Add(per.Length); at.After(t) {
				list = append(list, at)
			}
		}
		return list
	}
	for at := t; at.Sub(t) <= horizon; {
		_, at = calendar.PeriodStart(per.Unit, at, loc)
		list = append(list, at)
	}
	return list
}

// fillers returns the touches that fill the limit at t, the oldest first.
func fillers(fills []fill, per Period, t time.Time, loc *time.Location) []andante.Filler {
	start, end := t.Add(-per.Length), t.Add(per.Length)
	if per.Unit != "" {
		start, end = calendar.PeriodStart(per.Unit, t, loc)
		start = start.Add(-1)
	}
	var list []andante.Filler
	for _, f := range fills {
		if f.at.After(start) && f.at.Before(end) {
			list = append(list, andante.Filler{Touch: f.touch.ID, Contact: f.touch.Contact, Kind: f.touch.Kind, At: f.at})
		}
	}
	return list
}

// gapRule keeps the least time between two touches of the contact.
func (p *Policy) gapRule(f *Facts, c Candidate) rule {
	return func(t time.Time) (time.Time, andante.Reason, andante.Evidence) {
		free := t
		var e andante.Evidence
		for i := range f.Touches {
			o := &f.Touches[i]
			if o.ID == c.ID || o.Contact != f.Contact || o.Purpose == andante.Requested {
				continue
			}
			g, ok := p.GapFor(f, c.Kind, o.Kind)
			if !ok || !tooClose(o.At, free, free.Add(c.Holds), g.Min.Length) {
				continue
			}
			free = o.At.Add(g.Min.Length)
			e = andante.Evidence{
				Rule: "gap", Scope: string(ScopeContact), Period: g.Min.Written,
				Filled: []andante.Filler{{Touch: o.ID, Contact: o.Contact, Kind: o.Kind, At: o.At}},
			}
		}
		if free.Equal(t) {
			return t, "", andante.Evidence{}
		}
		return free, andante.ReasonGap, e
	}
}

// tooClose tells whether some instant of [from, to] lies nearer than least to at.
func tooClose(at, from, to time.Time, least time.Duration) bool {
	return from.Sub(at) < least && at.Sub(to) < least
}

// GapFor returns the first gap that matches the pair of kinds.
func (p *Policy) GapFor(f *Facts, a, b andante.Kind) (Gap, bool) {
	for _, g := range p.Gaps {
		if g.matches(f, a, b) {
			return g, true
		}
	}
	return Gap{}, false
}
