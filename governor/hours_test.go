package governor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
)

func TestHours(t *testing.T) {
	office := governor.Policy{
		Windows: []governor.WindowRule{
			{Kinds: []andante.Kind{andante.SMS}, Window: window("Mon-Sat 10:00-19:00")},
			{Kinds: []andante.Kind{andante.Email}, Who: governor.Who{Tiers: []string{"key"}}, Window: window("Mon-Fri 12:00-13:00")},
			{Kinds: []andante.Kind{andante.Email}, Window: window("Mon-Fri 08:00-17:30")},
		},
		Holidays: true,
	}
	in := func(zones ...*time.Location) func(*governor.Facts) {
		return func(f *governor.Facts) { f.Zones = zones }
	}
	american := func(f *governor.Facts) { f.Zones, f.Holidays = []*time.Location{newYork}, calendar.HolidaysOf("US") }
	held := governor.Candidate{Holds: time.Minute}
	narrow := func(w ...string) governor.Candidate {
		c := governor.Candidate{}
		for _, s := range w {
			c.Narrow = append(c.Narrow, window(s))
		}
		return c
	}
	const evening = 6 * time.Hour // 18:00 UTC, 14:00 in New York, 07:00 in Auckland
	run(t, []ask{
		{name: "open", policy: office, want: "go"},
		{name: "closed", policy: office, now: noon.Add(evening), want: `defer window "Mon-Fri 08:00-17:30" until 2026-03-11 08:00`},
		{name: "open where the contact lives", policy: office, facts: in(newYork), now: noon.Add(evening), want: "go not after 18:00"},
		{
			name: "closed in one of its zones", policy: office, facts: in(time.UTC, newYork), now: noon.Add(evening),
			want: `defer window "Mon-Fri 08:00-17:30" until 2026-03-11 12:00`,
		},
		{name: "never open in all its zones", policy: office, facts: in(berlin, auckland), want: `skip no_room "Mon-Fri 08:00-17:30" (after window)`},
		{name: "another kind", policy: office, now: noon.Add(evening), candidate: governor.Candidate{Kind: andante.SMS}, want: "go not after 18:00"},
		{name: "a kind without a window", policy: office, now: noon.Add(evening), candidate: governor.Candidate{Kind: andante.Call}, want: "go not after 18:00"},
		{
			name: "the first that matches", policy: office, now: noon.Add(time.Hour), facts: func(f *governor.Facts) { f.Tier = "key" },
			want: `defer window "Mon-Fri 12:00-13:00" until 2026-03-11 12:00`,
		},
		{
			name: "narrowed by the step", policy: office, candidate: narrow("Thu 09:00-11:00"),
			want: `defer window "Mon-Fri 08:00-17:30 and Thu 09:00-11:00" until 2026-03-12 09:00`,
		},
		{name: "never widened", policy: office, candidate: narrow("Sat-Sun 09:00-11:00"), want: `skip no_room "Mon-Fri 08:00-17:30 and Sat-Sun 09:00-11:00" (after window)`},
		{
			name: "a step's hours where the policy has none", policy: governor.Policy{}, candidate: narrow("Wed 09:00-11:00"),
			want: `defer window "Wed 09:00-11:00" until 2026-03-11 09:00`,
		},

		{name: "not_after ends with the window", policy: office, candidate: held, now: noon.Add(5*time.Hour + 29*time.Minute + 30*time.Second), want: "go not after 17:30"},
		{name: "not_after within the window", policy: office, candidate: held, now: noon.Add(5*time.Hour + 28*time.Minute), want: "go not after 17:29"},
		{
			name: "the window's end is closed", policy: office, candidate: held, now: noon.Add(5*time.Hour + 30*time.Minute),
			want: `defer window "Mon-Fri 08:00-17:30" until 2026-03-11 08:00`,
		},
		{name: "not_after ends with valid_for", policy: office, candidate: governor.Candidate{Holds: time.Minute, Stale: noon.Add(20 * time.Second)}, want: "go not after 12:00:20"},
		{
			name: "the gap ends in the night", policy: governor.Policy{Windows: office.Windows, Gaps: []governor.Gap{{Min: rolling(day)}}},
			touches: []governor.Touch{touch("a", -16*time.Hour)}, want: `defer gap "gap" until 2026-03-11 08:00 filled by a`,
		},
		{
			name: "the night is longer than the gap", policy: governor.Policy{Windows: office.Windows, Gaps: []governor.Gap{{Min: rolling(day)}}},
			touches: []governor.Touch{touch("a", -16*time.Hour)}, now: noon.Add(evening), want: `defer window "Mon-Fri 08:00-17:30" until 2026-03-11 08:00`,
		},
		{
			name: "a landing that the window's end keeps apart", policy: governor.Policy{Windows: office.Windows, Gaps: []governor.Gap{{Min: rolling(day)}}},
			candidate: held, now: noon.Add(5*time.Hour + 29*time.Minute + 30*time.Second), touches: []governor.Touch{touch("card", day+5*time.Hour+30*time.Minute)},
			want: "go not after 17:30",
		},

		{
			name: "an opening shorter than a claim", policy: governor.Policy{Windows: []governor.WindowRule{{Window: window("12:00-12:01")}}, Gaps: []governor.Gap{{Min: rolling(day)}}},
			candidate: governor.Candidate{Holds: 4 * time.Minute}, now: noon.Add(-time.Minute), touches: []governor.Touch{touch("card", day+time.Minute)},
			want: `defer window "12:00-12:01" until 12:00`,
		},

		// Memorial Day is the 25th of May 2026, a Monday.
		{
			name: "a holiday", policy: office, facts: american, now: time.Date(2026, 5, 25, 15, 0, 0, 0, time.UTC),
			want: `defer holiday "Memorial Day" until 2026-05-26 12:00`,
		},
		{
			name: "the evening before a holiday", policy: office, facts: american, now: time.Date(2026, 5, 22, 22, 0, 0, 0, time.UTC),
			want: `defer window "Mon-Fri 08:00-17:30" until 2026-05-26 12:00`,
		},
		{
			name: "a policy without holidays", policy: governor.Policy{Windows: office.Windows}, facts: american, now: time.Date(2026, 5, 25, 15, 0, 0, 0, time.UTC),
			want: "go not after 2026-05-25 15:00",
		},
		{
			name: "the night the clocks change", policy: office, facts: american, now: time.Date(2026, 3, 6, 23, 0, 0, 0, time.UTC),
			want: `defer window "Mon-Fri 08:00-17:30" until 2026-03-09 12:00`,
		},

		{
			name: "a requested mail is awaited at any hour", policy: office, now: noon.Add(12 * time.Hour), candidate: governor.Candidate{Purpose: andante.Requested, Holds: time.Minute},
			want: "go not after 2026-03-11 00:01",
		},
		{
			name: "but for the hours that its step names", policy: office, now: noon.Add(12 * time.Hour), candidate: governor.Candidate{Purpose: andante.Requested, Holds: time.Minute, Narrow: []calendar.Window{window("Thu 09:00-11:00")}},
			want: `defer window "Thu 09:00-11:00" until 2026-03-12 09:00`,
		},
		{
			name: "a requested text message is not", policy: office, now: noon.Add(12 * time.Hour), candidate: governor.Candidate{Purpose: andante.Requested, Kind: andante.SMS},
			want: `defer window "Mon-Sat 10:00-19:00" until 2026-03-11 10:00`,
		},
	})
}

