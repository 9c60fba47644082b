package workspace

import (
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
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
