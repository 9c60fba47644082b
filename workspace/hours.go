package workspace

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/internal/postal"
	"github.com/andante-hq/andante/sequences"
)

// checkHours finds hours that never open within the policy's, whoever the contact
// is: their steps would never go.
func checkHours(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for i := range q.Steps {
			s := &q.Steps[i]
			if s.Kind == andante.Decide || s.Kind == "" {
				continue
			}
			policy := w.windowsFor(q, s.Kind)
			switch {
			case q.Window != nil && !opens(policy, *q.Window):
				f := in(q, "never-open", q.Lines["window"], "%s never opens within the policy's hours for %s", q.Window, s.Kind)
				return []*andante.Finding{f} // each of its steps would say so again
			case s.At != nil && !opens(policy, q.Narrow(s)...):
				found = append(found, in(q, "never-open", s.Lines["at"], "%s never opens within the hours of the policy and the sequence", s.At))
			}
		}
		return found
	})
}

// windowsFor returns the policy's windows that hold for some contacts, and the empty
// one if there are contacts for whom none does.
func (w *Workspace) windowsFor(q *sequences.Sequence, k andante.Kind) (list []calendar.Window) {
	if q.Purpose == andante.Requested && k == andante.Email {
		return []calendar.Window{{}}
	}
	for _, r := range w.Policy.Windows {
		if len(r.Kinds) > 0 && !slices.Contains(r.Kinds, k) {
			continue
		}
		if list = append(list, r.Window); everybody(r.Who) {
			return list
		}
	}
	return append(list, calendar.Window{})
}

func everybody(w governor.Who) bool {
	return len(w.Stages)+len(w.Tiers)+len(w.Personas)+len(w.Countries) == 0
}

// opens tells whether hours open within one of the policy's windows.
func opens(policy []calendar.Window, narrow ...calendar.Window) bool {
	return slices.ContainsFunc(policy, func(w calendar.Window) bool {
		_, _, ok := calendar.Hours{Windows: append([]calendar.Window{w}, narrow...)}.Next(monday)
		return ok
	})
}

// officeHours are the working hours of whom none are written of.
var officeHours = must(calendar.ParseWindow("Mon-Fri 09:00-17:00"))

// WorkingHours returns when a person works, on their clock and without the holidays of the
// company's country.
func (w *Workspace) WorkingHours(key string) calendar.Hours {
	h := calendar.Hours{Windows: []calendar.Window{officeHours}, Zones: []*time.Location{w.Config.Home()}, Holidays: calendar.HolidaysOf(w.Config.Company.Country)}
	if p := w.Config.People[key]; p.Works != nil {
		h.Windows[0] = *p.Works
	}
	if id, ok := w.Config.Identity(key); ok {
		h.Zones[0] = w.ZoneOf(id)
	}
	return h
}

// PlaceOf returns where something is done: the number to call, the address to go to, or the
// link to meet at.
func (w *Workspace) PlaceOf(k andante.Kind, owner string, c andante.Contact, a andante.Account) string {
	switch k {
	case andante.Visit:
		home := w.Config.Company.Country
		to := c.Post(cmp.Or(c.Country, a.Country, home))
		if to.Street == "" {
			return c.Phone
		}
		to.Name = ""
		return strings.Join(postal.Lines(to, home), ", ")
	case andante.Video:
		return cmp.Or(w.Config.People[owner].Meeting, c.Phone)
	case andante.Call:
		return c.Phone
	case andante.Email:
		return c.Email
	}
	return ""
}
