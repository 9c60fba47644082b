package governor

import (
	"time"

	"github.com/andante-hq/andante"
)

// apart returns the first instant from t on that no gap forbids, as far as the
// touches say that forbid t, and the one of them that forbids longest. end is
// the last instant at which the candidate may be written if it goes at t.
//
// A gap keeps the candidate from what is coming as well as from what was. What
// the contact asked for keeps nothing away, nor does a call that reached nobody.
func (v *view) apart(t, end int64) (free int64, r rule) {
	first, last := v.lands(t), v.lands(end)
	eased, ignored := v.eased(end)
	widest := max(v.widest, eased.length())
	free = first
	for i := range v.marks {
		m := &v.marks[i]
		if first-m.at >= widest || m.from-last >= widest || m.scopes&ofContact == 0 || m.touch.Purpose == andante.Requested || m.touch.Unanswered {
			continue
		}
		g := v.policy.gapFor(v.facts, v.candidate.Kind, m.touch.Kind)
		length, by := g.length(), rule{gap: g, near: m}
		if eased.length() > length {
			length, by.eased, by.ignored = eased.length(), eased, ignored
		}
		if length == 0 || first-m.at >= length || m.from-last >= length {
			continue
		}
		if over := m.at + length; over > free {
			free, r = over, by
		}
	}
	return v.leaves(t, free), r
}

func (g *Gap) length() int64 {
	if g == nil {
		return 0
	}
	return int64(g.Min.Length)
}

func gapEvidence(g *Gap, m *mark) andante.Evidence {
	return andante.Evidence{Rule: "gap", Scope: string(ScopeContact), Period: g.Min.Written, Filled: []andante.Filler{m.filler()}}
}

// filler shows the touch as evidence.
func (m *mark) filler() andante.Filler {
	return andante.Filler{Touch: m.touch.ID, Contact: m.touch.Contact, Kind: m.touch.Kind, At: m.touch.At}
}

// GapFor returns the first gap that matches the pair of kinds.
func (p *Policy) GapFor(f *Facts, a, b andante.Kind) (Gap, bool) {
	if g := p.gapFor(f, a, b); g != nil {
		return *g, true
	}
	return Gap{}, false
}

func (p *Policy) gapFor(f *Facts, a, b andante.Kind) *Gap {
	for i := range p.Gaps {
		if p.Gaps[i].matches(f, a, b) {
			return &p.Gaps[i]
		}
	}
	return nil
}

func (p *Policy) widestGap() (widest time.Duration) {
	for i := range p.Gaps {
		widest = max(widest, p.Gaps[i].Min.Length)
	}
	return widest
}

// eased returns the rule of ease for what is written at end at the latest: of those whose
// number of ignored touches is reached then, the one that stretches most. nil: none.
func (v *view) eased(end int64) (by *Ease, n int) {
	if len(v.policy.Ease) == 0 {
		return nil, 0
	}
	n = v.ignored(end)
	for i := range v.policy.Ease {
		if e := &v.policy.Ease[i]; n >= e.Ignored && e.length() > by.length() {
			by = e
		}
	}
	return by, n
}

// ignored counts the touches of the contact that may have landed by t, and after its last
// response.
func (v *view) ignored(t int64) (n int) {
	var since int64 = -never
	if r := v.facts.Signals.Responded; !r.IsZero() {
		since = r.UnixNano()
	}
	for i := range v.marks {
		m := &v.marks[i]
		if m.at > since && m.from <= t && m.scopes&ofContact != 0 && m.touch.Purpose != andante.Requested && !m.touch.Unanswered && !m.touch.Waiting {
			n++
		}
	}
	return n
}

// length is how far apart touches are under the rule.
func (e *Ease) length() int64 {
	if e == nil {
		return 0
	}
	return int64(max(e.Gap.Length, e.Hold.Length))
}

func easeEvidence(r *rule) andante.Evidence {
	e := r.eased
	ev := andante.Evidence{Rule: "gap", Scope: string(ScopeContact), Period: e.Gap.Written, Ignored: r.ignored, Filled: []andante.Filler{r.near.filler()}}
	if e.Hold.Length > 0 {
		ev.Rule, ev.Period = "hold", e.Hold.Written
	}
	return ev
}
