package governor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
)

func limits(l ...governor.Limit) governor.Policy { return governor.Policy{Limits: l} }

// week lets two touches go in seven days.
var week = limits(governor.Limit{Name: "week", Max: 2, Per: rolling(7 * day)})

// once lets one touch go in seven days.
var once = limits(governor.Limit{Name: "once", Max: 1, Per: rolling(7 * day)})

func TestRollingLimit(t *testing.T) {
	held := governor.Candidate{Holds: time.Minute}
	run(t, []ask{
		{name: "nothing yet", policy: week, want: "go"},
		{name: "one place left", policy: week, touches: []governor.Touch{touch("a", -day)}, want: "go"},
		{
			name: "full until the oldest leaves", policy: week,
			touches: []governor.Touch{touch("b", -day), touch("a", -3*day)},
			want:    `defer limit "week" until 2026-03-14 12:00 filled by a b`,
		},
		{name: "exactly a period apart", policy: once, touches: []governor.Touch{touch("a", -7*day)}, want: "go"},
		{
			name: "a moment less than a period apart", policy: once, touches: []governor.Touch{touch("a", -7*day+time.Nanosecond)},
			want: `defer limit "once" until 12:00:00.000000001 filled by a`,
		},
		{
			name: "out of order", policy: week,
			touches: []governor.Touch{touch("c", -time.Hour), touch("a", -6*day), touch("b", -2*day)},
			want:    `defer limit "week" until 2026-03-15 12:00 filled by a b c`,
		},
		{name: "its own claim does not stand in its way", policy: once, touches: []governor.Touch{touch("candidate", -time.Minute)}, want: "go"},
		{
			name: "touches without an id count", policy: once, touches: []governor.Touch{touch("", -6*day)},
			want: `defer limit "once" until 2026-03-11 12:00 filled by `,
		},

		{
			name: "a coming landing", policy: once, touches: []governor.Touch{touch("card", 3*day)},
			want: `defer limit "once" until 2026-03-20 12:00 filled by card`,
		},
		{name: "a landing exactly a period away", policy: once, touches: []governor.Touch{touch("card", 7*day)}, want: "go"},
		{
			name: "a landing a period from now, but not from not_after", policy: once, candidate: held, touches: []governor.Touch{touch("card", 7*day)},
			want: `defer limit "once" until 2026-03-24 12:00 filled by card`,
		},
		{
			name: "a landing a period from not_after", policy: once, candidate: held, touches: []governor.Touch{touch("card", 7*day+time.Minute)},
			want: "go not after 12:01",
		},
		{
			name: "between what was and what comes", policy: week, touches: []governor.Touch{touch("card", 3*day), touch("a", -3*day)},
			want: `defer limit "week" until 2026-03-14 12:00 filled by a card`,
		},
		{name: "what was and what comes are no period together", policy: week, touches: []governor.Touch{touch("a", -5*day), touch("card", 5*day)}, want: "go"},
		{
			name: "free for a while, but not for a minute", policy: once, candidate: held,
			touches: []governor.Touch{touch("a", -6*day), touch("card", 8*day+30*time.Second)},
			want:    `defer limit "once" until 2026-03-25 12:00:30 filled by a`,
		},
		{
			name: "a landing beyond the hole", policy: once, candidate: held,
			touches: []governor.Touch{touch("a", -6*day), touch("card", 8*day+time.Minute)},
			want:    `defer limit "once" until 2026-03-11 12:00 filled by a`,
		},

		{
			name: "in flight, and perhaps within the period", policy: once, touches: []governor.Touch{touch("a", 7*day+30*time.Second, inFlight(time.Minute))},
			want: `defer limit "once" until 2026-03-24 12:00:30 filled by a`,
		},
		{
			name: "in flight, and perhaps out of the period already", policy: once, touches: []governor.Touch{touch("a", -7*day+30*time.Second, inFlight(time.Minute))},
			want: `defer limit "once" until 12:00:30 filled by a`,
		},

		{
			name:    "the limit that holds longest is named",
			policy:  limits(governor.Limit{Name: "day", Max: 1, Per: rolling(day)}, governor.Limit{Name: "month", Max: 1, Per: rolling(30 * day)}),
			touches: []governor.Touch{touch("a", -time.Hour)},
			want:    `defer limit "month" until 2026-04-09 11:00 filled by a`,
		},
		{
			name:    "all limits at once",
			policy:  limits(governor.Limit{Name: "day", Max: 1, Per: rolling(day)}, governor.Limit{Name: "week", Max: 2, Per: rolling(7 * day)}),
			touches: []governor.Touch{touch("a", -6*day-12*time.Hour), touch("b", -time.Hour), touch("card", day)},
			want:    `defer limit "week" until 2026-03-17 11:00 filled by b card`,
		},
		{
			name:   "the period that holds longest is told",
			policy: once, touches: []governor.Touch{touch("card2", 5*day), touch("card1", 3*day)},
			want: `defer limit "once" until 2026-03-22 12:00 filled by card1 card2`,
		},
		{
			name:    "how long a crowded limit holds",
			policy:  limits(governor.Limit{Name: "mails", Max: 1, Per: rolling(4*day + 12*time.Hour), Count: governor.Count{Kinds: []andante.Kind{andante.Email}}}, governor.Limit{Name: "week", Max: 2, Per: rolling(7 * day)}),
			touches: []governor.Touch{touch("a", -4*day, kind(andante.Call)), touch("b", -3*day, kind(andante.Call)), touch("c", -2*day, kind(andante.Call)), touch("d", -time.Hour)},
			want:    `defer limit "week" until 2026-03-15 12:00 filled by a b c d`,
		},
		{
			name: "more than the limit before it was written", policy: week,
			touches: []governor.Touch{touch("a", -4*day), touch("b", -3*day), touch("c", -2*day), touch("d", -day)},
			want:    `defer limit "week" until 2026-03-15 12:00 filled by a b c d`,
		},
	})
}

