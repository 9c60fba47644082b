package sequences

import (
	"cmp"
	"fmt"
	"slices"
)

// A Note tells an author something that is no mistake.
type Note struct {
	Line    int
	Key     string
	Message string
}

// NotYet lists the keys of a step that would go wrong for want of their effect, so
// that nothing goes out: a step that waits for a date or an event must not come at
// once, nor a mail go unread by its reviewer or without its attachment.
var NotYet = []string{"cc"}

// Keys that are read and checked, and that nothing acts on yet.
var (
	idleFrontKeys = []string{}
	idleStepKeys  = []string{}
)

// idleFunctions ask for what nothing reports yet.
var idleFunctions = []string{"opened", "clicked"}

// notes gathers what has no effect.
type notes []Note

func (n *notes) add(at Position, key, format string, args ...any) {
	*n = append(*n, Note{Line: at.Line, Key: key, Message: fmt.Sprintf(format, args...)})
}

// NoEffect lists what is written and has no effect yet, in the order of the
// file, so that nobody relies on it.
func (s *Sequence) NoEffect() []Note {
	var list notes
	for _, key := range idleFrontKeys {
		if s.Has(key) {
			list.add(s.where(key), key, "`%s` has no effect yet", key)
		}
	}
	s.conditions(func(c written) {
		for _, f := range idleFunctions {
			if at, ok := callOf(f, c.src); ok {
				list.add(c.at.forward(c.src, at), f, "`%s()` has no effect yet: nothing feeds it, so it is always no or empty", f)
			}
		}
	})
	for i := range s.Steps {
		s.Steps[i].noEffect(&list)
	}
	slices.SortStableFunc(list, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	return list
}

func (s *Step) noEffect(list *notes) {
	for _, key := range NotYet {
		if s.Has(key) {
			list.add(s.where(key), key, "`%s` has no effect yet: the step is skipped", key)
		}
	}
	for _, key := range idleStepKeys {
		if s.Has(key) {
			list.add(s.where(key), key, "`%s` has no effect yet", key)
		}
	}
}
