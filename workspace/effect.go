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
	if len(w.Config.Departments) > 0 {
		list = append(list, ConfigFile+": departments has no effect yet")
	}
	for name := range w.Files {
		if strings.HasPrefix(name, "nuggets/") {
			list = append(list, "nuggets/: has no effect yet")
			break
		}
	}
	slices.SortFunc(list, strings.Compare)
	return list
}
