package sequences

import (
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// Due returns when the step comes, counted from the instant at which the step
// before it was settled (or the contact entered). hours are those of the
// contact, narrowed by the sequence and the step, off the days that are no business
// days where it lives (hours may be open on them); fraction, in [0, 1), is the
// touch's own and spreads touches over the first three open hours wherever many
// would otherwise come at once: at the opening of a window, and where `at:` names
// the hours. Elsewhere a step keeps the hour of the one before. False if nothing
// opens within 400 days.
//
// Due times are whole minutes, so that those of one minute go in one batch; only what
// comes at once need not wait for one.
func (s *Step) Due(from time.Time, hours calendar.Hours, off calendar.Holidays, fraction float64) (time.Time, bool) {
	base := from
	if s.After != nil {
		base = s.After.From(from, hours.Zones[0], off)
	}
	if !base.Equal(from) {
		base = wholeMinute(base)
	}
	opens, _, ok := hours.Next(base)
	if !ok {
		return time.Time{}, false
	}
	if opens.Equal(base) && s.At == nil {
		return base, true
	}
	return hours.Spread(opens, fraction)
}

// wholeMinute rounds up, so that nothing comes before its time.
func wholeMinute(t time.Time) time.Time {
	if r := t.Truncate(time.Minute); !r.Equal(t) {
		return r.Add(time.Minute)
	}
	return t
}

// StaleAt returns when the touch is too late to be of use; the zero time if the
// step does not say.
func (s *Step) StaleAt(firstDue time.Time, zone *time.Location, off calendar.Holidays) time.Time {
	if valid, ok := s.UsefulFor(); ok {
		return valid.From(firstDue, zone, off)
	}
	return time.Time{}
}

// UsefulFor returns how long the step's touch is of use: its valid_for or, on an occasion,
// two days, for nobody congratulates long after the day. False: for good.
func (s *Step) UsefulFor() (calendar.Offset, bool) {
	switch {
	case s.ValidFor != nil:
		return *s.ValidFor, true
	case s.On != "":
		return calendar.Offset{Days: 2, Written: "2d"}, true
	}
	return calendar.Offset{}, false
}

// NarrowAs returns them for a touch that goes as a kind: the step's own hours are those of
// its own kind.
func (q *Sequence) NarrowAs(s *Step, k andante.Kind) []calendar.Window {
	if k == s.Kind {
		return q.Narrow(s)
	}
	return q.Narrow(&Step{})
}

// Narrow returns the windows by which sequence and step narrow the policy's.
func (q *Sequence) Narrow(s *Step) []calendar.Window {
	var list []calendar.Window
	if q.Window != nil {
		list = append(list, *q.Window)
	}
	if s.At != nil {
		list = append(list, *s.At)
	}
	return list
}
