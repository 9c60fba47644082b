package governor

import (
	"math"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// horizon is how far ahead a free place is looked for.
const horizon = 400 * 24 * time.Hour

// never is later than every instant.
const never = math.MaxInt64

// Decide tells whether the candidate may go now. It returns go, defer with the
// exact next free instant, or skip when there is none in time, or when the contact
// chose not to get such a touch.
func (p *Policy) Decide(f Facts, c Candidate, now time.Time) andante.Verdict {
	if !c.Stale.IsZero() && !now.Before(c.Stale) {
		return stale(c.Stale)
	}
	if chosen, ok := Refused(f.Choice, c); ok {
		return chosen
	}
	v := p.view(&f, &c, now)
	verdict := v.decide()
	if verdict.Action == andante.Skip {
		return verdict
	}
	return v.arbitrate(verdict)
}

// decide asks every rule but arbitration.
func (v *view) decide() andante.Verdict {
	first := v.barrier(v.now)
	if first.free == v.now {
		return andante.Verdict{Action: andante.Go, NotAfter: v.time(first.end), Counts: v.time(v.lands(first.end))}
	}
	reason, evidence := v.explain(first)
	free := v.settle(first)
	if free == never {
		if v.stale != never {
			evidence.Until = &v.candidate.Stale
		}
		return andante.Verdict{Action: andante.Skip, Reason: andante.ReasonNoRoom, Barrier: reason, Evidence: evidence}
	}
	return andante.Verdict{Action: andante.Defer, Reason: reason, Barrier: reason, Until: v.time(free), Evidence: evidence}
}

func stale(at time.Time) andante.Verdict {
	return andante.Verdict{Action: andante.Skip, Reason: andante.ReasonStale, Evidence: andante.Evidence{Until: &at}}
}

// zonesFor returns the zones whose clocks a touch of a kind goes by, and where they come
// from: a text or a call to a number that may be anywhere goes by them all.
func (f *Facts) zonesFor(k andante.Kind) (zones []*time.Location, source string) {
	if (k == andante.SMS || k == andante.Call) && f.PhoneZones != nil {
		if zones = f.PhoneZones(); len(zones) > 0 {
			return zones, "number"
		}
	}
	return f.Zones, f.ZoneSource
}

// Hours returns the hours in which the candidate may go. A mail that somebody has
// just asked for keeps to those of its sequence and step alone.
func (p *Policy) Hours(f *Facts, c Candidate) calendar.Hours {
	zones, _ := f.zonesFor(c.Kind)
	h := calendar.Hours{Windows: c.Narrow, Zones: zones}
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

// A barrier keeps the candidate from going at an instant.
type barrier struct {
	free int64 // the candidate can't go before it; the instant itself, if nothing stands there
	end  int64 // until then it could be written, if it went at the instant
	rule rule
}

// A rule is what stands in the way: a limit, a gap, a cool-down, the contact's pause
// or, if it is none of these, the hours.
type rule struct {
	limit   *Limit
	full    span // the limit's period that has no room
	gap     *Gap
	eased   *Ease // it stretched the gap, after so many ignored touches
	ignored int
	near    *mark // the touch that the gap keeps away from, or that a cool-down follows
	cool    *CoolDown
	since   int64 // when the cool-down began; 0: the candidate itself would begin it
	pause   bool
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
		b.consider(v.limited(t, b.end))
		b.consider(v.apart(t, b.end))
		b.consider(v.cooled(t, b.end))
		b.consider(v.paused(t))
	}
	b.consider(opens.from, rule{})
	return b
}

// consider takes a rule that stands longer than those before it.
func (b *barrier) consider(free int64, r rule) {
	if free > b.free {
		b.free, b.rule = free, r
	}
}

// explain returns the reason and the evidence of a barrier that stood at the
// start.
func (v *view) explain(b barrier) (andante.Reason, andante.Evidence) {
	switch r := &b.rule; {
	case r.limit != nil:
		return r.limit.reason(), v.limitEvidence(r.limit, r.full)
	case r.eased != nil:
		return andante.ReasonEase, easeEvidence(r)
	case r.gap != nil:
		return andante.ReasonGap, gapEvidence(r.gap, r.near)
	case r.cool != nil:
		return andante.ReasonCoolDown, v.coolEvidence(r)
	case r.pause:
		return andante.ReasonChoice, v.pauseEvidence()
	default:
		return v.hoursEvidence()
	}
}

// Refused tells whether a contact chose not to get such a touch at all. What it
// asked for since then it gets.
func Refused(by andante.Choice, c Candidate) (andante.Verdict, bool) {
	if c.Purpose == andante.Requested {
		return andante.Verdict{}, false
	}
	what := ""
	switch {
	case len(by.Only) > 0 && !slices.Contains(by.Only, c.Kind):
		what = "no " + string(c.Kind)
	case c.Topic != "" && slices.Contains(by.Not, c.Topic):
		what = "nothing about " + c.Topic
	default:
		return andante.Verdict{}, false
	}
	e := choiceEvidence(&by)
	e.Detail = what
	return andante.Verdict{Action: andante.Skip, Reason: andante.ReasonChoice, Barrier: andante.ReasonChoice, Evidence: e}, true
}

func choiceEvidence(c *andante.Choice) andante.Evidence {
	e := andante.Evidence{Source: c.Source}
	if !c.At.IsZero() {
		e.Since = &c.At
	}
	return e
}

// paused returns the end of the contact's own pause.
func (v *view) paused(t int64) (free int64, r rule) {
	if p := v.facts.Choice.Pause; !p.IsZero() {
		free = max(t, p.UnixNano())
	}
	return free, rule{pause: true}
}

func (v *view) pauseEvidence() andante.Evidence {
	e := choiceEvidence(&v.facts.Choice)
	e.Detail, e.Until = andante.Choice{Pause: v.facts.Choice.Pause.In(v.zone)}.String(), &v.facts.Choice.Pause
	return e
}
