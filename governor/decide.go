package governor

import (
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// Facts are what is known of a contact when a decision is made.
type Facts struct {
	Contact andante.ContactID
	Account andante.AccountID
	Address andante.AddressHash
	Persona string
	Stage   string
	Tier    string
	Country string

	Zones      []*time.Location // all of them must be open; at least one
	ZoneSource string           // where they come from
	Holidays   calendar.Holidays

	// Touches of the contact, its account and its address that count, each once,
	// in any order; back to the policy's Horizon.
	Touches []Touch
}

// A Touch as the governor sees it.
type Touch struct {
	ID      andante.TouchID
	Contact andante.ContactID
	Account andante.AccountID
	Address andante.AddressHash
	Kind    andante.Kind
	Purpose andante.Purpose
	At      time.Time // the instant at which it counts
}

// A Candidate is the touch that asks.
type Candidate struct {
	ID      andante.TouchID
	Kind    andante.Kind
	Purpose andante.Purpose
	Narrow  []calendar.Window // of sequence and step: they narrow the policy's
	Stale   time.Time         // valid_for's end; zero: none
	// Holds is how long after now the touch may land: its not_after.
	Holds time.Duration
}

// horizon is how far ahead a free place is looked for.
const horizon = 400 * 24 * time.Hour

// A rule finds the first instant from t on at which it lets the touch go, with
// the reason and the evidence if that is later than t. The zero time means never.
type rule func(t time.Time) (free time.Time, reason andante.Reason, e andante.Evidence)

// Decide tells whether the candidate may go now. It returns go, defer with the
// exact next free instant, or skip when there is none in time.
func (p *Policy) Decide(f Facts, c Candidate, now time.Time) andante.Verdict {
	if !c.Stale.IsZero() && !now.Before(c.Stale) {
		return andante.Verdict{Action: andante.Skip, Reason: andante.ReasonStale, Evidence: until(c.Stale)}
	}
	hours := p.Hours(&f, c)
	free, reason, evidence := settle(p.rules(&f, c, hours), now)
	switch {
	case free.Equal(now):
		return andante.Verdict{Action: andante.Go, NotAfter: notAfter(c, hours, now)}
	case free.IsZero(), free.Sub(now) > horizon, !c.Stale.IsZero() && !free.Before(c.Stale):
		evidence.Detail = "after " + string(reason)
		return andante.Verdict{Action: andante.Skip, Reason: andante.ReasonNoRoom, Evidence: evidence}
	}
	return andante.Verdict{Action: andante.Defer, Reason: reason, Until: free, Evidence: evidence}
}

// rules lists what stands between the candidate and the wire, the most telling
// reason first.
func (p *Policy) rules(f *Facts, c Candidate, hours calendar.Hours) []rule {
	var list []rule
	if c.Purpose != andante.Requested {
		for i := range p.Limits {
			if l := &p.Limits[i]; l.Who.matches(f) && l.Count.matches(c.Kind, c.Purpose) {
				list = append(list, p.limitRule(l, f, c))
			}
		}
		list = append(list, p.gapRule(f, c))
	}
	if windowed(c) {
		list = append(list, hoursRule(hours, f))
	}
	return list
}

// windowed tells whether local hours bind the candidate. A mail that somebody
// has just asked for is awaited at any hour.
func windowed(c Candidate) bool { return c.Purpose != andante.Requested || c.Kind != andante.Email }

// Hours returns the hours in which the candidate may go.
func (p *Policy) Hours(f *Facts, c Candidate) calendar.Hours {
	h := calendar.Hours{Windows: c.Narrow, Zones: f.Zones}
	if w, ok := p.WindowFor(f, c.Kind); ok {
		h.Windows = append([]calendar.Window{w}, c.Narrow...)
	}
	if p.Holidays {
		h.Holidays = f.Holidays
	}
	return h
}

// settle moves on until every rule agrees. Each rule answers with its own exact
// first free instant, so the instant on which all agree is the first that there
// is. Reason and evidence are of the rule that stood in the way at the start.
func settle(rules []rule, now time.Time) (time.Time, andante.Reason, andante.Evidence) {
	t := now
	var reason andante.Reason
	var evidence andante.Evidence
	for moved := true; moved && t.Sub(now) <= horizon; {
		moved = false
		for _, r := range rules {
			free, why, e := r(t)
			if free.Equal(t) {
				continue
			}
			if reason == "" {
				reason, evidence = why, e
			}
			if free.IsZero() {
				return free, reason, evidence
			}
			t, moved = free, true
		}
	}
	return t, reason, evidence
}

// notAfter returns the end of the time in which the touch may be written.
func notAfter(c Candidate, hours calendar.Hours, now time.Time) time.Time {
	end := now.Add(c.Holds)
	if windowed(c) {
		if closes, open := hours.Open(now); open && closes.Before(end) {
			end = closes
		}
	}
	if !c.Stale.IsZero() && c.Stale.Before(end) {
		end = c.Stale
	}
	return end
}

func hoursRule(h calendar.Hours, f *Facts) rule {
	return func(t time.Time) (time.Time, andante.Reason, andante.Evidence) {
		opens, _, ok := h.Next(t)
		if ok && opens.Equal(t) {
			return t, "", andante.Evidence{}
		}
		e := andante.Evidence{Zone: zoneNames(f.Zones), Source: f.ZoneSource}
		reason := andante.ReasonWindow
		if name := h.Blocked(t); name != "" {
			reason, e.Rule = andante.ReasonHoliday, name
		} else if len(h.Windows) > 0 {
			e.Rule = windowNames(h.Windows)
		}
		if !ok {
			return time.Time{}, reason, e
		}
		return opens, reason, e
	}
}

func zoneNames(zones []*time.Location) string {
	s := ""
	for i, z := range zones {
		if i > 0 {
			s += ", "
		}
		s += z.String()
	}
	return s
}

func windowNames(windows []calendar.Window) string {
	s := ""
	for i, w := range windows {
		if i > 0 {
			s += " and "
		}
		s += w.String()
	}
	return s
}

func until(t time.Time) andante.Evidence { return andante.Evidence{Until: &t} }
