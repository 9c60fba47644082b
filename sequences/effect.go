package sequences

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/andante-hq/andante"
)

// A Note tells an author something that is no mistake.
type Note struct {
	Line    int
	Key     string
	Message string
}

// Keys that are read and checked, and that nothing acts on yet.
var (
	idleFrontKeys = []string{"enter"}
	idleStepKeys  = []string{
		"on", "wait_for", "up_to", "then", "no_answer", "if_undone", "review",
		"attach", "cc", "front", "label", "introduction",
	}
)

// NoEffect lists what is written and has no effect yet, in the order of the
// file, so that nobody relies on it.
func (s *Sequence) NoEffect() []Note {
	var notes []Note
	add := func(at Position, key, format string, args ...any) {
		notes = append(notes, Note{Line: at.Line, Key: key, Message: fmt.Sprintf(format, args...)})
	}
	for _, key := range idleFrontKeys {
		if s.Has(key) {
			add(s.where(key), key, "`%s` has no effect yet", key)
		}
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		switch step.Kind {
		case andante.Email, "":
		case andante.Decide:
			add(step.where("kind"), "kind", "`decide` has no effect yet")
		default:
			add(step.where("kind"), "kind", "%s: has no channel yet", step.Kind)
		}
		for _, key := range idleStepKeys {
			if step.Has(key) {
				add(step.where(key), key, "`%s` has no effect yet", key)
			}
		}
		if step.IfMissing.Do == "switch" {
			add(step.where("if_missing"), "if_missing", "`if_missing: switch` has no effect yet")
		}
		if step.OverLimit.Do == "switch" {
			add(step.where("over_limit"), "over_limit", "`over_limit: switch` has no effect yet")
		}
	}
	slices.SortStableFunc(notes, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	return notes
}
