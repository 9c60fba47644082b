package governor

import (
	"time"

	"github.com/andante-hq/andante/calendar"
)

// A view is what one decision looks at. Instants are Unix nanoseconds, for the
// rules compare them often.
type view struct {
	policy    *Policy
	facts     *Facts
	candidate *Candidate
	hours     calendar.Hours
	zone      *time.Location // of calendar periods
	start     time.Time      // now, as it was given
	now       int64
	stale     int64 // never, if the candidate doesn't get stale
	widest    int64 // of the gaps
	marks     []mark
}

// A mark is a touch on the line of time: it counts at one instant of from to at.
type mark struct {
	from, at int64
	touch    *Touch
	scopes   scopeSet
}

// scopeSet tells in which scopes a touch lies.
type scopeSet uint8

const (
	ofContact scopeSet = 1 << iota
	ofAccount
	ofAddress
)

func (p *Policy) view(f *Facts, c *Candidate, now time.Time) view {
	v := view{policy: p, facts: f, candidate: c, start: now, now: now.UnixNano(), stale: never, zone: f.zone(), widest: int64(p.widestGap())}
	if !c.Stale.IsZero() {
		v.stale = c.Stale.UnixNano()
	}
	v.hours = p.Hours(f, *c)
	v.marks = make([]mark, 0, len(f.Touches))
	for i := range f.Touches {
		v.mark(&f.Touches[i])
	}
	return v
}

// mark puts a touch on the line, if it is anybody's that the candidate is counted with.
func (v *view) mark(t *Touch) {
	s := v.facts.scopesOf(t)
	if s == 0 || t.ID == v.candidate.ID && t.ID != "" {
		return
	}
	m := mark{at: t.At.UnixNano(), touch: t, scopes: s}
	m.from = m.at
	if !t.From.IsZero() {
		m.from = min(t.From.UnixNano(), m.at)
	}
	v.marks = append(v.marks, m)
}

// set returns the mark's bit for the scope.
func (s Scope) set() scopeSet {
	switch s {
	case ScopeAccount:
		return ofAccount
	case ScopeAddress:
		return ofAddress
	default:
		return ofContact
	}
}

// time returns the instant in the location of now.
func (v *view) time(at int64) time.Time { return v.start.Add(time.Duration(at - v.now)) }
