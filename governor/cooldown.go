package governor

import (
	"time"

	"github.com/andante-hq/andante"
)

// What a cool-down may follow.
const (
	AfterIntroduction = "introduction"
	AfterReply        = "reply"
	AfterStageChange  = "stage_change"
)

// A silence is the time of one cool-down: the candidate may neither leave nor land in
// [from, end).
type silence struct{ from, end int64 }

// cooled returns the first instant from t on at which no cool-down keeps the candidate
// away, as far as those say that run at t.
func (v *view) cooled(t, end int64) (free int64, r rule) {
	free = t
	consider := func(d *CoolDown, s silence, m *mark) {
		if over := v.after(s, t, end); over > free {
			free, r = over, rule{cool: d, since: s.from, near: m}
		}
	}
	for i := range v.policy.CoolDowns {
		d := &v.policy.CoolDowns[i]
		if !d.Who.Matches(v.facts) {
			continue
		}
		switch d.After {
		case AfterIntroduction:
			for i := range v.marks {
				if m := &v.marks[i]; d.follows(m) {
					consider(d, v.silence(d, m.from, m.touch.At), m)
				}
			}
			if over, m := v.ownSilence(d, t, end); over > free {
				free, r = over, rule{cool: d, near: m}
			}
		case AfterReply:
			if at := v.signals(d).Replied; !at.IsZero() && !v.candidate.Kind.ByHuman() {
				consider(d, v.silence(d, at.UnixNano(), at), nil)
			}
		case AfterStageChange:
			if at := v.facts.Signals.Staged; !at.IsZero() && !v.startedBy(d, at) {
				consider(d, v.silence(d, at.UnixNano(), at), nil)
			}
		}
	}
	return free, r
}

// after returns when the candidate may leave that would leave at t, be written by end
// at the latest, and must not meet a silence.
func (v *view) after(s silence, t, end int64) int64 {
	if t < s.end && end >= s.from {
		return s.end
	}
	if v.travels() && v.lands(t) < s.end && v.lands(end) >= s.from {
		return v.leaves(t, s.end)
	}
	return t
}

// ownSilence returns when an introduction may leave that would leave at t and after which
// the cool-down follows: not while something is on its way that may come into that
// silence, and which touch that is.
func (v *view) ownSilence(d *CoolDown, t, end int64) (free int64, near *mark) {
	if !v.candidate.Introduction || !among(d.By, v.candidate.Kind) {
		return t, nil
	}
	first, last := v.lands(t), v.time(v.lands(end))
	over, landed := d.Lasts.From(last, v.zone, v.facts.Holidays).UnixNano(), first
	for i := range v.marks {
		m := &v.marks[i]
		if m.at > landed && m.from < over && m.scopes&d.Scope.set() != 0 && m.touch.Purpose != andante.Requested && !m.touch.Unanswered {
			landed, near = m.at, m
		}
	}
	return v.leaves(t, landed), near
}

// follows tells whether a touch is an introduction that the cool-down is about.
func (d *CoolDown) follows(m *mark) bool {
	return m.touch.Introduction && !m.touch.Unanswered && m.scopes&d.Scope.set() != 0 && among(d.By, m.touch.Kind)
}

func (v *view) signals(d *CoolDown) *andante.Signals {
	if d.Scope == ScopeAccount {
		return &v.facts.Together
	}
	return &v.facts.Signals
}

// startedBy tells whether the candidate belongs to a sequence that the change of stage
// began, and such are excepted.
func (v *view) startedBy(d *CoolDown, change time.Time) bool {
	return d.ExceptBegun && !v.candidate.ByStage.IsZero() && !v.candidate.ByStage.Before(change)
}

// silence returns the time of a cool-down that follows what happened at an instant, or
// may have from an earlier one on. It ends early when they reply, meet us or ask for
// something; a silence after a reply when somebody has answered that. The conversation in
// which somebody introduced themselves is no such sign.
func (v *view) silence(d *CoolDown, from int64, at time.Time) silence {
	first := from
	if d.After == AfterIntroduction && from == at.UnixNano() {
		first += int64(time.Millisecond) // what the store keeps of an instant
	}
	s := silence{from, d.Lasts.From(at, v.zone, v.facts.Holidays).UnixNano()}
	sign := v.signals(d)
	early := [...]time.Time{sign.Met, sign.Requested, sign.Replied}
	switch {
	case d.After == AfterReply && d.UntilAnswered:
		early[2] = sign.Answered
	case d.After == AfterReply:
		early[2] = time.Time{}
	}
	for _, sign := range early {
		if !sign.IsZero() && sign.UnixNano() >= first {
			s.end = min(s.end, sign.UnixNano())
		}
	}
	return s
}

func (v *view) coolEvidence(r *rule) andante.Evidence {
	e := andante.Evidence{Rule: r.cool.After, Scope: string(r.cool.Scope), Period: r.cool.Lasts.String()}
	if r.since != 0 {
		since := v.time(r.since)
		e.Since = &since
	}
	if r.near != nil {
		e.Filled = []andante.Filler{r.near.filler()}
	}
	return e
}
