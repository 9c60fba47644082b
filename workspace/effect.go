package workspace

import (
	"fmt"
	"slices"
	"strings"
)

// NoEffect lists what is written and has no effect yet, so that nobody relies on
// it.
func (w *Workspace) NoEffect() []string {
	var list []string
	for _, name := range w.Names() {
		q := w.Sequences[name]
		for _, n := range q.NoEffect() {
			list = append(list, fmt.Sprintf("%s:%d: %s", q.File, n.Line, n.Message))
		}
	}
	slices.SortFunc(list, strings.Compare)
	return list
}
