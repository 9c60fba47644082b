package workspace

import (
	"maps"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
)

// checkTexts compiles every text that some reader may get: each persona, variant
// and language for which blocks are written.
func checkTexts(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for i := range q.Steps {
			s := &q.Steps[i]
			if s.Kind == andante.Decide || s.Kind == "" { // a kind that is none has its finding already
				continue
			}
			found = append(found, w.checkStep(q, s)...)
		}
		return found
	})
}

func (w *Workspace) checkStep(q *sequences.Sequence, s *sequences.Step) (found []*andante.Finding) {
	seen := map[string]bool{}
	for _, k := range w.readers(q, s) {
		text := s.Compose(k.persona, k.variant, k.lang, k.kind)
		if id := string(k.kind) + "\x00" + text.Subject + "\x00" + text.Preview + "\x00" + text.Body; seen[id] {
			continue
		} else {
			seen[id] = true
		}
		t, f := w.compile(q, s, k)
		found = append(found, f...)
		if t == nil || len(Errors(f)) > 0 {
			continue
		}
		for _, u := range t.Uses() {
			if !u.Guarded && !slices.Contains(s.Needs, u.Path) && mayBeEmpty(u.Path, w.Config.DeclaredFields()) {
				b := in(q, "bare-field", sequences.Position{Line: u.Line, Column: u.Column}, "%s may be empty", u.Path)
				b.Suggestion = "write {{ " + u.Path + ` | default: "..." }}, an {% if %} around it, or needs: [` + u.Path + "]"
				found = append(found, b)
			}
		}
	}
	return found
}

// readers lists the groups of readers whose texts may differ.
func (w *Workspace) readers(q *sequences.Sequence, s *sequences.Step) []textKey {
	personas := q.Personas
	if len(personas) == 0 {
		personas = append(slices.Sorted(maps.Keys(w.Config.Personas)), "")
	}
	variants, langs, kinds := []string{""}, []string{""}, []andante.Kind{s.Kind}
	if q.Test != nil {
		variants = nil
		for _, v := range q.Test.Variants {
			variants = append(variants, v.Name)
		}
	}
	for _, b := range s.Body {
		if b.For.Lang != "" {
			langs = append(langs, b.For.Lang)
		}
		if b.For.Kind != "" {
			kinds = append(kinds, b.For.Kind)
		}
	}
	langs, kinds = once(langs), once(kinds)
	var list []textKey
	for _, p := range personas {
		for _, v := range variants {
			for _, l := range langs {
				for _, k := range kinds {
					list = append(list, textKey{q.Hash, s.ID, p, v, l, k})
				}
			}
		}
	}
	return list
}

// mayBeEmpty tells whether a contact can lack the field.
func mayBeEmpty(path string, declared []andante.Field) bool {
	f, ok := fieldAt(path, slices.Concat(andante.BuiltinFields, declared))
	return ok && !f.Filled
}

// once returns each of a list once, sorted.
func once[T ~string](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}