func TestEvidenceOfHours(t *testing.T) {
	t.Parallel()
	a := ask{
		policy: governor.Policy{Windows: []governor.WindowRule{{Window: window("Mon 09:00-10:00")}}},
		facts:  func(f *governor.Facts) { f.Zones = []*time.Location{newYork, time.UTC} },
	}
	want := andante.Evidence{Rule: "Mon 09:00-10:00", Zone: "America/New_York, UTC", Source: "contact"}
	if diff := cmp.Diff(want, a.verdict().Evidence); diff != "" {
		t.Error(diff)
	}
}

func TestStaleAndNoRoom(t *testing.T) {
	one := func(per time.Duration) governor.Policy {
		return limits(governor.Limit{Name: "one", Max: 1, Per: rolling(per)})
	}
	valid := func(d time.Duration) governor.Candidate { return governor.Candidate{Stale: noon.Add(d)} }
	recent := []governor.Touch{touch("a", 0)}
	run(t, []ask{
		{name: "just in time", policy: one(day), candidate: valid(time.Nanosecond), want: "go"},
		{name: "stale", policy: one(day), candidate: valid(0), want: "skip stale"},
		{name: "stale, whatever else", policy: one(day), touches: recent, candidate: valid(-day), want: "skip stale"},
		{name: "free before it is stale", policy: one(day), touches: recent, candidate: valid(day + time.Nanosecond), want: `defer limit "one" until 2026-03-11 12:00 filled by a`},
		{name: "stale when it is free", policy: one(day), touches: recent, candidate: valid(day), want: `skip no_room "one" filled by a (after limit)`},
		{name: "free in 400 days", policy: one(400 * day), touches: recent, want: `defer limit "one" until 2027-04-14 12:00 filled by a`},
		{name: "free a moment later", policy: one(400*day + time.Nanosecond), touches: recent, want: `skip no_room "one" filled by a (after limit)`},
		{
			name: "a calendar year of days, all full", policy: limits(governor.Limit{Name: "year", Max: 1, Per: unit("year")}),
			touches: []governor.Touch{touch("a", -day), touch("b", 360*day)}, want: `skip no_room "year" filled by a (after limit)`,
		},
		{name: "a limit of nothing", policy: limits(governor.Limit{Name: "nothing", Per: rolling(day)}), want: `skip no_room "nothing" (after limit)`},
		{
			name: "points below the weight, by the week", want: `skip no_room "points" (after limit)`,
			policy: governor.Policy{Points: map[andante.Kind]float64{andante.Email: 2}, Limits: []governor.Limit{{Name: "points", MaxPoints: 1, Per: unit("week")}}},
		},
		{name: "no gap in the hours", policy: governor.Policy{
			Windows: []governor.WindowRule{{Window: window("Tue 12:00-12:01")}},
			Gaps:    []governor.Gap{{Min: rolling(8 * day)}},
		}, touches: []governor.Touch{touch("a", -7*day)}, want: `defer gap "gap" until 2026-03-17 12:00 filled by a`},
	})
	v := (&ask{candidate: valid(-day)}).verdict()
	if v.Evidence.Until == nil || !v.Evidence.Until.Equal(noon.Add(-day)) {
		t.Errorf("stale since %v", v.Evidence.Until)
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	p := governor.Policy{
		Limits: []governor.Limit{
			{Per: rolling(day)}, {Per: unit("day")}, {Per: unit("week")}, {Per: unit("month"), Scope: governor.ScopeAccount},
		},
		Gaps: []governor.Gap{{Min: rolling(40 * day)}},
	}
	if p.Horizon() != 40*day {
		t.Errorf("horizon %s", p.Horizon())
	}
	if p.ByAddress() {
		t.Error("no limit is by address")
	}
	p.Limits = append(p.Limits, governor.Limit{Per: unit("year"), Scope: governor.ScopeAddress})
	if p.Horizon() != 367*day {
		t.Errorf("horizon %s", p.Horizon())
	}
	if !p.ByAddress() {
		t.Error("a limit is by address")
	}
	if q := p.Unlimited(); len(q.Limits)+len(q.Gaps) != 0 || len(p.Limits) == 0 {
		t.Error("unlimited is a copy without limits and gaps")
	}
}
