package governor_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
)

// world is a random question on whole minutes, so that the oracle can look at
// every instant that matters: limits and gaps change on whole minutes only.
type world struct {
	policy    governor.Policy
	facts     governor.Facts
	candidate governor.Candidate
	now       time.Time
	spans     []weekSpan // the policy's window, as the oracle reads it
}

// weekSpan is a part of the week in minutes since Monday 00:00; to is exclusive.
type weekSpan struct{ from, to int }

const (
	ahead = 6 * 24 * 60 // minutes that the oracle looks ahead
	back  = 3 * 24 * 60 // and back: no touch and no period reaches further
)

// worlds makes questions about a few days around a change of the clocks.
var worlds = rapid.Custom(func(t *rapid.T) world {
	zone := rapid.SampledFrom([]*time.Location{time.UTC, newYork, berlin, auckland}).Draw(t, "zone")
	w := world{now: rapid.SampledFrom([]time.Time{
		noon, time.Date(2026, 3, 8, 4, 50, 0, 0, time.UTC), time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC),
		time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC), time.Date(2026, 4, 4, 13, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 22, 0, 0, 0, time.UTC),
	}).Draw(t, "day").Add(minutes(rapid.IntRange(-90, 90).Draw(t, "minute")))}
	w.facts = governor.Facts{
		Contact: "c1", Account: "a1", Address: andante.AddressHash(rapid.SampledFrom([]string{"", "d1", "d1"}).Draw(t, "address")),
		Stage: rapid.SampledFrom([]string{"", "prospect", "customer"}).Draw(t, "stage"), Zones: []*time.Location{zone},
	}
	w.policy.Points = map[andante.Kind]float64{andante.Email: 1, andante.SMS: 2, andante.Call: 3}
	w.policy.Limits = rapid.SliceOfN(someLimit, 0, 3).Draw(t, "limits")
	w.policy.Gaps = rapid.SliceOfN(someGap, 0, 2).Draw(t, "gaps")
	if rapid.Bool().Draw(t, "windowed") {
		w.addWindow(rapid.IntRange(0, 20).Draw(t, "opens"), rapid.IntRange(1, 200).Draw(t, "minutes"))
	}
	w.candidate = governor.Candidate{
		ID: "candidate", Kind: someKind.Draw(t, "kind"), Purpose: somePurpose.Draw(t, "purpose"), Holds: minutes(rapid.IntRange(0, 4).Draw(t, "holds")),
	}
	if valid := rapid.IntRange(-1, 2000).Draw(t, "valid"); valid > 0 {
		w.candidate.Stale = w.now.Add(minutes(valid))
	}
	for i := range rapid.IntRange(0, 9).Draw(t, "touches") {
		w.facts.Touches = append(w.facts.Touches, someTouch(t, fmt.Sprint("t", i), w))
	}
	return w
})

var (
	someKind    = rapid.SampledFrom([]andante.Kind{andante.Email, andante.Email, andante.SMS, andante.Call})
	somePurpose = rapid.SampledFrom([]andante.Purpose{andante.Marketing, andante.Marketing, andante.Relationship, andante.Requested})
	someWho     = rapid.SampledFrom([]governor.Who{{}, {}, {Stages: []string{"prospect"}}})
	someLimit   = rapid.Custom(func(t *rapid.T) governor.Limit {
		l := governor.Limit{
			Name: "limit", Scope: rapid.SampledFrom(governor.Scopes).Draw(t, "scope"), Who: someWho.Draw(t, "who"),
			Count: governor.Count{Requested: rapid.Bool().Draw(t, "requested")},
		}
		if rapid.Bool().Draw(t, "by kind") {
			l.Count.Kinds = []andante.Kind{someKind.Draw(t, "kind")}
		}
		if rapid.IntRange(0, 3).Draw(t, "by purpose") == 0 {
			l.Count.Purposes = []andante.Purpose{andante.Marketing}
		}
		if rapid.IntRange(0, 3).Draw(t, "calendar") == 0 {
			l.Per = unit(rapid.SampledFrom([]string{"day", "day", "week", "month", "year"}).Draw(t, "unit"))
		} else {
			l.Per = rolling(minutes(rapid.IntRange(1, 300).Draw(t, "per")))
		}
		if rapid.IntRange(0, 3).Draw(t, "by points") == 0 {
			l.MaxPoints = float64(rapid.IntRange(1, 8).Draw(t, "points"))
		} else {
			l.Max = rapid.IntRange(1, 4).Draw(t, "max")
		}
		return l
	})
	someGap = rapid.Custom(func(t *rapid.T) governor.Gap {
		g := governor.Gap{Who: someWho.Draw(t, "who"), Min: rolling(minutes(rapid.IntRange(1, 120).Draw(t, "min")))}
		if rapid.Bool().Draw(t, "pair") {
			g.Between = [2]andante.Kind{someKind.Draw(t, "one"), someKind.Draw(t, "other")}
		}
		return g
	})
)

