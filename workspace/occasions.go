package workspace

import (
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
)

// checkOccasions wants a date field wherever a day is taken from a field.
func checkOccasions(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		check := func(o sequences.Occasion, err error, at sequences.Position) {
			switch {
			case err != nil:
			case o.Field != "":
				found = append(found, w.dateField(q, o.Field, at)...)
			case o.Holiday != "" && !slices.Contains(calendar.Feasts(), o.Holiday):
				f := in(q, "occasion", at, "there is no holiday %s", o.Holiday)
				if f.Suggestion = yamldoc.Suggest(o.Holiday, calendar.Feasts()); f.Suggestion == "" {
					f.Suggestion = "write new-year, easter, christmas, thanksgiving-day or another one by its name, or its date: each 12-24"
				}
				found = append(found, f)
			}
		}
		if q.Enter != nil && q.Enter.Each != "" {
			o, err := sequences.ParseYearly(q.Enter.Each)
			check(o, err, q.Enter.At)
		}
		for _, s := range q.Steps {
			o, err := sequences.ParseOccasion(s.On)
			check(o, err, s.Lines["on"])
		}
		return found
	})
}

func (w *Workspace) dateField(q *sequences.Sequence, path string, at sequences.Position) []*andante.Finding {
	known := slices.Concat(andante.BuiltinFields, w.Config.DeclaredFields())
	field, ok := fieldAt(path, known)
	switch {
	case ok && field.Type == andante.DateField:
		return nil
	case ok:
		return []*andante.Finding{in(q, "occasion", at, "%s is no date", path)}
	}
	var dates []string
	for _, f := range known {
		if f.Type == andante.DateField {
			dates = append(dates, f.Path())
		}
	}
	f := in(q, "occasion", at, "there is no field %s", path)
	if f.Suggestion = yamldoc.Suggest(path, dates); f.Suggestion == "" {
		f.Suggestion = "declare it under fields in andante.yaml, as a date"
	}
	return []*andante.Finding{f}
}

// Day returns the first day from an instant on, by the contact's clock, at which the
// occasion of a step comes, as midnight in UTC; false if it does not come any more, or its
// field is empty.
func (w *Workspace) Day(o sequences.Occasion, v andante.Values, f *governor.Facts, from time.Time) (time.Time, bool) {
	return o.Next(from.In(f.Zones[0]), sequences.Dates{
		Date: func(path string) (time.Time, bool) {
			value, _ := v.Get(path)
			at, ok := value.(time.Time)
			return at, ok && !at.IsZero()
		},
		Country: f.Country, Holidays: f.Holidays,
	})
}

// DueOn returns when a step leaves for its occasion within its hours, if that comes from an
// instant on: early enough to land on the day. Where this year's is too late it is the next one's.
func (w *Workspace) DueOn(s *sequences.Step, v andante.Values, f *governor.Facts, hours calendar.Hours, from time.Time, fraction float64) (time.Time, bool) {
	o, err := sequences.ParseOccasion(s.On)
	if err != nil {
		return time.Time{}, false
	}
	lands := func(t time.Time) time.Time { return w.Policy.Lands(f, s.Kind, t) }
	for at, tries := from, 0; tries < 4; tries++ {
		day, ok := w.Day(o, v, f, at)
		if !ok {
			break
		}
		if due, ok := s.DueOn(day, from, hours, fraction, lands); ok {
			return due, true
		}
		zone := f.Zones[0]
		at = calendar.StartOf(day.Year(), day.Month(), day.Day()+1, zone)
	}
	return time.Time{}, false
}
