package governor

import (
	"sort"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// Lands returns the instant at which a touch that leaves at t counts: t itself, but
// for what goes by post and has a landing in the policy. That counts at noon of the
// day on which it should arrive, by the contact's calendar.
func (p *Policy) Lands(f *Facts, k andante.Kind, t time.Time) time.Time {
	travels, ok := p.Landing[k]
	if !ok || travels.IsZero() {
		return t
	}
	zone := f.zone()
	start, _ := calendar.PeriodStart("day", travels.From(t, zone, f.Holidays), zone)
	return start.Add(noon)
}

// noon is how long after its beginning a day is looked at: a place within it that no
// change of the clocks reaches.
const noon = 12 * time.Hour

// travels tells whether the candidate lands later than it leaves.
func (v *view) travels() bool {
	o, ok := v.policy.Landing[v.candidate.Kind]
	return ok && !o.IsZero()
}

// lands returns the instant at which the candidate counts if it leaves at t.
func (v *view) lands(t int64) int64 {
	if !v.travels() {
		return t
	}
	return v.policy.Lands(v.facts, v.candidate.Kind, v.time(t)).UnixNano()
}

// leaves returns the first instant from t on at which the candidate must leave to
// land at an instant or later. What leaves later never lands sooner, and everything
// that leaves on one day lands on one day.
func (v *view) leaves(t, landing int64) int64 {
	switch {
	case landing == never || !v.travels():
		return max(t, landing)
	case v.lands(t) >= landing:
		return t
	}
	day := func(n int) int64 {
		start, _ := calendar.PeriodStart("day", v.time(t).In(v.zone).AddDate(0, 0, n), v.zone)
		return start.UnixNano()
	}
	days := int((landing-t)/int64(24*time.Hour)) + 2
	n := 1 + sort.Search(days, func(n int) bool { return v.lands(day(n+1)) >= landing })
	return day(n)
}