// someTouch is often close to where a period that ends or begins now has its other
// end: that is where mistakes are made.
func someTouch(t *rapid.T, id string, w world) governor.Touch {
	at := rapid.IntRange(-320, 400).Draw(t, "at")
	if lengths := w.lengths(); len(lengths) > 0 && rapid.Bool().Draw(t, "at an edge") {
		at = rapid.SampledFrom(lengths).Draw(t, "length")*rapid.SampledFrom([]int{-1, 1}).Draw(t, "side") + rapid.IntRange(-6, 6).Draw(t, "near")
	}
	x := governor.Touch{
		ID: andante.TouchID(id), Contact: rapid.SampledFrom([]andante.ContactID{"c1", "c1", "c2"}).Draw(t, "contact"),
		Account: rapid.SampledFrom([]andante.AccountID{"a1", "a1", "a2"}).Draw(t, "account"),
		Address: rapid.SampledFrom([]andante.AddressHash{"", "d1", "d2"}).Draw(t, "address"),
		Kind:    someKind.Draw(t, "kind"), Purpose: somePurpose.Draw(t, "purpose"), At: w.now.Add(minutes(at)),
	}
	if rapid.IntRange(0, 3).Draw(t, "in flight") == 0 {
		x.From = x.At.Add(-minutes(rapid.IntRange(0, 5).Draw(t, "for")))
	}
	return x
}

