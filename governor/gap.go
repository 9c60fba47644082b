package governor

import (
	"time"

	"github.com/andante-hq/andante"
)

// apart returns the first instant from t on that no gap forbids, as far as the
// touches say that forbid t, and the one of them that forbids longest. end is
// the last instant at which the candidate may land if it goes at t.
//
// A gap keeps the candidate from what is coming as well as from what was. What
// the contact asked for keeps nothing away.
func (v *view) apart(t, end int64) (free int64, by *Gap, near *mark) {
	free = t
	widest := int64(v.policy.widestGap())
	for i := range v.marks {
		m := &v.marks[i]
		if t-m.at >= widest || m.from-end >= widest || m.scopes&ofContact == 0 || m.touch.Purpose == andante.Requested {
			continue
		}
		g := v.policy.gapFor(v.facts, v.candidate.Kind, m.touch.Kind)
		if g == nil || t-m.at >= int64(g.Min.Length) || m.from-end >= int64(g.Min.Length) {
			continue
		}
		if over := m.at + int64(g.Min.Length); over > free {
			free, by, near = over, g, m
		}
	}
	return free, by, near
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