func TestScopes(t *testing.T) {
	by := func(s governor.Scope) governor.Policy {
		return limits(governor.Limit{Name: "once", Scope: s, Max: 1, Per: rolling(7 * day)})
	}
	run(t, []ask{
		{
			name: "contact: own", policy: by(governor.ScopeContact), touches: []governor.Touch{touch("a", -day)},
			want: `defer limit "once" until 2026-03-16 12:00 filled by a`,
		},
		{name: "contact: a colleague's", policy: by(governor.ScopeContact), touches: []governor.Touch{touch("a", -day, colleague)}, want: "go"},
		{
			name: "account: a colleague's", policy: by(governor.ScopeAccount), touches: []governor.Touch{touch("a", -day, colleague)},
			want: `defer limit "once" until 2026-03-16 12:00 filled by a`,
		},
		{name: "account: a neighbour's", policy: by(governor.ScopeAccount), touches: []governor.Touch{touch("a", -day, housemate)}, want: "go"},
		{
			name: "address: a housemate's", policy: by(governor.ScopeAddress), touches: []governor.Touch{touch("a", -day, housemate)},
			want: `defer limit "once" until 2026-03-16 12:00 filled by a`,
		},
		{name: "address: a colleague's", policy: by(governor.ScopeAddress), touches: []governor.Touch{touch("a", -day, colleague)}, want: "go"},
		{
			name: "address: none", policy: by(governor.ScopeAddress), touches: []governor.Touch{touch("a", -day, func(t *governor.Touch) { t.Address = "" })},
			facts: func(f *governor.Facts) { f.Address = "" }, want: "go",
		},
		{
			name: "account, contact and address together", policy: by(governor.ScopeAccount),
			touches: []governor.Touch{touch("a", -day, colleague), touch("b", -2*day), touch("c", -3*day, housemate)},
			want:    `defer limit "once" until 2026-03-16 12:00 filled by b a`,
		},
	})
}

func TestWho(t *testing.T) {
	who := func(w governor.Who) governor.Policy {
		return limits(governor.Limit{Name: "once", Max: 1, Per: rolling(7 * day), Who: w})
	}
	recent := []governor.Touch{touch("a", -day)}
	const bound = `defer limit "once" until 2026-03-16 12:00 filled by a`
	run(t, []ask{
		{name: "everybody", policy: who(governor.Who{}), touches: recent, want: bound},
		{name: "stage", policy: who(governor.Who{Stages: []string{"customer", "prospect"}}), touches: recent, want: bound},
		{name: "another stage", policy: who(governor.Who{Stages: []string{"customer"}}), touches: recent, want: "go"},
		{name: "tier", policy: who(governor.Who{Tiers: []string{"residential"}}), touches: recent, want: bound},
		{name: "another tier", policy: who(governor.Who{Tiers: []string{"key"}}), touches: recent, want: "go"},
		{name: "persona", policy: who(governor.Who{Personas: []string{"cfo"}}), touches: recent, want: bound},
		{name: "another persona", policy: who(governor.Who{Personas: []string{"owner"}}), touches: recent, want: "go"},
		{name: "country", policy: who(governor.Who{Countries: []string{"US"}}), touches: recent, want: bound},
		{name: "another country", policy: who(governor.Who{Countries: []string{"CA"}}), touches: recent, want: "go"},
		{name: "all of them must match", policy: who(governor.Who{Countries: []string{"US"}, Tiers: []string{"key"}}), touches: recent, want: "go"},
		{
			name: "a fact that the contact lacks", policy: who(governor.Who{Tiers: []string{"residential"}}), touches: recent,
			facts: func(f *governor.Facts) { f.Tier = "" }, want: "go",
		},
	})
}

