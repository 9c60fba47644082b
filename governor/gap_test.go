package governor_test

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
)

func TestGap(t *testing.T) {
	gaps := func(g ...governor.Gap) governor.Policy { return governor.Policy{Gaps: g} }
	two := gaps(governor.Gap{Min: rolling(2 * day)})
	pairs := gaps(
		governor.Gap{Between: [2]andante.Kind{andante.Email, andante.Call}, Min: rolling(20 * time.Hour)},
		governor.Gap{Who: governor.Who{Stages: []string{"prospect"}}, Min: rolling(3 * day)},
		governor.Gap{Min: rolling(2 * day)},
	)
	call := governor.Candidate{Kind: andante.Call}
	held := governor.Candidate{Holds: time.Minute}
	customer := func(f *governor.Facts) { f.Stage = "customer" }
	run(t, []ask{
		{name: "too soon", policy: two, touches: []governor.Touch{touch("a", -day)}, want: `defer gap "gap" until 2026-03-11 12:00 filled by a`},
		{name: "exactly the gap", policy: two, touches: []governor.Touch{touch("a", -2*day)}, want: "go"},
		{name: "a moment less", policy: two, touches: []governor.Touch{touch("a", -2*day+time.Nanosecond)}, want: `defer gap "gap" until 12:00:00.000000001 filled by a`},
		{
			name: "of several, the last that forbids", policy: two, touches: []governor.Touch{touch("b", -time.Hour), touch("a", -day), touch("z", -9*day)},
			want: `defer gap "gap" until 2026-03-12 11:00 filled by b`,
		},
		{name: "a colleague's touch keeps nothing away", policy: two, touches: []governor.Touch{touch("a", -time.Hour, colleague)}, want: "go"},
		{name: "nor does what was requested", policy: two, touches: []governor.Touch{touch("a", -time.Hour, purpose(andante.Requested))}, want: "go"},
		{
			name: "what is requested waits for nothing", policy: two, touches: []governor.Touch{touch("a", -time.Hour)},
			candidate: governor.Candidate{Purpose: andante.Requested}, want: "go",
		},

		{name: "before a coming touch", policy: two, touches: []governor.Touch{touch("card", day)}, want: `defer gap "gap" until 2026-03-13 12:00 filled by card`},
		{name: "exactly the gap before it", policy: two, touches: []governor.Touch{touch("card", 2*day)}, want: "go"},
		{
			name: "but not at not_after", policy: two, candidate: held, touches: []governor.Touch{touch("card", 2*day)},
			want: `defer gap "gap" until 2026-03-14 12:00 filled by card`,
		},
		{
			name: "from one gap into the next", policy: two, touches: []governor.Touch{touch("a", -day), touch("card", 2*day)},
			want: `defer gap "gap" until 2026-03-14 12:00 filled by a`,
		},
		{
			name: "room between two", policy: two, candidate: held, touches: []governor.Touch{touch("a", -day), touch("card", 3*day+time.Minute)},
			want: `defer gap "gap" until 2026-03-11 12:00 filled by a`,
		},
		{
			name: "no room between two, by a second", policy: two, candidate: held, touches: []governor.Touch{touch("a", -day), touch("card", 3*day+59*time.Second)},
			want: `defer gap "gap" until 2026-03-15 12:00:59 filled by a`,
		},
		{
			name: "in flight", policy: two, candidate: held, touches: []governor.Touch{touch("a", 2*day+2*time.Minute, inFlight(90*time.Second))},
			want: `defer gap "gap" until 2026-03-14 12:02 filled by a`,
		},

		{name: "a pair of kinds", policy: pairs, candidate: call, touches: []governor.Touch{touch("a", -time.Hour)}, want: `defer gap "gap" until 2026-03-11 07:00 filled by a`},
		{name: "the pair the other way round", policy: pairs, touches: []governor.Touch{touch("a", -21*time.Hour, kind(andante.Call))}, want: "go"},
		{name: "another pair, by stage", policy: pairs, touches: []governor.Touch{touch("a", -2*day)}, want: `defer gap "gap" until 2026-03-11 12:00 filled by a`},
		{name: "the last one for everybody else", policy: pairs, facts: customer, touches: []governor.Touch{touch("a", -2*day)}, want: "go"},
		{
			name: "the first that matches holds, though another is longer", policy: pairs, candidate: call,
			touches: []governor.Touch{touch("a", -20*time.Hour)}, want: "go",
		},
		{
			name: "each pair has its own gap", policy: pairs, candidate: call,
			touches: []governor.Touch{touch("mail", -time.Hour), touch("call", -2*day, kind(andante.Call))},
			want:    `defer gap "gap" until 2026-03-11 12:00 filled by call`,
		},
		{
			name: "no gap for the pair", policy: gaps(governor.Gap{Between: [2]andante.Kind{andante.Call, andante.Call}, Min: rolling(day)}),
			touches: []governor.Touch{touch("a", -time.Hour)}, want: "go",
		},
	})
}

func TestGapFor(t *testing.T) {
	t.Parallel()
	p := governor.Policy{Gaps: []governor.Gap{{Between: [2]andante.Kind{andante.Email, andante.Call}, Min: rolling(day)}}}
	if g, ok := p.GapFor(&governor.Facts{}, andante.Call, andante.Email); !ok || g.Min.Length != day {
		t.Errorf("call and email: %v %t", g, ok)
	}
	if _, ok := p.GapFor(&governor.Facts{}, andante.Email, andante.Email); ok {
		t.Error("a gap between two mails was found")
	}
}
