package governor

import (
	"math"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// Facts are what is known of a contact when a decision is made.
type Facts struct {
	Contact andante.ContactID
	Account andante.AccountID
	Address andante.AddressHash
	Persona string
	Stage   string
	Tier    string
	Country string

	Zones      []*time.Location // all of them must be open; none: UTC
	ZoneSource string           // where they come from
	Holidays   calendar.Holidays

	// Touches of the contact, its account and its address that count, each once,
	// in any order; back to the policy's Horizon.
	Touches []Touch
}

// A Touch as the governor sees it.
type Touch struct {
	ID      andante.TouchID
	Contact andante.ContactID
	Account andante.AccountID
	Address andante.AddressHash
	Kind    andante.Kind
	Purpose andante.Purpose
	At      time.Time // the instant at which it counts
	// From is the earliest instant at which it may yet turn out to count: the
	// claim of a touch that has no receipt. Zero: At is certain.
	From time.Time
}

// A Candidate is the touch that asks.
type Candidate struct {
	ID      andante.TouchID
	Kind    andante.Kind
	Purpose andante.Purpose
	Narrow  []calendar.Window // of sequence and step: they narrow the policy's
	Stale   time.Time         // valid_for's end; zero: none
	// Holds is how long after now the touch may land: its not_after.
	Holds time.Duration
}

// horizon is how far ahead a free place is looked for.
const horizon = 400 * 24 * time.Hour

// never is later than every instant.
const never = math.MaxInt64

// Decide tells whether the candidate may go now. It returns go, defer with the
// exact next free instant, or skip when there is none in time.
func (p *Policy) Decide(f Facts, c Candidate, now time.Time) andante.Verdict {
	if !c.Stale.IsZero() && !now.Before(c.Stale) {
		return stale(c.Stale)
	}
	v := p.view(&f, &c, now)
	first := v.barrier(v.now)
	if first.free == v.now {
		return andante.Verdict{Action: andante.Go, NotAfter: v.time(first.end)}
	}
	reason, evidence := v.explain(first)
	free := v.settle(first)
	if free == never {
		if !c.Stale.IsZero() {
			evidence.Until = &c.Stale
		}
		return andante.Verdict{Action: andante.Skip, Reason: andante.ReasonNoRoom, Barrier: reason, Evidence: evidence}
	}
	return andante.Verdict{Action: andante.Defer, Reason: reason, Barrier: reason, Until: v.time(free), Evidence: evidence}
}

func stale(at time.Time) andante.Verdict {
	return andante.Verdict{Action: andante.Skip, Reason: andante.ReasonStale, Evidence: andante.Evidence{Until: &at}}
}

// Hours returns the hours in which the candidate may go. A mail that somebody has
// just asked for keeps to those of its sequence and step alone.
func (p *Policy) Hours(f *Facts, c Candidate) calendar.Hours {
	h := calendar.Hours{Windows: c.Narrow, Zones: f.Zones}
	if c.Purpose == andante.Requested && c.Kind == andante.Email {
		return h
	}
	if w, ok := p.WindowFor(f, c.Kind); ok {
		h.Windows = append([]calendar.Window{w}, c.Narrow...)
	}
	if p.Holidays {
		h.Holidays = f.Holidays
	}
	return h
}

// A barrier keeps the candidate from going at an instant: a limit, a gap or, if
// it is neither, the hours.
type barrier struct {
	free  int64 // the candidate can't go before it; the instant itself, if nothing stands there
	end   int64 // until then it could land, if it went at the instant
	limit *Limit
	full  span // the limit's period that has no room
	gap   *Gap
	near  *mark // the touch that the gap keeps away from
}

// settle moves on from what stands in the way now until nothing does. A barrier
// says before which instant it surely stands, and nothing but that is passed
// over, so the instant found is the first that there is. It is never if that
// lies beyond the horizon or when the candidate is stale.
func (v *view) settle(b barrier) int64 {
	last := v.now + int64(horizon)
	for t := b.free; ; t = b.free {
		if t > last || t >= v.stale {
			return never
		}
		if b = v.barrier(t); b.free == t {
			return t
		}
	}
}

// barrier returns what keeps the candidate longest from going at t. Of several
// that stand equally long the limits tell most, the hours least.
func (v *view) barrier(t int64) barrier {
	opens := v.opens(t)
	b := barrier{free: t, end: v.notAfter(t, opens)}
	if v.candidate.Purpose != andante.Requested {
		for i := range v.policy.Limits {
			l := &v.policy.Limits[i]
			if !l.Who.matches(v.facts) || !l.Count.matches(v.candidate.Kind, v.candidate.Purpose) {
				continue
			}
			if free, full := v.room(l, t, b.end); free > b.free {
				b.free, b.limit, b.full = free, l, full
			}
		}
		if free, g, m := v.apart(t, b.end); free > b.free {
			b.free, b.limit, b.gap, b.near = free, nil, g, m
		}
	}
	if opens.from > b.free {
		b.free, b.limit, b.gap = opens.from, nil, nil
	}
	return b
}

// explain returns the reason and the evidence of a barrier that stood at the
// start.
func (v *view) explain(b barrier) (andante.Reason, andante.Evidence) {
	switch {
	case b.limit != nil:
		return andante.ReasonLimit, v.limitEvidence(b.limit, b.full)
	case b.gap != nil:
		return andante.ReasonGap, gapEvidence(b.gap, b.near)
	default:
		return v.hoursEvidence()
	}
}
