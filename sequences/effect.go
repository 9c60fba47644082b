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

// idleFunctions ask for what nothing reports yet.
var idleFunctions = []string{"opened", "clicked"}

// NoEffect lists what is written and has no effect yet, in the order of the
// file, so that nobody relies on it.
func (s *Sequence) NoEffect() []Note {
	var list []Note
	s.conditions(func(c written) {
		for _, f := range idleFunctions {
			if at, ok := callOf(f, c.src); ok {
				list = append(list, Note{
					Line: c.at.forward(c.src, at).Line, Key: f,
					Message: fmt.Sprintf("`%s()` has no effect yet: nothing feeds it, so it is always no or empty", f),
				})
			}
		}
	})
	slices.SortStableFunc(list, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	return list
}
