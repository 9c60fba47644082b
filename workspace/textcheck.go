package workspace

import (
	"cmp"
	"maps"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
)

// checkTexts compiles every text that some reader may get: each persona, variant
// and language for which blocks are written.
func checkTexts(w *Workspace) []*andante.Finding {
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for i := range q.Steps {
			s := &q.Steps[i]
			if s.Kind == andante.Decide || s.Kind == "" {
				continue // without a kind there is nothing to write
			}
			found = append(found, w.checkStep(q, s)...)
		}
		return found
	})
}

func (w *Workspace) checkStep(q *sequences.Sequence, s *sequences.Step) (found []*andante.Finding) {
	personas := q.Personas
	if len(personas) == 0 {
		personas = append(slices.Sorted(maps.Keys(w.Config.Personas)), "")
	}
	seen := map[string]bool{}
	for _, r := range s.Readers(q, personas) {
		text := s.Compose(r.Persona, r.Variant, r.Lang, r.Kind)
		id := string(r.Kind) + "\x00" + text.Subject + "\x00" + text.Preview + "\x00" + text.Body
		if seen[id] {
			continue
		}
		seen[id] = true
		key := textKey{q.Hash, s.ID, r.Persona, r.Variant, r.Lang, r.Kind}
		uses, f := w.templates.Check(w.source(q, s, key))
		if taken := tagLines(text); len(taken) > 0 { // what nuggets say wrong is told of them
			uses = slices.DeleteFunc(slices.Clone(uses), func(u templates.Use) bool { return taken[u.Line] })
			f = slices.DeleteFunc(slices.Clone(f), func(f *andante.Finding) bool { return f.File == q.File && taken[f.Line] })
		}
		found = append(found, unsaid(placed(q, s, f), text, r.Kind)...)
		found = append(found, w.bareFields(q, s, r.Kind, uses)...)
		if r.Kind == andante.SMS {
			found = append(found, w.textFindings(q, s, text, cmp.Or(r.Lang, w.Config.Company.Language))...)
		}
		if r.Kind.Mailed() {
			found = append(found, w.cardFindings(q, s, key)...)
		}
	}
	return found
}

// unsaid leaves out what the sequence has said of an empty subject or text.
func unsaid(found []*andante.Finding, text sequences.Text, kind andante.Kind) []*andante.Finding {
	noSubject, noBody := text.Lacks(kind)
	return slices.DeleteFunc(slices.Clone(found), func(f *andante.Finding) bool {
		return noSubject && f.Rule == "empty-subject" || noBody && f.Rule == "no-text"
	})
}

// bareFields reports fields of a text that a contact may lack.
func (w *Workspace) bareFields(q *sequences.Sequence, s *sequences.Step, kind andante.Kind, uses []templates.Use) (found []*andante.Finding) {
	for _, u := range uses {
		if w.bare(u) && !slices.Contains(s.NeedsAs(kind), u.Path) {
			b := in(q, "bare-field", sequences.Position{Line: u.Line, Column: u.Column}, "%s may be empty", u.Path)
			b.Suggestion = "write {{ " + u.Path + ` | default: "..." }}, an {% if %} around it, or needs: [` + u.Path + "]"
			found = append(found, b)
		}
	}
	return found
}

// bare tells whether a text uses a field as if everybody had it, and some lack it.
func (w *Workspace) bare(u templates.Use) bool {
	return !u.Guarded && mayBeEmpty(u.Path, w.Config.DeclaredFields())
}

// mayBeEmpty tells whether a contact can lack the field.
func mayBeEmpty(path string, declared []andante.Field) bool {
	f, ok := fieldAt(path, slices.Concat(andante.BuiltinFields, declared))
	return ok && !f.Filled
}
