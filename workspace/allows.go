package workspace

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
)

// checkAllows looks at the comments by which authors allow findings, where every rule
// is known: a name that does not exist allows nothing, and an error of this package or
// of a text can't be allowed.
func checkAllows(w *Workspace) []*andante.Finding {
	names := map[string]bool{} // every rule → it can be allowed
	for _, r := range sequences.Rules() {
		names[r.Name] = !r.Firm
	}
	for _, r := range rules {
		if _, there := names[r.Name]; !there {
			names[r.Name] = r.Severity == andante.SeverityWarning || sequences.Allowable(r.Name)
		}
	}
	for _, r := range templates.Rules() {
		if _, there := names[r.Name]; !there {
			names[r.Name] = r.Severity == andante.SeverityWarning
		}
	}
	var all []string
	for name := range names {
		all = append(all, name)
	}
	slices.Sort(all)
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for _, a := range q.Allows {
			may, known := names[a.Rule]
			at := sequences.Position{Line: a.Line, Column: 1}
			switch {
			case !known:
				f := in(q, "silence", at, "there is no rule %s", a.Rule)
				if near := nearest.Name(a.Rule, all); near != "" {
					f.Suggestion = "did you mean " + near + "?"
				}
				found = append(found, f)
			case !may:
				found = append(found, in(q, "silence", at, "%s can't be allowed", a.Rule))
			}
		}
		return found
	})
}

// checkIgnored warns of files that somebody may think are read.
func checkIgnored(w *Workspace) (found []*andante.Finding) {
	known := []string{ConfigFile, PolicyFile, CadenceFile, ConsentFile}
	warn := func(name, format string, args ...any) {
		found = append(found, &andante.Finding{
			File: name, Line: 1, Column: 1, Severity: andante.SeverityWarning, Rule: "ignored-file", Message: fmt.Sprintf(format, args...),
		})
	}
	for _, name := range w.beside {
		if near := nearest.Name(name, known); near != "" && w.Files[near] == nil {
			warn(name, "this file is not read; did you mean %s?", near)
		}
	}
	for _, name := range sortedKeys(w.Files) {
		if folder, _, _ := strings.Cut(name, "/"); folder != "sequences" || path.Dir(name) == "sequences" && path.Ext(name) == ".md" {
			continue
		}
		warn(name, "this file is not read: a sequence is a file sequences/NAME.md")
	}
	return found
}
