package workspace

import (
	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
)

// Tracks tells whether what a contact does with a mail is followed.
func (w *Workspace) Tracks(v andante.Values) (clicks, opens bool) {
	t := w.Config.Tracking
	if !t.Clicks && !t.Opens {
		return false, false
	}
	if t.When != "" {
		c, err := w.Condition(t.When)
		if err != nil {
			return false, false
		}
		if ok, err := c.Eval(v, conditions.History{}); err != nil || !ok {
			return false, false
		}
	}
	return t.Clicks, t.Opens
}

// checkTracking compiles the condition.
func checkTracking(w *Workspace) []*andante.Finding {
	t := w.Config.Tracking
	if t.When == "" {
		return nil
	}
	if err := w.CheckCondition(t.When); err != nil {
		return []*andante.Finding{w.at("tracking", []string{"tracking", "when"}, "%v", err)}
	}
	return nil
}
