package governor

import (
	"time"

	"github.com/andante-hq/andante"
)

// A Use is how full a limit is.
type Use struct {
	Limit  string  `json:"limit"`
	Scope  Scope   `json:"scope"`
	Used   float64 `json:"used"`
	Coming float64 `json:"coming,omitempty"` // promised to a later day, as a card is, and within a period of now
	Max    float64 `json:"max"`
	Points bool    `json:"points,omitempty"` // of points, not touches
	Period string  `json:"period"`
}

// Usage tells how full the limits of a scope are that a marketing mail or message of some
// kind would meet now, in the order of the policy. What is on its way counts.
func (p *Policy) Usage(f Facts, scope Scope, now time.Time) (list []Use) {
	v := p.view(&f, &Candidate{Kind: andante.Email, Purpose: andante.Marketing}, now)
	for i := range p.Limits {
		l := &p.Limits[i]
		if l.Scope != scope || !l.Who.Matches(&f) {
			continue
		}
		s := l.endingAt(v.now)
		if l.Per.Unit != "" {
			s = v.unit(l, v.now)
		}
		u := Use{Limit: l.Name, Scope: l.Scope, Max: l.ceiling(), Points: l.MaxPoints > 0, Period: l.Per.Written}
		for j := range v.marks {
			switch m := &v.marks[j]; {
			case !l.counts(m):
			case s.holds(m):
				u.Used += v.weight(l, m.touch.Kind)
			case l.Per.Unit == "" && m.from > v.now && m.from < v.now+int64(l.Per.Length):
				u.Coming += v.weight(l, m.touch.Kind)
			}
		}
		list = append(list, u)
	}
	return list
}
