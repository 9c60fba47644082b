package governor

import (
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// Policy is governor.yaml as a whole, checked.
type Policy struct {
	Hash     string // SHA-256 of the file in hex
	Limits   []Limit
	Gaps     []Gap
	Windows  []WindowRule
	Points   map[andante.Kind]float64 // weight of a touch in limits by points; missing: 1
	Holidays bool                     // business days and windows skip the contact's holidays

	// Read and kept, without effect yet.
	CoolDowns []CoolDown
	Ease      []Ease
	LookAhead calendar.Offset
	Landing   map[andante.Kind]calendar.Offset
}

// A Limit is a ceiling: at most Max touches, or MaxPoints points, in a period.
type Limit struct {
	Name      string
	Scope     Scope
	Max       int     // 0: no limit by number
	MaxPoints float64 // 0: no limit by points
	Per       Period
	Who       Who
	Count     Count
	Reserve   Reserve // without effect yet
}

// Scope is whose touches a limit counts.
type Scope string

// The scopes of a limit.
const (
	ScopeContact Scope = "contact"
	ScopeAccount Scope = "account"
	ScopeAddress Scope = "address"
)

// Scopes lists every scope.
var Scopes = []Scope{ScopeContact, ScopeAccount, ScopeAddress}

// A Period rolls, with a length, or is a calendar unit of the contact's zone:
// day, week, month or year. Exactly one of Length and Unit is set.
type Period struct {
	Written string
	Length  time.Duration
	Unit    string
}

// PeriodUnits lists the calendar units of a period.
var PeriodUnits = []string{"day", "week", "month", "year"}

// Who picks people as they are now. Empty lists match everybody; a fact that the
// contact lacks matches no list.
type Who struct {
	Stages    []string
	Tiers     []string
	Personas  []string
	Countries []string
}

func (w Who) matches(f *Facts) bool {
	return among(w.Stages, f.Stage) && among(w.Tiers, f.Tier) && among(w.Personas, f.Persona) && among(w.Countries, f.Country)
}

func among(list []string, fact string) bool { return len(list) == 0 || slices.Contains(list, fact) }

// Count picks touches.
type Count struct {
	Kinds      []andante.Kind
	Purposes   []andante.Purpose
	Requested  bool // touches that the contact asked for count too
	Unanswered bool // calls that nobody answered keep their place
}

func (c Count) matches(k andante.Kind, p andante.Purpose) bool {
	if p == andante.Requested && !c.Requested {
		return false
	}
	return (len(c.Kinds) == 0 || slices.Contains(c.Kinds, k)) && (len(c.Purposes) == 0 || slices.Contains(c.Purposes, p))
}

// Reserve keeps slots of a limit for touches of a priority.
type Reserve struct {
	Slots int
	For   andante.Priority
}

// A Gap is the least time between two touches of a contact. The first gap that
// matches a pair holds for it.
type Gap struct {
	Between [2]andante.Kind // empty: any two
	Who     Who
	Min     Period // rolling
}

func (g Gap) matches(f *Facts, a, b andante.Kind) bool {
	pair := g.Between == [2]andante.Kind{} || g.Between == [2]andante.Kind{a, b} || g.Between == [2]andante.Kind{b, a}
	return pair && g.Who.matches(f)
}

// A CoolDown is silence after an introduction, a reply or a stage change.
type CoolDown struct {
	After  string
	By     []andante.Kind
	Scope  Scope
	Lasts  calendar.Offset
	Until  string
	Except string
}

// Ease stretches the gap for, or holds, a contact who ignored touches.
type Ease struct {
	Ignored int
	Gap     Period
	Hold    Period
}

// A WindowRule says in which local hours a contact may be touched. The first
// rule that matches holds.
type WindowRule struct {
	Kinds  []andante.Kind
	Who    Who
	Window calendar.Window
}

// WindowFor returns the window that holds for a touch of kind k; false if none
// does.
func (p *Policy) WindowFor(f *Facts, k andante.Kind) (calendar.Window, bool) {
	for _, w := range p.Windows {
		if (len(w.Kinds) == 0 || slices.Contains(w.Kinds, k)) && w.Who.matches(f) {
			return w.Window, true
		}
	}
	return calendar.Window{}, false
}

// Horizon returns how far back touches can matter to a decision.
func (p *Policy) Horizon() time.Duration {
	var h time.Duration
	for _, l := range p.Limits {
		h = max(h, l.Per.reach())
	}
	for _, g := range p.Gaps {
		h = max(h, g.Min.Length)
	}
	return h
}

// ByAddress tells whether a limit counts by address, so that claims must lock
// addresses too.
func (p *Policy) ByAddress() bool {
	return slices.ContainsFunc(p.Limits, func(l Limit) bool { return l.Scope == ScopeAddress })
}

// Unlimited returns the policy without its limits and gaps: what a demo compares
// the governor with. Windows stay.
func (p *Policy) Unlimited() *Policy {
	q := *p
	q.Limits, q.Gaps = nil, nil
	return &q
}
