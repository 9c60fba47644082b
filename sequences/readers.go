package sequences

import (
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// A Reader is somebody for whom a step is composed: one of a group who get the same.
type Reader struct {
	Persona, Variant, Lang string
	Kind                   andante.Kind
}

// String names the reader by what tells it from the others.
func (r Reader) String() string {
	var parts []string
	for _, part := range []struct{ name, value string }{
		{"persona", r.Persona}, {"variant", r.Variant}, {"lang", r.Lang}, {"kind", string(r.Kind)},
	} {
		if part.value != "" {
			parts = append(parts, part.name+" "+part.value)
		}
	}
	if len(parts) == 0 {
		return "a reader of no persona"
	}
	return strings.Join(parts, ", ")
}

// maxReaders bounds the work for a file that names everything at once.
const maxReaders = 500

// Readers returns everybody who may get the step, as far as its texts differ, each
// once and at most 500. personas are those of the sequence, or of the workspace;
// without any, those that blocks name, and a reader of none. Kinds are those that
// the step may have, and those that blocks are written for.
func (s *Step) Readers(seq *Sequence, personas []string) []Reader {
	var named selections
	for _, b := range s.Body {
		named.add(b.For)
	}
	if len(personas) == 0 {
		personas = append([]string{""}, named.personas...)
	}
	variants := []string{""}
	if seq.Test != nil && len(named.variants) > 0 && len(seq.Test.Variants) > 0 {
		variants = nil
		for _, v := range seq.Test.Variants {
			variants = append(variants, v.Name)
		}
	}
	seen := map[Reader]bool{}
	var list []Reader
	for _, kind := range append(s.kinds(), named.kinds...) {
		for _, p := range personas {
			for _, v := range variants {
				for _, l := range append([]string{""}, named.langs...) {
					if r := (Reader{p, v, l, kind}); !seen[r] && len(list) < maxReaders {
						seen[r] = true
						list = append(list, r)
					}
				}
			}
		}
	}
	return list
}

// kinds returns the step's own kind, and those that it may switch to.
func (s *Step) kinds() []andante.Kind {
	kinds := []andante.Kind{s.Kind}
	for _, k := range []andante.Kind{s.IfMissing.Kind, s.OverLimit.Kind, s.IfUndone.Kind} {
		if k != "" && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// describe names the reader; the step's own kind goes without saying.
func (s *Step) describe(r Reader) string {
	if r.Kind == s.Kind {
		r.Kind = ""
	}
	return r.String()
}

// selections collects what blocks choose by, each once.
type selections struct {
	personas, variants, langs []string
	kinds                     []andante.Kind
}

func (n *selections) add(sel Selection) {
	for _, part := range []struct {
		list  *[]string
		value string
	}{{&n.personas, sel.Persona}, {&n.variants, sel.Variant}, {&n.langs, sel.Lang}} {
		if part.value != "" && !slices.Contains(*part.list, part.value) {
			*part.list = append(*part.list, part.value)
		}
	}
	if sel.Kind != "" && !slices.Contains(n.kinds, sel.Kind) {
		n.kinds = append(n.kinds, sel.Kind)
	}
}

func checkEmptySubject(d *draft) {
	d.steps(func(s *Step) {
		if s.Kind != andante.Email && !s.Kind.ByHuman() {
			return
		}
		if d.wrongAt(s.where("subject")) {
			return
		}
		d.firstEmpty(s, s.where("subject"), "the subject", func(t Text) string { return t.Subject }, andante.Email)
	})
}

// wrongAt tells whether what stands at the position could not be read: that has
// been reported.
func (d *draft) wrongAt(at Position) bool {
	return slices.ContainsFunc(d.found, func(f *andante.Finding) bool {
		return f.Rule == yamldoc.RuleYAML && f.Line == at.Line && f.Column == at.Column
	})
}

func checkEmptyText(d *draft) {
	d.steps(func(s *Step) {
		if s.Kind != andante.Decide && s.Kind != "" {
			d.firstEmpty(s, s.At0, "the text", Text.words, "")
		}
	})
}

// firstEmpty reports one reader of the step, and how many more, for whom a part
// of the text is empty. only is the kind that has the part; empty: every kind.
func (d *draft) firstEmpty(s *Step, at Position, part string, of func(Text) string, only andante.Kind) {
	var empty []Reader
	all := 0
	var hint string
	for _, r := range s.Readers(d.Sequence, d.Personas) {
		if only != "" && r.Kind != only || !slices.Contains(s.kinds(), r.Kind) {
			continue
		}
		all++
		if strings.TrimSpace(of(s.Compose(r.Persona, r.Variant, r.Lang, r.Kind))) == "" {
			empty = append(empty, r)
			if s.leavesHands(r.Kind) && hint == "" {
				hint = fmt.Sprintf("what a %s says is for colleagues alone: write ::: kind %s with subject: and text for who gets that", s.Kind, r.Kind)
			}
		}
	}
	switch {
	case len(empty) == 0:
	case len(empty) == all && hint == "":
		d.say(at, "%s is empty", part)
	case len(empty) == 1:
		d.say(at, "%s is empty for %s", part, s.describe(empty[0])).Suggestion = hint
	default:
		d.say(at, "%s is empty for %s, and for %d more", part, s.describe(empty[0]), len(empty)-1).Suggestion = hint
	}
}

func checkPersonaNames(d *draft) {
	if len(d.Personas) > 0 {
		d.personaBlocks(d.Personas)
	}
}

func (d *draft) personaBlocks(known []string) {
	for i := range d.Steps {
		for _, b := range d.Steps[i].Body {
			if p := b.For.Persona; p != "" && !slices.Contains(known, p) {
				d.unknown("persona", b.At, "persona", p, known)
			}
		}
	}
}

func checkVariantNames(d *draft) {
	var known []string
	if d.Test != nil {
		for _, v := range d.Test.Variants {
			known = append(known, v.Name)
		}
	}
	for i := range d.Steps {
		for _, b := range d.Steps[i].Body {
			if v := b.For.Variant; v != "" && !slices.Contains(known, v) {
				d.unknown("variant", b.At, "variant", v, known)
			}
		}
	}
}

func checkPersonaBlock(d *draft) { d.lonelyPersonas(d.Personas) }

// lonelyPersonas warns of personas without a block where others have one, and no
// otherwise serves the rest.
func (d *draft) lonelyPersonas(personas []string) {
	d.steps(func(s *Step) {
		var named selections
		served := map[int]bool{} // choices whose otherwise serves the rest
		for _, b := range s.Body {
			named.add(b.For)
			served[b.Choice] = served[b.Choice] || b.Otherwise && b.Choice > 0
		}
		at := Position{}
		for _, b := range s.Body {
			if b.For.Persona != "" && !served[b.Choice] {
				at = b.At
				break
			}
		}
		if at.Line == 0 {
			return
		}
		for _, p := range personas {
			if !slices.Contains(named.personas, p) {
				d.report("persona-block", at, "persona %s has no block of its own, as others have", p).Suggestion = "add ::: persona " + p + ", or ::: otherwise"
			}
		}
	})
}

// CheckPersonas checks the names of personas against the workspace's, and, for a
// sequence that names none, the rules about each persona's text.
func (s *Sequence) CheckPersonas(known []string) []*andante.Finding {
	d := &draft{Sequence: s, torn: make([]bool, len(s.Steps))}
	for _, p := range s.Personas {
		if !slices.Contains(known, p) {
			d.unknown("persona", s.where("personas"), "persona", p, known)
		}
	}
	if len(s.Personas) == 0 {
		d.personaBlocks(known)
		d.lonelyPersonas(known)
	}
	return s.Filter(d.found)
}
