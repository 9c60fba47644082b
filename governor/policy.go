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

	CoolDowns []CoolDown
	Ease      []Ease
	LookAhead calendar.Offset                  // how far ahead more important touches are seen; zero: not at all
	Landing   map[andante.Kind]calendar.Offset // how long what goes by post travels
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
	Reserve   Reserve

	// Of a limit that stands in no policy: the reason it gives (else limit), until when it
	// holds (zero: for good), and who set it and why.
	Reason  andante.Reason
	Until   time.Time
	Source  string
	Because string
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

// Matches tells whether a contact is picked.
func (w Who) Matches(f *Facts) bool {
	return among(w.Stages, f.Stage) && among(w.Tiers, f.Tier) && among(w.Personas, f.Persona) && among(w.Countries, f.Country)
}

func among[T comparable](list []T, fact T) bool { return len(list) == 0 || slices.Contains(list, fact) }

// Count picks touches.
type Count struct {
	Kinds      []andante.Kind
	Purposes   []andante.Purpose
	Requested  bool // touches that the contact asked for count too
	Unanswered bool // calls that nobody answered keep their place
}

// Matches tells whether a touch of a kind and purpose is picked.
func (c Count) Matches(k andante.Kind, p andante.Purpose) bool {
	if p == andante.Requested && !c.Requested {
		return false
	}
	return among(c.Kinds, k) && among(c.Purposes, p)
}

// Reserve keeps the last slots of a limit free for touches of a priority or a higher one.
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
	return pair && g.Who.Matches(f)
}

// A CoolDown is silence after an introduction, a reply or a stage change.
type CoolDown struct {
	After string         // [AfterIntroduction], [AfterReply] or [AfterStageChange]
	By    []andante.Kind // of the introduction; empty: any
	Scope Scope
	Who   Who
	Lasts calendar.Offset
	// UntilAnswered ends a silence after a reply as soon as somebody has answered it.
	UntilAnswered bool
	// ExceptBegun lets the sequences go on that the change of stage began.
	ExceptBegun bool
}

// Ease stretches the gaps of a contact who ignored at least so many touches in a row, or
// lets it rest. Exactly one of Gap and Hold is set.
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
		if among(w.Kinds, k) && w.Who.Matches(f) {
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
	for _, d := range p.CoolDowns {
		h = max(h, reach(d.Lasts))
	}
	for _, e := range p.Ease {
		h = max(h, memory, e.Gap.Length, e.Hold.Length)
	}
	return h
}

// Reach returns how far back touches can matter to a limit.
func (l *Limit) Reach() time.Duration { return l.Per.reach() }

// memory is how far back touches are called ignored.
const memory = 2 * 365 * 24 * time.Hour

// reach is the longest time that an offset takes, holidays included.
func reach(o calendar.Offset) time.Duration {
	const day = 24 * time.Hour
	days := 31*o.Months + o.Days + 2*o.BusinessDays + 1
	if o.BusinessDays > 0 {
		days += 14 // of holidays
	}
	return time.Duration(days)*day + o.Exact
}

// ByAddress tells whether a limit counts by address, so that claims must lock
// addresses too.
func (p *Policy) ByAddress() bool {
	return slices.ContainsFunc(p.Limits, func(l Limit) bool { return l.Scope == ScopeAddress })
}

// together tells whether a limit counts the touches of more than one contact, so that
// colleagues may stand in each other's way.
func together(list []Limit) bool {
	return slices.ContainsFunc(list, func(l Limit) bool { return l.Scope.set() != ofContact })
}

// Unlimited returns the policy without its limits, gaps, cool-downs and ease: what a demo compares
// the governor with. Windows stay.
func (p *Policy) Unlimited() *Policy {
	q := *p
	q.Limits, q.Gaps, q.CoolDowns, q.Ease = nil, nil, nil, nil
	return &q
}
