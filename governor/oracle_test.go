package governor_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
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
	back  = 5 * 24 * 60 // and back: no touch, no period and no landing reaches further
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
	w.policy.CoolDowns = rapid.SliceOfN(someCoolDown, 0, 2).Draw(t, "cool-downs")
	w.policy.Ease = rapid.SliceOfN(someEase, 0, 2).Draw(t, "ease")
	if rapid.IntRange(0, 3).Draw(t, "by post") == 0 {
		travels := calendar.Offset{Days: 1}
		if rapid.Bool().Draw(t, "on business days") {
			travels = calendar.Offset{BusinessDays: rapid.IntRange(1, 2).Draw(t, "days")}
		}
		w.policy.Landing = map[andante.Kind]calendar.Offset{someKind.Draw(t, "posted"): travels}
	}
	if rapid.Bool().Draw(t, "windowed") {
		w.addWindow(rapid.IntRange(0, 20).Draw(t, "opens"), rapid.IntRange(1, 200).Draw(t, "minutes"))
	}
	w.facts.Signals, w.facts.Together = someSignals(t, w.now), someSignals(t, w.now)
	if rapid.IntRange(0, 5).Draw(t, "pauses") == 0 {
		w.facts.Choice.Pause = w.now.Add(minutes(rapid.IntRange(-10, 3000).Draw(t, "pause")))
	}
	if rapid.IntRange(0, 3).Draw(t, "chose") == 0 {
		w.facts.Own = []governor.Limit{{Name: "own", Max: 1, Per: rolling(minutes(rapid.IntRange(1, 300).Draw(t, "own"))), Reason: andante.ReasonChoice}}
	}
	w.candidate = governor.Candidate{
		Priority: andante.Priority(rapid.IntRange(0, 2).Draw(t, "priority")), ID: "candidate", Kind: someKind.Draw(t, "kind"), Purpose: somePurpose.Draw(t, "purpose"), Holds: minutes(rapid.IntRange(0, 4).Draw(t, "holds")),
		Introduction: rapid.IntRange(0, 3).Draw(t, "introduces") == 0,
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
			Count: governor.Count{Requested: rapid.Bool().Draw(t, "requested"), Unanswered: rapid.Bool().Draw(t, "unanswered")},
		}
		if rapid.IntRange(0, 3).Draw(t, "reserved") == 0 {
			l.Reserve = governor.Reserve{Slots: 1, For: andante.Priority(rapid.IntRange(0, 1).Draw(t, "for"))}
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

var (
	someCoolDown = rapid.Custom(func(t *rapid.T) governor.CoolDown {
		d := governor.CoolDown{
			After: rapid.SampledFrom([]string{governor.AfterIntroduction, governor.AfterIntroduction, governor.AfterReply, governor.AfterStageChange}).Draw(t, "after"),
			Scope: rapid.SampledFrom(governor.Scopes[:2]).Draw(t, "scope"), Who: someWho.Draw(t, "who"),
			Lasts: calendar.Offset{Exact: minutes(rapid.IntRange(1, 300).Draw(t, "lasts"))},
		}
		d.UntilAnswered = rapid.Bool().Draw(t, "until answered")
		if rapid.IntRange(0, 2).Draw(t, "by kind") == 0 {
			d.By = []andante.Kind{someKind.Draw(t, "by")}
		}
		return d
	})
	someEase = rapid.Custom(func(t *rapid.T) governor.Ease {
		e := governor.Ease{Ignored: rapid.IntRange(1, 4).Draw(t, "ignored")}
		p := rolling(minutes(rapid.IntRange(1, 200).Draw(t, "apart")))
		if rapid.Bool().Draw(t, "hold") {
			e.Hold = p
		} else {
			e.Gap = p
		}
		return e
	})
)

func someSignals(t *rapid.T, now time.Time) (s andante.Signals) {
	for _, at := range []*time.Time{&s.Responded, &s.Replied, &s.Answered, &s.Met, &s.Requested, &s.Staged} {
		if rapid.IntRange(0, 3).Draw(t, "signs") == 0 {
			*at = now.Add(-minutes(rapid.IntRange(0, 320).Draw(t, "sign")))
		}
	}
	return s
}

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
	x.Introduction = rapid.IntRange(0, 3).Draw(t, "introduction") == 0
	x.Unanswered = x.Kind == andante.Call && rapid.Bool().Draw(t, "unanswered")
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
	for _, d := range w.policy.CoolDowns {
		list = append(list, int(d.Lasts.Exact/time.Minute))
	}
	for _, e := range w.policy.Ease {
		list = append(list, int(max(e.Gap.Length, e.Hold.Length)/time.Minute))
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
	loads []func(t, first, last int) bool // one per rule: if it leaves at t and lands in [first, last], is a minute of these bad?
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
	for _, l := range slices.Concat(w.policy.Limits, w.facts.Own) {
		if o.matches(l.Who) && counts(l.Count, w.candidate.Kind, w.candidate.Purpose) {
			o.loads = append(o.loads, o.limit(l))
		}
	}
	o.loads = append(o.loads, o.gaps, func(t, _, _ int) bool { return o.at(t).Before(w.facts.Choice.Pause) })
	for _, d := range w.policy.CoolDowns {
		o.loads = append(o.loads, o.coolDown(d))
	}
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
func (o *oracle) limit(l governor.Limit) func(t, first, last int) bool {
	weigh := func(k andante.Kind) float64 { return 1 }
	most := float64(l.Max)
	if l.MaxPoints > 0 {
		weigh, most = func(k andante.Kind) float64 { return o.w.policy.Points[k] }, l.MaxPoints
	}
	if o.w.candidate.Priority > l.Reserve.For {
		most -= float64(l.Reserve.Slots)
	}
	// within sums what may lie in a period, told by whether it holds a minute.
	within := func(holds func(minute int) bool) float64 {
		sum := weigh(o.w.candidate.Kind)
		for _, x := range o.w.facts.Touches {
			if !o.inScope(l.Scope, x) || !counts(l.Count, x.Kind, x.Purpose) || x.Unanswered && !l.Count.Unanswered {
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
		return func(_, first, last int) bool {
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
	return func(_, first, last int) bool { return slices.Contains(bad[first:last+1], true) }
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

// gaps tells whether some minute of [first, last] lies nearer than its gap to a touch; t
// is when the candidate leaves.
func (o *oracle) gaps(t, first, last int) bool {
	stretched := o.ease(t)
	for _, x := range o.w.facts.Touches {
		if x.Contact != o.w.facts.Contact || x.Purpose == andante.Requested || x.Unanswered {
			continue
		}
		i := slices.IndexFunc(o.w.policy.Gaps, func(g governor.Gap) bool {
			pair := []andante.Kind{o.w.candidate.Kind, x.Kind}
			fits := g.Between == [2]andante.Kind{} || slices.Equal(g.Between[:], pair) || slices.Equal(g.Between[:], []andante.Kind{pair[1], pair[0]})
			return fits && o.matches(g.Who)
		})
		apart := stretched
		if i >= 0 {
			apart = max(apart, o.w.policy.Gaps[i].Min.Length)
		}
		from := x.From
		if from.IsZero() {
			from = x.At
		}
		for t := first; t <= last; t++ {
			for m := o.minute(from); m <= o.minute(x.At); m++ {
				if minutes(max(t-m, m-t)) < apart {
					return true
				}
			}
		}
	}
	return false
}

// ease returns how far apart touches are for somebody who ignored those that may have come
// before a touch that leaves at t.
func (o *oracle) ease(t int) (apart time.Duration) {
	ignored := 0
	for _, x := range o.w.facts.Touches {
		from := x.From
		if from.IsZero() {
			from = x.At
		}
		if x.Contact == o.w.facts.Contact && x.Purpose != andante.Requested && !x.Unanswered && !from.After(o.at(o.notAfter(t))) && x.At.After(o.w.facts.Signals.Responded) {
			ignored++
		}
	}
	for _, e := range o.w.policy.Ease {
		if ignored >= e.Ignored {
			apart = max(apart, e.Gap.Length, e.Hold.Length)
		}
	}
	return apart
}

// coolDown tells whether the candidate would leave or land while it is silent.
func (o *oracle) coolDown(d governor.CoolDown) func(t, first, last int) bool {
	type silence struct{ from, end time.Time }
	var silences []silence
	sign := o.w.facts.Signals
	if d.Scope == governor.ScopeAccount {
		sign = o.w.facts.Together
	}
	add := func(from, at time.Time, over ...time.Time) {
		s := silence{from, at.Add(d.Lasts.Exact)}
		itself := d.After == governor.AfterIntroduction && from.Equal(at) // a sign at that instant is the introduction
		for _, x := range over {
			if !x.IsZero() && !x.Before(from) && !(itself && x.Equal(from)) && x.Before(s.end) {
				s.end = x
			}
		}
		silences = append(silences, s)
	}
	switch {
	case !o.matches(d.Who):
	case d.After == governor.AfterIntroduction:
		for _, x := range o.w.facts.Touches {
			from := x.At
			if !x.From.IsZero() {
				from = x.From
			}
			if x.Introduction && !x.Unanswered && o.inScope(d.Scope, x) && (len(d.By) == 0 || slices.Contains(d.By, x.Kind)) {
				add(from, x.At, sign.Replied, sign.Met, sign.Requested)
			}
		}
	case d.After == governor.AfterReply && !sign.Replied.IsZero() && o.w.candidate.Kind != andante.Call:
		answered := sign.Answered
		if !d.UntilAnswered {
			answered = time.Time{}
		}
		add(sign.Replied, sign.Replied, answered, sign.Met, sign.Requested)
	case d.After == governor.AfterStageChange && !o.w.facts.Signals.Staged.IsZero():
		add(o.w.facts.Signals.Staged, o.w.facts.Signals.Staged, sign.Replied, sign.Met, sign.Requested)
	}
	silent := func(first, last int) bool {
		return slices.ContainsFunc(silences, func(s silence) bool {
			return o.at(first).Before(s.end) && !o.at(last).Before(s.from)
		})
	}
	begins := d.After == governor.AfterIntroduction && o.matches(d.Who) && o.w.candidate.Introduction && (len(d.By) == 0 || slices.Contains(d.By, o.w.candidate.Kind))
	return func(t, first, last int) bool {
		return silent(t, o.notAfter(t)) || silent(first, last) || begins && o.interrupted(d, first, last)
	}
}

// interrupted tells whether another touch may come while it is silent after the candidate,
// which introduces.
func (o *oracle) interrupted(d governor.CoolDown, first, last int) bool {
	for _, x := range o.w.facts.Touches {
		if !o.inScope(d.Scope, x) || x.Purpose == andante.Requested || x.Unanswered {
			continue
		}
		from := x.From
		if from.IsZero() {
			from = x.At
		}
		if x.At.After(o.at(first)) && from.Before(o.at(last).Add(d.Lasts.Exact)) { // both come at any instant, not on whole minutes alone
			return true
		}
	}
	return false
}

// lands returns the minute at which the candidate counts if it leaves at one.
func (o *oracle) lands(minute int) int {
	travels, ok := o.w.policy.Landing[o.w.candidate.Kind]
	if !ok {
		return minute
	}
	day := o.at(minute).In(o.w.facts.Zones[0]).AddDate(0, 0, travels.Days)
	for n := travels.BusinessDays; n > 0; {
		if day = day.AddDate(0, 0, 1); day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			n--
		}
	}
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, day.Location())
	return o.minute(midnight.Add(12 * time.Hour))
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
	first, last := o.lands(t), o.lands(o.notAfter(t))
	return !slices.ContainsFunc(o.loads, func(bad func(t, first, last int) bool) bool { return bad(t, first, last) })
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
