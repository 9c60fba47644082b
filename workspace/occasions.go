package workspace

import (
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
)

// checkOccasions wants a date field wherever a day is taken from a field.
func checkOccasions(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		check := func(o sequences.Occasion, err error, at sequences.Position) {
			if err == nil && o.Field != "" {
				found = append(found, w.dateField(q, o.Field, at)...)
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
