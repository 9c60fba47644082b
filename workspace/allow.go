package workspace

import (
	"maps"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
)

// severities returns every rule that a finding about a sequence may carry. Where two
// packages have a rule of one name, it is as severe as the sequences' own.
func severities() map[string]andante.Severity {
	all := map[string]andante.Severity{}
	for _, r := range templates.Rules() {
		all[r.Name] = r.Severity
	}
	for _, r := range rules {
		all[r.Name] = r.Severity
	}
	for _, r := range sequences.Rules() {
		all[r.Name] = r.Severity
	}
	return all
}

// checkAllows looks at the comments that allow findings. A sequence knows its own
// rules and has refused those of them that are firm.
func checkAllows(w *Workspace) []*andante.Finding {
	known := severities()
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for _, a := range q.Allows {
			severity, ok := known[a.Rule]
			at := sequences.Position{Line: a.Line, Column: a.Column}
			switch {
			case !ok:
				f := in(q, "silence", at, "there is no rule %s to allow", a.Rule)
				f.Suggestion = yamldoc.Suggest(a.Rule, slices.Sorted(maps.Keys(known)))
				found = append(found, f)
			case !sequences.MayAllow(a.Rule, severity):
				found = append(found, in(q, "silence", at, "%s can't be allowed", a.Rule))
			}
		}
		return found
	})
}
