package workspace

import (
	"fmt"
	"maps"
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
	for _, key := range slices.Sorted(maps.Keys(w.Config.Departments)) {
		if d := w.Config.Departments[key]; len(d.Answers) > 0 || d.Within != nil {
			list = append(list, ConfigFile+": departments: answers and within have no effect yet")
			break
		}
	}
	slices.SortFunc(list, strings.Compare)
	return list
}