func TestCount(t *testing.T) {
	count := func(c governor.Count) governor.Policy {
		return limits(governor.Limit{Name: "once", Max: 1, Per: rolling(7 * day), Count: c})
	}
	recent := []governor.Touch{touch("a", -day)}
	const bound = `defer limit "once" until 2026-03-16 12:00 filled by a`
	emails := governor.Count{Kinds: []andante.Kind{andante.Email}}
	selling := governor.Count{Purposes: []andante.Purpose{andante.Marketing}}
	run(t, []ask{
		{name: "kind", policy: count(emails), touches: recent, want: bound},
		{name: "a candidate of another kind", policy: count(emails), touches: recent, candidate: governor.Candidate{Kind: andante.Call}, want: "go"},
		{name: "touches of another kind", policy: count(emails), touches: []governor.Touch{touch("a", -day, kind(andante.Call))}, want: "go"},
		{name: "purpose", policy: count(selling), touches: recent, want: bound},
		{name: "a candidate of another purpose", policy: count(selling), touches: recent, candidate: governor.Candidate{Purpose: andante.Relationship}, want: "go"},
		{name: "touches of another purpose", policy: count(selling), touches: []governor.Touch{touch("a", -day, purpose(andante.Relationship))}, want: "go"},
		{name: "what was requested fills nothing", policy: once, touches: []governor.Touch{touch("a", -day, purpose(andante.Requested))}, want: "go"},
		{name: "unless the limit says so", policy: count(governor.Count{Requested: true}), touches: []governor.Touch{touch("a", -day, purpose(andante.Requested))}, want: bound},
		{
			name: "what is requested now has no limit", policy: count(governor.Count{Requested: true}), touches: recent,
			candidate: governor.Candidate{Purpose: andante.Requested}, want: "go",
		},
	})
}

func TestPoints(t *testing.T) {
	weights := func(most float64, points map[andante.Kind]float64) governor.Policy {
		p := limits(governor.Limit{Name: "points", MaxPoints: most, Per: rolling(7 * day)})
		p.Points = points
		return p
	}
	usual := map[andante.Kind]float64{andante.Email: 1, andante.SMS: 2, andante.Call: 3}
	call := governor.Candidate{Kind: andante.Call}
	busy := []governor.Touch{touch("mail", -6*day), touch("sms", -3*day, kind(andante.SMS)), touch("mail2", -day)}
	run(t, []ask{
		{name: "room for a mail", policy: weights(5, usual), touches: busy, want: "go"},
		{
			name: "no room for a call, which weighs three", policy: weights(5, usual), touches: busy, candidate: call,
			want: `defer limit "points" until 2026-03-14 12:00 filled by mail sms mail2`,
		},
		{
			name: "one leaves, and that is enough", policy: weights(6, usual), touches: busy, candidate: call,
			want: `defer limit "points" until 2026-03-11 12:00 filled by mail sms mail2`,
		},
		{name: "a kind without points weighs one", policy: weights(5, usual), touches: busy, candidate: governor.Candidate{Kind: andante.Visit}, want: "go"},
		{
			name: "a kind heavier than the limit never goes", policy: weights(2, usual), candidate: call,
			want: `skip no_room "points" (after limit)`,
		},
		{name: "tenths add up", policy: weights(0.3, map[andante.Kind]float64{andante.Email: 0.1}), touches: []governor.Touch{touch("a", -2*day), touch("b", -day)}, want: "go"},
		{
			name: "and no further", policy: weights(0.3, map[andante.Kind]float64{andante.Email: 0.1}),
			touches: []governor.Touch{touch("a", -3*day), touch("b", -2*day), touch("c", -day)},
			want:    `defer limit "points" until 2026-03-14 12:00 filled by a b c`,
		},
	})
}

