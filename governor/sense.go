package governor

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/andante-hq/andante"
)

// A Remark is about a rule of a policy that does nothing, or that lets nothing through.
type Remark struct {
	Part  string // limits, gap, windows or ease
	Index int    // among those of its part
	Text  string
}

// Remarks looks for rules that can never bind beside the others, that are never reached,
// or that keep a kind away for good.
func (p *Policy) Remarks() []Remark {
	return slices.Concat(p.idleLimits(), p.unreachedGaps(), p.unreachedWindows(), p.idleEase())
}

// idleLimits finds limits that others make superfluous, and those that are too small for a
// kind.
func (p *Policy) idleLimits() (list []Remark) {
	for i := range p.Limits {
		l := &p.Limits[i]
		for _, k := range andante.Kinds {
			if w, ok := p.Points[k]; ok && l.MaxPoints > 0 && w > l.MaxPoints && k != andante.Decide && among(l.Count.Kinds, k) {
				list = append(list, Remark{"limits", i, fmt.Sprintf("%s weighs %g points and %s lets %g through: none ever goes to those whom it is about", k, w, l.Name, l.MaxPoints)})
			}
		}
		if by, most, ok := p.tighter(i); ok {
			list = append(list, Remark{"limits", i, fmt.Sprintf("%s can never be full: %s lets no more than %d through in %s", l.Name, by, most, l.Per.Written)})
		}
	}
	return list
}

// tighter returns the rule beside which limit i can never be full, and how many touches
// that lets through in the limit's period at most.
func (p *Policy) tighter(i int) (by string, most int, ok bool) {
	l := &p.Limits[i]
	if l.Max == 0 || l.Per.Unit != "" {
		return "", 0, false // points and calendar periods are not reckoned with
	}
	for j := range p.Limits {
		m := &p.Limits[j]
		if i == j || m.Max == 0 || m.Per.Unit != "" || m.Scope.set() != l.Scope.set() || !m.Who.covers(l.Who) || !m.Count.covers(l.Count) {
			continue
		}
		if n := m.Max * ceilDiv(l.Per.Length, m.Per.Length); n <= l.Max && (n < l.Max || j < i || m.Per.Length != l.Per.Length) {
			return m.Name, n, true
		}
	}
	if g := p.leastGap(); g > 0 && l.Scope.set() == ofContact && !l.Count.Requested && !l.Count.Unanswered {
		if n := ceilDiv(l.Per.Length, g); n <= l.Max {
			return "the gap", n, true
		}
	}
	return "", 0, false
}

// leastGap is the least time that lies between any two touches; 0 if some have none.
func (p *Policy) leastGap() time.Duration {
	least := time.Duration(math.MaxInt64)
	for _, g := range p.Gaps {
		least = min(least, g.Min.Length)
		if g.everybody() {
			return least
		}
	}
	return 0
}

func (g *Gap) everybody() bool { return g.Between == [2]andante.Kind{} && g.Who.everybody() }

func (w Who) everybody() bool { return w.covers(Who{}) }

// ceilDiv tells how many periods it takes to cover a length.
func ceilDiv(length, period time.Duration) int { return int((length + period - 1) / period) }

// covers tells whether everybody of another is picked.
func (w Who) covers(o Who) bool {
	return within(o.Stages, w.Stages) && within(o.Tiers, w.Tiers) && within(o.Personas, w.Personas) && within(o.Countries, w.Countries)
}

// covers tells whether every touch of another is picked.
func (c Count) covers(o Count) bool {
	return within(o.Kinds, c.Kinds) && within(o.Purposes, c.Purposes) && (c.Requested || !o.Requested) && (c.Unanswered || !o.Unanswered)
}

// within tells whether one list picks no more than another; an empty one picks all.
func within[T comparable](list, wider []T) bool {
	if len(wider) == 0 {
		return true
	}
	return len(list) > 0 && !slices.ContainsFunc(list, func(x T) bool { return !slices.Contains(wider, x) })
}

// unreachedGaps finds gaps behind one that takes all that they would.
func (p *Policy) unreachedGaps() (list []Remark) {
	for i := range p.Gaps {
		for j := range i {
			a, b := &p.Gaps[j], &p.Gaps[i]
			pair := a.Between == [2]andante.Kind{} || a.Between == b.Between || a.Between == [2]andante.Kind{b.Between[1], b.Between[0]}
			if pair && a.Who.covers(b.Who) {
				list = append(list, Remark{"gap", i, fmt.Sprintf("the gap of %s is never asked: the one of %s above it matches first", b.Min.Written, a.Min.Written)})
				break
			}
		}
	}
	return list
}

func (p *Policy) unreachedWindows() (list []Remark) {
	for i := range p.Windows {
		for j := range i {
			if a, b := &p.Windows[j], &p.Windows[i]; within(b.Kinds, a.Kinds) && a.Who.covers(b.Who) {
				list = append(list, Remark{"windows", i, fmt.Sprintf("these hours are never asked: %q above them matches first", a.Window)})
				break
			}
		}
	}
	return list
}

// idleEase finds steps of ease that stretch no more than one that comes sooner.
func (p *Policy) idleEase() (list []Remark) {
	for i := range p.Ease {
		for j := range p.Ease {
			a, b := &p.Ease[j], &p.Ease[i]
			if i != j && a.Ignored <= b.Ignored && a.length() >= b.length() && (a.Ignored < b.Ignored || j < i) {
				list = append(list, Remark{"ease", i, fmt.Sprintf("after %d ignored touches nothing changes: what follows %d stretches as far", b.Ignored, a.Ignored)})
				break
			}
		}
	}
	return list
}
