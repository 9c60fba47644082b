package workspace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante/governor"
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
	for key, written := range map[string]bool{
		"cool_down": len(w.Policy.CoolDowns) > 0, "ease": len(w.Policy.Ease) > 0, "landing": len(w.Policy.Landing) > 0, "look_ahead": !w.Policy.LookAhead.IsZero(),
		"count.unanswered": slices.ContainsFunc(w.Policy.Limits, func(l governor.Limit) bool { return l.Count.Unanswered }),
		"reserve":          slices.ContainsFunc(w.Policy.Limits, func(l governor.Limit) bool { return l.Reserve.Slots > 0 }),
	} {
		if _, own := w.Files[PolicyFile]; own && written {
			list = append(list, PolicyFile+": "+key+" has no effect yet")
		}
	}
	if _, ok := w.Files[CadenceFile]; ok {
		list = append(list, CadenceFile+": has no effect yet")
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
