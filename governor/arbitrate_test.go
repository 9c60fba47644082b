package governor_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
)

// rival is a mail of high priority to the contact that comes so long after noon.
func rival(id string, next time.Duration, change ...func(*governor.Rival)) governor.Rival {
	r := governor.Rival{
		Candidate: governor.Candidate{ID: andante.TouchID(id), Kind: andante.Email, Purpose: andante.Marketing, Priority: andante.High, Due: noon.Add(next)},
		Facts: &governor.Facts{
			Contact: "contact", Account: "account", Address: "address", Persona: "cfo", Stage: "prospect", Tier: "residential", Country: "US", Zones: []*time.Location{time.UTC},
		},
		Next: noon.Add(next),
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

func beside(rivals ...governor.Rival) func(*governor.Facts) {
	return func(f *governor.Facts) { f.Rivals = rivals }
}

// ofColleague makes it a touch to another contact of the account.
func ofColleague(r *governor.Rival) { r.Facts.Contact, r.Facts.Address = "colleague", "another" }

func TestArbitration(t *testing.T) {
	two := governor.Policy{Gaps: []governor.Gap{{Min: rolling(2 * day)}}, LookAhead: calendar.Offset{Days: 3}}
	account := limits(governor.Limit{Name: "account-week", Scope: governor.ScopeAccount, Max: 1, Per: rolling(7 * day)})
	account.LookAhead = calendar.Offset{Days: 3}
	roomy := account
	roomy.Limits = []governor.Limit{{Name: "two", Scope: governor.ScopeAccount, Max: 2, Per: rolling(7 * day)}}
	blind := two
	blind.LookAhead = calendar.Offset{}
	normal := governor.Candidate{Priority: andante.Normal, Due: noon}
	with := func(change func(*governor.Candidate)) governor.Candidate {
		c := normal
		change(&c)
		return c
	}
	run(t, []ask{
		{
			name: "a newsletter waits for the invitation of tomorrow", policy: two, candidate: normal, facts: beside(rival("invitation", day)),
			want: `defer yielded "gap" until 2026-03-13 12:00 filled by invitation to invitation`,
		},
		{name: "what comes beyond the look-ahead is not waited for", policy: two, candidate: normal, facts: beside(rival("invitation", 4*day)), want: "go"},
		{name: "without a look-ahead nobody yields", policy: blind, candidate: normal, facts: beside(rival("invitation", day)), want: "go"},
		{name: "what is far enough away is not harmed", policy: two, candidate: normal, facts: beside(rival("invitation", 2*day)), want: "go"},
		{
			name: "of equal priority what was due first goes first", policy: two, candidate: with(func(c *governor.Candidate) { c.Due = noon.Add(-time.Hour) }),
			facts: beside(rival("old", day, func(r *governor.Rival) { r.Priority, r.Due = andante.Normal, noon.Add(-9*day) })),
			want:  `defer yielded "gap" until 2026-03-13 12:00 filled by old to old`,
		},
		{
			name: "and what is due later waits itself", policy: two, candidate: normal,
			facts: beside(rival("young", day, func(r *governor.Rival) { r.Priority, r.Due = andante.Normal, noon.Add(day) })), want: "go",
		},
		{
			name: "a colleague's touch takes the account's only place", policy: account, candidate: normal, facts: beside(rival("theirs", day, ofColleague)),
			want: `defer yielded "account-week" until 2026-03-18 12:00 filled by theirs to theirs`,
		},
		{name: "where there is room for two both go", policy: roomy, candidate: normal, facts: beside(rival("theirs", day, ofColleague)), want: "go"},
		{
			name: "of three for two places the least important waits", policy: roomy, candidate: normal,
			facts: beside(rival("first", day, ofColleague), rival("second", 2*day, ofColleague)),
			want:  `defer yielded "two" until 2026-03-18 12:00 filled by first second to second`,
		},
		{
			name: "a rival that gets no place is not waited for", policy: two, candidate: normal, touches: []governor.Touch{touch("coming", 4*day)},
			facts: beside(rival("hopeless", 3*day)), want: "go",
		},
		{
			name: "a rival that its contact chose not to get is not waited for", policy: two, candidate: normal,
			facts: beside(rival("unwanted", day, func(r *governor.Rival) { r.Facts.Choice.Only = []andante.Kind{andante.Postcard} })), want: "go",
		},
		{
			name: "a rival that gets stale before is not waited for", policy: two, candidate: normal,
			facts: beside(rival("short", day, func(r *governor.Rival) { r.Stale = noon.Add(time.Hour) })), want: "go",
		},
		{name: "one that has its place already is no rival", policy: two, candidate: normal, touches: []governor.Touch{touch("there", -3*day)}, facts: beside(rival("there", day)), want: "go"},
		{name: "what was asked for yields to nobody", policy: two, candidate: with(func(c *governor.Candidate) { c.Purpose = andante.Requested }), facts: beside(rival("invitation", day)), want: "go"},
		{name: "nor is it yielded to", policy: two, candidate: normal, facts: beside(rival("asked", day, func(r *governor.Rival) { r.Purpose = andante.Requested })), want: "go"},
		{
			name: "twice is not for ever", policy: two, candidate: with(func(c *governor.Candidate) { c.Yielded = governor.MostYields - 1 }), facts: beside(rival("invitation", day)),
			want: `defer yielded "gap" until 2026-03-13 12:00 filled by invitation to invitation`,
		},
		{name: "the third time was the last", policy: two, candidate: with(func(c *governor.Candidate) { c.Yielded = governor.MostYields }), facts: beside(rival("invitation", day)), want: "go"},
		{
			name: "what would be stale by then goes: it is not lost for one that may never go", policy: two, candidate: with(func(c *governor.Candidate) { c.Stale = noon.Add(2 * day) }), facts: beside(rival("invitation", day)),
			want: "go",
		},
		{
			name: "who waits anyway waits behind those before", policy: two, candidate: normal, touches: []governor.Touch{touch("a", -day)}, facts: beside(rival("invitation", day)),
			want: `defer yielded "gap" until 2026-03-13 12:00 filled by invitation to invitation`,
		},
		{
			name: "but not for ever", policy: two, candidate: with(func(c *governor.Candidate) { c.Yielded = governor.MostYields }), touches: []governor.Touch{touch("a", -day)}, facts: beside(rival("invitation", day)),
			want: `defer gap "gap" until 2026-03-11 12:00 filled by a`,
		},
		{
			name: "who has yielded often enough is yielded to", policy: two, candidate: governor.Candidate{Priority: andante.High, Due: noon},
			facts: beside(rival("patient", day, func(r *governor.Rival) { r.Priority, r.Yielded = andante.Low, governor.MostYields })),
			want:  `defer yielded "gap" until 2026-03-13 12:00 filled by patient to patient`,
		},
	})
}

// TestYieldsOnlyForRoom asks about one rival: the candidate yields exactly when the
// rival is more important, comes within the look-ahead and would have to wait if the
// candidate went.
func TestYieldsOnlyForRoom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		w.policy.Gaps = append(w.policy.Gaps, governor.Gap{Min: rolling(minutes(rapid.IntRange(1, 900).Draw(t, "apart")))})
		w.policy.LookAhead = calendar.Offset{Days: rapid.IntRange(0, 2).Draw(t, "look-ahead")}
		facts := w.facts
		facts.Contact = rapid.SampledFrom([]andante.ContactID{"c1", "c1", "c2"}).Draw(t, "whose")
		r := governor.Rival{
			Candidate: governor.Candidate{
				ID: "rival", Kind: someKind.Draw(t, "its kind"), Purpose: somePurpose.Draw(t, "its purpose"), Priority: andante.Priority(rapid.IntRange(0, 2).Draw(t, "its priority")),
			},
			Facts: &facts, Next: w.now.Add(minutes(rapid.SampledFrom([]int{0, 1, 60, 600, 3000}).Draw(t, "next"))),
		}
		w.candidate.Stale = time.Time{} // for one that would be too late nobody is yielded to
		alone := decide(w)
		free := func(touches ...governor.Touch) time.Time {
			v := w
			v.facts = facts
			v.facts.Touches = append(append([]governor.Touch(nil), w.facts.Touches...), touches...)
			v.candidate, v.now = r.Candidate, r.Next
			if v.now.Before(w.now) {
				v.now = w.now
			}
			return comes(v)
		}
		place := free()
		own := governor.Touch{
			ID: "candidate", Contact: w.facts.Contact, Account: w.facts.Account, Address: w.facts.Address, Kind: w.candidate.Kind, Purpose: w.candidate.Purpose,
			At: alone.Counts, From: w.policy.Lands(&w.facts, w.candidate.Kind, w.now),
		}
		yields := alone.Action == andante.Go && w.candidate.Purpose != andante.Requested && r.Purpose != andante.Requested && r.Before(&w.candidate) &&
			!place.After(w.now.AddDate(0, 0, w.policy.LookAhead.Days)) && free(own).After(place)
		w.facts.Rivals = []governor.Rival{r}
		v := decide(w)
		if alone.Action != andante.Go { // it waits anyway, perhaps longer
			if v.Action != alone.Action || v.Until.Before(alone.Until) {
				t.Fatalf("%s, alone %s", told(v), told(alone))
			}
			return
		}
		if got := v.Evidence.YieldedTo == "rival"; got != yields {
			t.Fatalf("yields: %t, not %t (%s; alone %s; the rival's place %s, or %s after the candidate)", got, yields, told(v), told(alone), place, free(own))
		}
		if !yields && v.Action != alone.Action {
			t.Fatalf("%s, alone %s", told(v), told(alone))
		}
	})
}
