package simulation

import (
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
)

// Comparison is the same world under two policies.
type Comparison struct {
	Now   *Report `json:"now"`
	Other *Report `json:"other"`
}

// Replay is what another policy would have done with the recorded past.
type Replay struct {
	From    time.Time      `json:"from"`
	To      time.Time      `json:"to"`
	Touches int            `json:"touches"` // that went then
	Held    int            `json:"held"`    // of them the policy would have held back
	Rules   map[string]int `json:"rules"`   // by what
	// OptOuts is how many of those held were followed by an opt-out of the same contact
	// within thirty days.
	OptOuts    int `json:"opt_outs"`
	AllOptOuts int `json:"all_opt_outs"` // of the time
}

// soon is how long after a touch an opt-out is laid at its door.
const soon = 30 * 24 * time.Hour

// A Past is one account's: who is there, what went, and who left when.
type Past struct {
	People  map[andante.ContactID]*Person
	Touches []andante.Touch // that counted, of all time that matters
	OptOuts map[andante.ContactID][]time.Time
}

// Add plays the past of an account again: each touch of the time asks the policy as it
// stood then, beside those before it that really went.
func (r *Replay) Add(policy *governor.Policy, past Past) {
	arrived := *policy
	arrived.Landing = nil // a card stands here on the day on which it landed
	p := &arrived
	list := slices.DeleteFunc(slices.Clone(past.Touches), func(t andante.Touch) bool {
		return !t.State.Went() || t.Counted.IsZero() || past.People[t.Contact] == nil
	})
	slices.SortStableFunc(list, func(a, b andante.Touch) int { return a.Counted.Compare(b.Counted) })
	var before []governor.Touch
	horizon := p.Horizon()
	for _, t := range list {
		for len(before) > 0 && before[0].At.Before(t.Counted.Add(-horizon)) { // no rule looks so far back
			before = before[1:]
		}
		if t.Counted.After(r.From) && !t.Counted.After(r.To) && t.Purpose != andante.Requested {
			r.ask(p, past, t, before)
		}
		before = append(before, governor.Touch{
			ID: t.ID, Contact: t.Contact, Account: t.Account, Address: t.Address, Kind: t.Kind, Purpose: t.Purpose, At: t.Counted,
			Introduction: t.Introduction, Unanswered: t.Result.Unanswered(),
		})
	}
	for _, at := range slices.Concat(slices.Collect(maps.Values(past.OptOuts))...) {
		if at.After(r.From) && !at.After(r.To) {
			r.AllOptOuts++
		}
	}
}

func (r *Replay) ask(p *governor.Policy, past Past, t andante.Touch, before []governor.Touch) {
	r.Touches++
	f := past.People[t.Contact].Facts
	f.Touches, f.Address = before, t.Address
	f.Signals, f.Together = andante.Signals{}, andante.Signals{} // those are of today
	v := p.Decide(f, governor.Candidate{ID: t.ID, Kind: t.Kind, Purpose: t.Purpose, Priority: t.Priority, Due: t.FirstDue, Introduction: t.Introduction, Yielded: governor.MostYields}, t.Counted)
	if v.Action == andante.Go || !slices.Contains(governor.OverLimit, v.Barrier) {
		return
	}
	r.Held++
	v.Reason = v.Barrier
	r.Rules[barrier(v)]++
	for _, at := range past.OptOuts[t.Contact] {
		if at.After(t.Counted) && at.Sub(t.Counted) <= soon {
			r.OptOuts++
			return
		}
	}
}
