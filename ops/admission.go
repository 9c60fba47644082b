package ops

import (
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/workspace"
)

// notFor returns the reason why the sequence is not for a contact; empty if it is.
func notFor(q *sequences.Sequence, c andante.Contact, a andante.Account) andante.Reason {
	switch {
	case len(q.Personas) > 0 && !slices.Contains(q.Personas, c.Persona):
		return andante.ReasonWrongPersona
	case len(q.Stages) > 0 && !slices.Contains(q.Stages, a.StageOf(c)):
		return andante.ReasonWrongStage
	}
	return ""
}

// refusal returns the reason why the contact may not enter; empty if it may.
func (e *enrolling) refusal(c andante.Contact, a andante.Account) andante.Reason {
	if e.q.Retired {
		return andante.ReasonRetired
	}
	if reason := notFor(e.q, c, a); reason != "" {
		return reason
	}
	if c.ByHand && slices.Contains(byThemselves, e.r.Cause) {
		return andante.ReasonByHand
	}
	if e.q.For == sequences.PrimaryContact && e.primary[a.ID] != c.ID {
		return andante.ReasonNotPrimary
	}
	if reason := e.refusedByHistory(c, a); reason != "" {
		return reason
	}
	if reason := e.refusedByBars(c, a); reason != "" {
		return reason
	}
	if e.q.Account.AtOnce > 0 && e.active[a.ID] >= e.q.Account.AtOnce {
		return andante.ReasonAtOnce
	}
	return ""
}

// byThemselves are the causes that no person and nothing of the contact's own doing stands behind.
var byThemselves = []string{andante.CauseRule, andante.CauseDate, andante.CauseStage, andante.CauseCadence, andante.CauseAdopted}

// halfYear is how long somebody has been in a sequence at least whom next year's date lets in
// again.
const halfYear = 180 * 24 * time.Hour

func (e *enrolling) refusedByHistory(c andante.Contact, a andante.Account) andante.Reason {
	for _, x := range e.history[c.ID] {
		live := x.State != andante.EnrollmentFinished
		switch {
		case x.Sequence == e.q.Name && live:
			return andante.ReasonAlready
		case x.Sequence == e.q.Name && e.r.each != nil && x.Cause == andante.CauseDate && e.p.now.Sub(x.Entered) <= halfYear: // for the same date
			return andante.ReasonReenter
		case x.Sequence == e.q.Name && e.q.Reenter == nil && e.r.each != nil && e.p.now.Sub(x.Entered) > halfYear: // its day comes each year
		case x.Sequence == e.q.Name && e.q.Reenter == nil:
			return andante.ReasonReenter
		case x.Sequence == e.q.Name && e.q.Reenter != nil && e.p.now.Before(e.mayReenter(x, c, a)):
			return andante.ReasonReenter
		case live && e.q.Exclusive != "" && x.Exclusive == e.q.Exclusive:
			return andante.ReasonExclusive
		}
	}
	return ""
}

// mayReenter returns from when on the contact may enter again, by its own calendar.
func (e *enrolling) mayReenter(x andante.Enrollment, c andante.Contact, a andante.Account) time.Time {
	facts := e.p.w.Facts(c, a)
	return e.q.Reenter.From(x.Finished, facts.Zones[0], facts.Holidays)
}

// refusedByBars bars those who may not get any of the sequence's kinds.
func (e *enrolling) refusedByBars(c andante.Contact, a andante.Account) andante.Reason {
	kinds := e.q.Kinds()
	bars := e.barsOf(kinds, c, a)
	e.withheld = slices.Clone(bars)
	bars = slices.DeleteFunc(bars, func(b bar) bool { return b.why == andante.ReasonNoAddress }) // the step may go otherwise
	if len(bars) < len(kinds) || len(kinds) == 0 {
		return ""
	}
	for _, b := range bars {
		if b.why == andante.ReasonNoConsent {
			e.rep.Needs[b.text]++
		}
	}
	return bars[len(bars)-1].why
}

// noteWithout tells which kinds somebody who has just been let in may not get: their steps are
// passed over.
func (e *enrolling) noteWithout() {
	for _, b := range e.withheld {
		e.rep.Without[b.text]++
	}
}

// A bar keeps a kind from somebody.
type bar struct {
	why  andante.Reason
	text string
}

func (e *enrolling) barsOf(kinds []andante.Kind, c andante.Contact, a andante.Account) (list []bar) {
	country := e.p.w.Facts(c, a).Country
	for _, k := range kinds {
		switch why, needed := e.barredFrom(k, c, country, a.Tier); why {
		case "":
		case andante.ReasonNoConsent:
			list = append(list, bar{why, fmt.Sprintf("%s in %s: one of %v", k, orUnknown(country), needed)})
		default:
			list = append(list, bar{why, fmt.Sprintf("%s: %s", k, why.Text())})
		}
		if at, no := e.p.w.Config.NoTextsTo(c.Phone); k == andante.SMS && no {
			list = append(list, bar{andante.ReasonNoAddress, fmt.Sprintf("%s: none go to %s (channels.sms.countries)", k, at)})
		}
	}
	return list
}

func orUnknown(country string) string {
	if country == "" {
		return "an unknown country"
	}
	return country
}

func (e *enrolling) barredFrom(k andante.Kind, c andante.Contact, country, tier string) (andante.Reason, []workspace.Need) {
	bars := e.barred[c.ID]
	if hash := e.o.Keys.Hash(c.AddressFor(k)); hash != "" {
		bars = slices.Concat(bars, e.byHash[hash])
	}
	if slices.ContainsFunc(bars, func(s andante.Suppression) bool { return s.Covers(k, e.q.Purpose) }) {
		return andante.ReasonSuppressed, nil
	}
	ok, needed := e.p.w.Consent.Allows(k, e.q.Purpose, country, tier, e.consents[c.ID], e.p.now)
	if !ok {
		return andante.ReasonNoConsent, needed
	}
	return "", nil
}
