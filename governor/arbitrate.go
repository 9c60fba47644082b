package governor

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// MostYields is how often a touch yields; then it goes, whoever else wants its place.
const MostYields = 3

// Before tells the order in which touches want a place: by priority, by when they were
// due at first, and by id.
func (c *Candidate) Before(other *Candidate) bool { return c.compare(other) < 0 }

// Yields tells whether it waits for a rival at all.
func (c *Candidate) Yields() bool {
	return c.Yielded < MostYields && c.Purpose != andante.Requested
}

// Whoever has yielded often enough comes first.
func (c *Candidate) compare(other *Candidate) int {
	if mine, theirs := c.Yielded >= MostYields, other.Yielded >= MostYields; mine != theirs {
		if mine {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(c.Priority, other.Priority), c.Due.Compare(other.Due), strings.Compare(string(c.ID), string(other.ID)))
}

// arbitrate lets the candidate yield to a rival that is more important, that would go
// within the look-ahead, and that would have to wait if the candidate went now. It then
// waits for the first place that is left beside them all, and so does a candidate that
// has to wait anyway.
func (v *view) arbitrate(alone andante.Verdict) andante.Verdict {
	if !v.candidate.Yields() {
		return alone
	}
	rivals := v.rivals()
	if len(rivals) == 0 {
		return alone
	}
	places := v.place(rivals, nil)
	if len(places) == 0 {
		return alone
	}
	to := &places[0]
	if alone.Action == andante.Go {
		own := v.own(alone)
		if to = firstHarmed(places, v.place(rivals, &own)); to == nil {
			return alone
		}
	}
	beside := v.beside(places)
	until := beside.Until
	switch {
	case beside.Action == andante.Skip: // it may wait, and is not to be lost for one that may never go
		return alone
	case beside.Action == andante.Go: // no rule of its own keeps it away: it comes after the other
		until = calendar.Later(to.At, v.start.Add(time.Minute))
	}
	if alone.Action == andante.Defer && !until.After(alone.Until) || until.UnixNano() >= v.stale { // it waits no longer than it is of use
		return alone
	}
	yielded := andante.Verdict{Action: andante.Defer, Reason: andante.ReasonYielded, Barrier: beside.Barrier, Until: until, Evidence: beside.Evidence}
	yielded.Evidence.YieldedTo = to.ID
	return yielded
}

// own is the candidate as a touch that goes now.
func (v *view) own(verdict andante.Verdict) Touch {
	f, c := v.facts, v.candidate
	return Touch{
		ID: c.ID, Contact: f.Contact, Account: f.Account, Address: f.Address, Kind: c.Kind, Purpose: c.Purpose,
		At: verdict.Counts, From: v.policy.Lands(f, c.Kind, v.start),
	}
}

// firstHarmed returns the first of the places that are lost, or come later, in a second
// list of the same rivals.
func firstHarmed(places, then []Touch) *Touch {
	for i := range places {
		again := slices.IndexFunc(then, func(t Touch) bool { return t.ID == places[i].ID })
		if again < 0 || then[again].At.After(places[i].At) {
			return &places[i]
		}
	}
	return nil
}

// beside decides with more touches on the line.
func (v *view) beside(places []Touch) andante.Verdict {
	before := len(v.marks)
	for i := range places {
		v.mark(&places[i])
	}
	verdict := v.decide()
	v.marks = v.marks[:before]
	return verdict
}

// mostRivals is how many are looked at, the soonest: an account may have thousands, and the
// others would change little.
const mostRivals = 20

// rivals returns those who come before the candidate and may want its place, the most
// important of them first.
func (v *view) rivals() []*Rival {
	until := v.policy.LookAhead.From(v.start, v.zone, v.facts.Holidays)
	colleagues := together(v.policy.Limits) || together(v.facts.Own)
	var list []*Rival
	for i := range v.facts.Rivals {
		r := &v.facts.Rivals[i]
		ours := colleagues || r.Facts.Contact == v.facts.Contact
		if ours && r.Purpose != andante.Requested && r.ID != v.candidate.ID && !r.Next.After(until) && r.Before(v.candidate) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *Rival) int { return cmp.Or(a.Next.Compare(b.Next), a.compare(&b.Candidate)) })
	list = list[:min(len(list), 2*mostRivals)]
	list = slices.DeleteFunc(list, func(r *Rival) bool { return v.counts(r.ID) })
	list = list[:min(len(list), mostRivals)]
	slices.SortFunc(list, func(a, b *Rival) int { return a.compare(&b.Candidate) })
	return list
}

// counts tells whether a touch has its place already.
func (v *view) counts(id andante.TouchID) bool {
	return slices.ContainsFunc(v.facts.Touches, func(t Touch) bool { return t.ID == id })
}

// place returns the rivals as touches at the instants at which they would go within the
// look-ahead, each beside those before it, and beside one more.
func (v *view) place(rivals []*Rival, more *Touch) (places []Touch) {
	until := v.policy.LookAhead.From(v.start, v.zone, v.facts.Holidays)
	touches := slices.Clip(v.facts.Touches)
	if more != nil {
		touches = append(touches, *more)
	}
	for _, r := range rivals {
		f := *r.Facts
		f.Touches, f.Rivals = touches, nil
		at, ok := v.policy.goes(&f, &r.Candidate, calendar.Later(r.Next, v.start))
		if !ok || at.After(until) {
			continue
		}
		t := Touch{
			ID: r.ID, Contact: f.Contact, Account: f.Account, Address: f.Address, Kind: r.Kind, Purpose: r.Purpose,
			At: v.policy.Lands(&f, r.Kind, at),
		}
		touches, places = append(touches, t), append(places, t)
	}
	return places
}

// goes returns when a touch that is looked at from an instant on would go; false: never.
func (p *Policy) goes(f *Facts, c *Candidate, from time.Time) (time.Time, bool) {
	v := p.view(f, c, from)
	if v.now >= v.stale {
		return from, false
	}
	if _, no := Refused(f.Choice, *c); no {
		return from, false
	}
	switch verdict := v.decide(); verdict.Action {
	case andante.Go:
		return from, true
	case andante.Defer:
		return verdict.Until, true
	default:
		return from, false
	}
}
