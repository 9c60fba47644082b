package cadence

import (
	"cmp"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// A Plan is cadence.yaml.
type Plan struct {
	For       string // the condition of the accounts that it is for; empty: all
	Counts    Counts
	Tiers     []Tier
	Neglected map[Spread]calendar.Offset // for so long without a touch is neglected
}

// Counts says what counts as a touch besides what we send and do.
type Counts struct {
	Inbound    bool // what came from them: a call, a meeting, a reply
	Unanswered bool // calls that reached nobody
	Requested  bool // what they had asked for
}

// A Tier is what the accounts of a tier are to get.
type Tier struct {
	Name     string
	When     string // the condition of accounts whose tier nobody gave; empty: all
	Least    int    // touches a year
	Most     int    // the same as Least, unless a field chooses within the span
	By       Scale
	Spread   Spread
	ByPeople int    // so many of them by people: calls, visits, video
	FillWith string // the sequence that those enter who are behind
}

// A Scale chooses within a span by a field.
type Scale struct {
	Field    string // account.revenue
	From, To float64
}

// A Spread is how touches lie in a year.
type Spread string

// The spreads.
const (
	Monthly   Spread = "monthly"
	Quarterly Spread = "quarterly"
	Even      Spread = "even" // a slot for each touch
)

// Spreads are all of them.
var Spreads = []Spread{Monthly, Even, Quarterly}

// Touches returns how many touches a year an account gets whose field has the value.
func (t *Tier) Touches(value float64) int {
	if t.Most <= t.Least || t.By.To <= t.By.From {
		return t.Least
	}
	part := (min(max(value, t.By.From), t.By.To) - t.By.From) / (t.By.To - t.By.From)
	return t.Least + int(part*float64(t.Most-t.Least)+0.5)
}

// A Slot is a part of a year, [From, To), and how many touches it wants.
type Slot struct {
	From, To time.Time
	Wanted   int
}

// Slots cuts a calendar year for n touches.
func (s Spread) Slots(n, year int, zone *time.Location) []Slot {
	first, next := calendar.StartOf(year, 1, 1, zone), calendar.StartOf(year+1, 1, 1, zone)
	days := int(next.Sub(first).Hours()/24 + 0.5)
	parts, begins := n, func(k int) time.Time { return calendar.StartOf(year, 1, 1+days*k/max(n, 1), zone) }
	switch s {
	case Monthly:
		parts, begins = 12, func(k int) time.Time { return calendar.StartOf(year, time.Month(1+k), 1, zone) }
	case Quarterly:
		parts, begins = 4, func(k int) time.Time { return calendar.StartOf(year, time.Month(1+3*k), 1, zone) }
	}
	list := make([]Slot, parts)
	for k := range list {
		list[k] = Slot{From: begins(k), To: begins(k + 1), Wanted: n*(k+1)/parts - n*k/parts}
	}
	return list
}

// A Given is one touch that an account had, or something that came from it.
type Given struct {
	At         time.Time
	Kind       andante.Kind
	Purpose    andante.Purpose
	Inbound    bool // it came from them
	Unanswered bool // a call that reached nobody
}

// counts tells whether it fills a slot.
func (c Counts) counts(g *Given) bool {
	switch {
	case g.Inbound:
		return c.Inbound
	case g.Unanswered:
		return c.Unanswered
	}
	return g.Purpose != andante.Requested || c.Requested
}

// A Standing is how an account stands in a calendar year.
type Standing struct {
	Planned  int `json:"planned"`   // touches of this year, from when the account began
	Given    int `json:"given"`     // so far
	Missed   int `json:"missed"`    // what slots that are over lacked; it is not made up for
	Due      int `json:"due"`       // what the slot that runs still lacks
	ByPeople int `json:"by_people"` // of those given, by people
	People   int `json:"people"`    // so many are to be by people

	DueBy     time.Time `json:"due_by"`             // the end of the slot that runs
	Last      time.Time `json:"last,omitzero"`      // the last touch; zero: none in two years
	Neglected time.Time `json:"neglected,omitzero"` // since when they are; zero: they are not
	Lately    int       `json:"lately"`             // touches of the last 365 days
	Before    int       `json:"before"`             // and of the 365 before them
}

// Memory is how far back a standing looks.
const Memory = 2 * 365 * 24 * time.Hour

// Stand tells how an account stands that is to get n touches a year, began at an instant,
// and has had these touches within [Memory], in any order.
func (p *Plan) Stand(t *Tier, n int, began time.Time, given []Given, now time.Time, zone *time.Location) Standing {
	var s Standing
	list := slices.DeleteFunc(slices.Clone(given), func(g Given) bool { return g.At.After(now) || !p.Counts.counts(&g) })
	slices.SortFunc(list, func(a, b Given) int { return a.At.Compare(b.At) })
	year := now.In(zone).Year()
	for _, slot := range t.Spread.Slots(n, year, zone) {
		if !began.Before(slot.To) {
			continue // they were not with us
		}
		s.Planned += slot.Wanted
		had := within(list, slot.From, slot.To)
		switch lacks := max(slot.Wanted-had, 0); {
		case !now.Before(slot.To):
			s.Missed += lacks
		case !now.Before(slot.From):
			s.Due, s.DueBy = lacks, slot.To.UTC()
		}
	}
	s.People = (t.ByPeople*s.Planned + n - 1) / max(n, 1) // their part of a year that began late
	first := calendar.StartOf(year, 1, 1, zone)
	for _, g := range list {
		if !g.At.Before(first) {
			s.Given++
			if g.Kind.ByHuman() {
				s.ByPeople++
			}
		}
	}
	const days = 365 * 24 * time.Hour
	s.Lately, s.Before = within(list, now.Add(-days), now.Add(1)), within(list, now.Add(-2*days), now.Add(-days))
	since := began
	if len(list) > 0 {
		s.Last = list[len(list)-1].At
		since = calendar.Later(since, s.Last)
	}
	if limit, ok := p.Neglected[t.Spread]; ok {
		if from := limit.From(since, zone, nil); !from.After(now) {
			s.Neglected = from.UTC()
		}
	}
	return s
}

// within counts those at an instant of [from, to).
func within(list []Given, from, to time.Time) (n int) {
	for _, g := range list {
		if !g.At.Before(from) && g.At.Before(to) {
			n++
		}
	}
	return n
}

// Compare orders standings by how much they need a touch: the neglected first, those
// longest, then by what is due, and by when.
func (s *Standing) Compare(o *Standing) int {
	if a, b := !s.Neglected.IsZero(), !o.Neglected.IsZero(); a != b {
		if a {
			return -1
		}
		return 1
	}
	return cmp.Or(s.Neglected.Compare(o.Neglected), cmp.Compare(o.Due, s.Due), cmp.Compare(o.Missed, s.Missed), s.Last.Compare(o.Last))
}

// Behind tells whether a touch is to be given now.
func (s *Standing) Behind() bool { return s.Due > 0 || !s.Neglected.IsZero() }