// lengths returns the rolling periods and the gaps of the policy in minutes.
func (w world) lengths() (list []int) {
	for _, l := range w.policy.Limits {
		if l.Per.Unit == "" {
			list = append(list, int(l.Per.Length/time.Minute))
		}
	}
	for _, g := range w.policy.Gaps {
		list = append(list, int(g.Min.Length/time.Minute))
	}
	return list
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// addWindow opens every day but Wednesday for some minutes from an hour on.
func (w *world) addWindow(hour, length int) {
	from := hour * 60
	to := min(from+length, 24*60)
	written := fmt.Sprintf("Thu-Tue %02d:%02d-%02d:%02d", from/60, from%60, to/60, to%60)
	w.policy.Windows = []governor.WindowRule{{Window: window(written)}}
	for weekday := range 7 {
		if weekday != 2 {
			w.spans = append(w.spans, weekSpan{weekday*24*60 + from, weekday*24*60 + to})
		}
	}
}

// An oracle answers by looking at every minute. It is written from what the
// documentation promises and shares nothing with the code.
type oracle struct {
	w     world
	loads []func(first, last int) bool // one per rule: does [first, last] hold a bad minute?
}

// at returns the instant of a minute; minute 0 is now.
func (o *oracle) at(minute int) time.Time { return o.w.now.Add(minutes(minute)) }

// minute returns the minute of an instant.
func (o *oracle) minute(t time.Time) int { return int(t.Sub(o.w.now) / time.Minute) }

func newOracle(w world) *oracle {
	o := &oracle{w: w}
	if w.candidate.Purpose == andante.Requested {
		return o
	}
	for _, l := range w.policy.Limits {
		if o.matches(l.Who) && counts(l.Count, w.candidate.Kind, w.candidate.Purpose) {
			o.loads = append(o.loads, o.limit(l))
		}
	}
	o.loads = append(o.loads, o.gaps)
	return o
}

func (o *oracle) matches(w governor.Who) bool {
	return len(w.Stages) == 0 || slices.Contains(w.Stages, o.w.facts.Stage)
}

func counts(c governor.Count, k andante.Kind, p andante.Purpose) bool {
	switch {
	case p == andante.Requested && !c.Requested:
		return false
	case len(c.Kinds) > 0 && !slices.Contains(c.Kinds, k):
		return false
	}
	return len(c.Purposes) == 0 || slices.Contains(c.Purposes, p)
}

// limit returns whether some t of [first, last] lies in a period, (x-P, x] or a
// calendar unit, that is over its maximum with the candidate.
func (o *oracle) limit(l governor.Limit) func(first, last int) bool {
	weigh := func(k andante.Kind) float64 { return 1 }
	most := float64(l.Max)
	if l.MaxPoints > 0 {
		weigh, most = func(k andante.Kind) float64 { return o.w.policy.Points[k] }, l.MaxPoints
	}
	// within sums what may lie in a period, told by whether it holds a minute.
	within := func(holds func(minute int) bool) float64 {
		sum := weigh(o.w.candidate.Kind)
		for _, x := range o.w.facts.Touches {
			if !o.inScope(l.Scope, x) || !counts(l.Count, x.Kind, x.Purpose) {
				continue
			}
			from := x.From
			if from.IsZero() {
				from = x.At
			}
			for m := o.minute(from); m <= o.minute(x.At); m++ {
				if holds(m) {
					sum += weigh(x.Kind)
					break
				}
			}
		}
		return sum
	}
	if l.Per.Unit != "" {
		verdicts := map[string]bool{}
		return func(first, last int) bool {
			for t := first; t <= last; t++ {
				name := o.unitOf(l.Per.Unit, t)
				bad, known := verdicts[name]
				if !known {
					bad = within(func(m int) bool { return o.unitOf(l.Per.Unit, m) == name }) > most
					verdicts[name] = bad
				}
				if bad {
					return true
				}
			}
			return false
		}
	}
	length := int(l.Per.Length / time.Minute)
	bad := make([]bool, ahead+back)
	for x := range bad { // every period (x - P, x]
		if within(func(m int) bool { return x-length < m && m <= x }) > most {
			for t := max(x-length+1, 0); t <= x; t++ {
				bad[t] = true
			}
		}
	}
	return func(first, last int) bool { return slices.Contains(bad[first:last+1], true) }
}

func (o *oracle) inScope(s governor.Scope, x governor.Touch) bool {
	switch s {
	case governor.ScopeAccount:
		return x.Account == o.w.facts.Account
	case governor.ScopeAddress:
		return x.Address != "" && x.Address == o.w.facts.Address
	}
	return x.Contact == o.w.facts.Contact
}

func (o *oracle) unitOf(unit string, minute int) string {
	local := o.at(minute).In(o.w.facts.Zones[0])
	switch unit {
	case "day":
		return local.Format(time.DateOnly)
	case "week":
		year, week := local.ISOWeek()
		return fmt.Sprint(year, week)
	case "month":
		return local.Format("2006-01")
	}
	return local.Format("2006")
}

// gaps tells whether some t of [first, last] lies nearer than its gap to a touch.
func (o *oracle) gaps(first, last int) bool {
	for _, x := range o.w.facts.Touches {
		if x.Contact != o.w.facts.Contact || x.Purpose == andante.Requested {
			continue
		}
		i := slices.IndexFunc(o.w.policy.Gaps, func(g governor.Gap) bool {
			pair := []andante.Kind{o.w.candidate.Kind, x.Kind}
			fits := g.Between == [2]andante.Kind{} || slices.Equal(g.Between[:], pair) || slices.Equal(g.Between[:], []andante.Kind{pair[1], pair[0]})
			return fits && o.matches(g.Who)
		})
		if i < 0 {
			continue
		}
		from := x.From
		if from.IsZero() {
			from = x.At
		}
		for t := first; t <= last; t++ {
			for m := o.minute(from); m <= o.minute(x.At); m++ {
				if minutes(max(t-m, m-t)) < o.w.policy.Gaps[i].Min.Length {
					return true
				}
			}
		}
	}
	return false
}

func (o *oracle) open(minute int) bool {
	if o.w.spans == nil || o.w.candidate.Purpose == andante.Requested && o.w.candidate.Kind == andante.Email {
		return true
	}
	local := o.at(minute).In(o.w.facts.Zones[0])
	since := (int(local.Weekday())+6)%7*24*60 + local.Hour()*60 + local.Minute()
	return slices.ContainsFunc(o.w.spans, func(s weekSpan) bool { return s.from <= since && since < s.to })
}

// notAfter returns the last minute at which a touch that goes at t may be written.
func (o *oracle) notAfter(t int) int {
	end := t
	for end < t+int(o.w.candidate.Holds/time.Minute) && o.open(end) && !o.stale(end) {
		end++
	}
	return end
}

func (o *oracle) stale(minute int) bool {
	return !o.w.candidate.Stale.IsZero() && !o.at(minute).Before(o.w.candidate.Stale)
}

// admits tells whether the candidate may go at a minute.
func (o *oracle) admits(t int) bool {
	if !o.open(t) || o.stale(t) {
		return false
	}
	end := o.notAfter(t)
	return !slices.ContainsFunc(o.loads, func(bad func(first, last int) bool) bool { return bad(t, end) })
}

// first returns the first minute that admits the candidate; false if none does as
// far as the oracle looks.
func (o *oracle) first() (int, bool) {
	for t := range ahead {
		if o.admits(t) {
			return t, true
		}
	}
	return 0, false
}