func TestCalendarPeriods(t *testing.T) {
	per := func(u string, most int) governor.Policy {
		return limits(governor.Limit{Name: u, Max: most, Per: unit(u)})
	}
	in := func(z *time.Location) func(*governor.Facts) {
		return func(f *governor.Facts) { f.Zones = []*time.Location{z} }
	}
	at := func(s string, z *time.Location) time.Time {
		got, err := time.ParseInLocation("2006-01-02 15:04:05", s, z)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	was := func(id, s string, z *time.Location) []governor.Touch {
		return []governor.Touch{touch(id, at(s, z).Sub(noon))}
	}
	night := was("late", "2026-03-09 23:00:00", newYork)
	run(t, []ask{
		// 23:00 and 00:30 are two days on the wall and ninety minutes apart: a
		// calendar day lets both go, 24 hours don't.
		{
			name: "the trap: a calendar day", policy: per("day", 1), facts: in(newYork), touches: night, now: at("2026-03-10 00:30:00", newYork),
			want: "go not after 04:30",
		},
		{
			name: "the trap: 24 hours", policy: limits(governor.Limit{Name: "24h", Max: 1, Per: rolling(day)}), facts: in(newYork), touches: night, now: at("2026-03-10 00:30:00", newYork),
			want: `defer limit "24h" until 2026-03-11 03:00 filled by late`,
		},
		{
			name: "the same day", policy: per("day", 1), facts: in(newYork), touches: night, now: at("2026-03-09 23:59:59", newYork),
			want: `defer limit "day" until 04:00 filled by late`,
		},
		{
			name: "not_after in the next day", policy: per("day", 1), facts: in(newYork), candidate: governor.Candidate{Holds: time.Minute},
			touches: []governor.Touch{touch("card", at("2026-03-10 15:00:00", newYork).Sub(noon))}, now: at("2026-03-09 23:59:30", newYork),
			want: `defer limit "day" until 2026-03-11 04:00 filled by card`,
		},

		{
			name: "a day of 23 hours", policy: per("day", 1), facts: in(newYork), touches: was("a", "2026-03-08 00:30:00", newYork), now: at("2026-03-08 08:00:00", newYork),
			want: `defer limit "day" until 2026-03-09 04:00 filled by a`,
		},
		{
			name: "a day of 25 hours", policy: per("day", 1), facts: in(newYork), touches: was("a", "2026-11-01 00:30:00", newYork), now: at("2026-11-01 08:00:00", newYork),
			want: `defer limit "day" until 2026-11-02 05:00 filled by a`,
		},
		{
			name: "24 hours over a day of 23", policy: limits(governor.Limit{Name: "24h", Max: 1, Per: rolling(day)}), facts: in(newYork),
			touches: was("a", "2026-03-07 12:00:00", newYork), now: at("2026-03-08 12:00:00", newYork),
			want: `defer limit "24h" until 2026-03-08 17:00 filled by a`,
		},

		{
			name: "a week begins on Monday", policy: per("week", 1), touches: was("a", "2026-03-09 00:00:00", time.UTC),
			want: `defer limit "week" until 2026-03-16 00:00 filled by a`,
		},
		{name: "Sunday was last week", policy: per("week", 1), touches: was("a", "2026-03-08 23:59:59", time.UTC), want: "go"},
		{
			name: "a month", policy: per("month", 1), touches: was("a", "2026-03-01 00:00:00", time.UTC),
			want: `defer limit "month" until 2026-04-01 00:00 filled by a`,
		},
		{
			name: "a year", policy: per("year", 1), touches: was("a", "2026-01-01 00:00:00", time.UTC),
			want: `defer limit "year" until 2027-01-01 00:00 filled by a`,
		},
		{
			name: "the month of the contact's zone", policy: per("month", 1), facts: in(auckland),
			touches: was("a", "2026-03-31 23:00:00", auckland), now: at("2026-04-01 00:00:00", auckland), want: "go not after 2026-03-31 11:00",
		},
		{
			name: "in UTC it is one month", policy: per("month", 1),
			touches: was("a", "2026-03-31 23:00:00", auckland), now: at("2026-04-01 00:00:00", auckland),
			want: `defer limit "month" until 2026-04-01 00:00 filled by a`,
		},
		{
			name: "the next period is full too", policy: per("day", 1), touches: []governor.Touch{touch("a", -time.Hour), touch("b", day)},
			want: `defer limit "day" until 2026-03-12 00:00 filled by a`,
		},
	})
}

func TestEvidenceOfLimit(t *testing.T) {
	t.Parallel()
	a := ask{
		policy: limits(governor.Limit{Name: "household", Scope: governor.ScopeAccount, Max: 2, Per: rolling(7 * day)}),
		touches: []governor.Touch{
			touch("old", -7*day), touch("theirs", -2*day, colleague), touch("ours", -3*day, kind(andante.Call)), touch("neighbour's", -day, housemate), touch("far", 6*day),
		},
	}
	want := andante.Evidence{
		Rule: "household", Scope: "account", Max: 2, Period: "168h0m0s",
		Filled: []andante.Filler{
			{Touch: "ours", Contact: "contact", Kind: andante.Call, At: noon.Add(-3 * day)},
			{Touch: "theirs", Contact: "colleague", Kind: andante.Email, At: noon.Add(-2 * day)},
		},
	}
	v := a.verdict()
	if diff := cmp.Diff(want, v.Evidence); diff != "" {
		t.Error(diff)
	}
	// "far" comes six days from now and joins what is left by then.
	if want := noon.Add(4 * day); !v.Until.Equal(want) {
		t.Errorf("until %s, not %s", v.Until, want)
	}
}
