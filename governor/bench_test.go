package governor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
)

// BenchmarkDecide asks about a contact with fifty touches within a year under
// eight limits, all of which bind it, with windows and holidays.
func BenchmarkDecide(b *testing.B) {
	p := &governor.Policy{
		Limits: []governor.Limit{
			{Name: "week", Scope: governor.ScopeContact, Max: 2, Per: rolling(7 * day)},
			{Name: "month", Scope: governor.ScopeContact, Max: 5, Per: rolling(30 * day)},
			{Name: "customer-month", Max: 5, Per: rolling(30 * day), Who: governor.Who{Stages: []string{"prospect", "customer"}}},
			{Name: "year", Scope: governor.ScopeAccount, Max: 60, Per: rolling(365 * day), Who: governor.Who{Tiers: []string{"residential"}}},
			{Name: "account-week", Scope: governor.ScopeAccount, Max: 4, Per: rolling(7 * day)},
			{Name: "address-week", Scope: governor.ScopeAddress, Max: 2, Per: rolling(7 * day)},
			{Name: "emails", Max: 2, Per: rolling(7 * day), Count: governor.Count{Kinds: []andante.Kind{andante.SMS, andante.Email}}},
			{Name: "points", MaxPoints: 12, Per: rolling(30 * day)},
		},
		Gaps: []governor.Gap{
			{Between: [2]andante.Kind{andante.Email, andante.Call}, Min: rolling(20 * time.Hour)},
			{Who: governor.Who{Stages: []string{"prospect"}}, Min: rolling(3 * day)},
			{Min: rolling(2 * day)},
		},
		Windows: []governor.WindowRule{
			{Kinds: []andante.Kind{andante.SMS}, Window: window("Mon-Sat 10:00-19:00")},
			{Kinds: []andante.Kind{andante.Email}, Window: window("Mon-Fri 08:00-17:30")},
		},
		Holidays: true,
	}
	f := governor.Facts{
		Contact: "contact", Account: "account", Address: "address", Persona: "cfo", Stage: "customer", Tier: "residential", Country: "US",
		Zones: []*time.Location{newYork}, Holidays: calendar.HolidaysOf("US"),
	}
	for i := range 50 {
		f.Touches = append(f.Touches, touch(fmt.Sprint("past", i), time.Duration(-7*i-8)*day))
	}
	c := governor.Candidate{ID: "candidate", Kind: andante.Email, Purpose: andante.Marketing, Holds: time.Minute}
	for name, now := range map[string]time.Time{"go": noon.Add(2 * time.Hour), "defer": noon.Add(-6 * day)} {
		b.Run(name, func(b *testing.B) {
			if v := p.Decide(f, c, now); string(v.Action) != name {
				b.Fatalf("got %s", told(v))
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Decide(f, c, now)
			}
		})
	}
}
