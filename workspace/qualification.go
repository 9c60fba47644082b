package workspace

import (
	"fmt"
	"maps"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
)

// Qualification says when sales may take over: enough of what must be known is known.
type Qualification struct {
	Enough   float64            `yaml:"enough" doc:"points from which a contact is qualified"`
	Weights  map[string]float64 `yaml:"weights" doc:"points of each field that is known, such as contact.need: 2"`
	When     string             `yaml:"when" doc:"or a condition on fields by which a contact is qualified, whatever is known"`
	Handover string             `yaml:"handover" doc:"at once, if not written: a contact goes to its owner as soon as it is qualified; by steps: only where a step says do: handover"`
}

// BySteps is the handover that steps alone make.
const BySteps = "by steps"

// Known returns the fields of the qualification that are known, and those that are
// missing, each sorted.
func (q *Qualification) Known(v andante.Values) (known, missing []string) {
	if q == nil {
		return nil, nil
	}
	for _, path := range slices.Sorted(maps.Keys(q.Weights)) {
		if v.Empty(path) {
			missing = append(missing, path)
		} else {
			known = append(known, path)
		}
	}
	return known, missing
}

// KnownOf returns what is known of a contact's qualification, worded such as contact.need:
// lighting, and the fields that are missing.
func (w *Workspace) KnownOf(c andante.Contact, a andante.Account) (known, missing []string) {
	v := w.Values(c, a, andante.Enrollment{}, Identity{})
	q := w.Config.Qualification
	if q == nil || len(q.Weights) == 0 {
		q = w.usual()
	}
	paths, missing := q.Known(v)
	for _, path := range paths {
		value, _ := v.Get(path)
		known = append(known, fmt.Sprintf("%s: %v", path, value))
	}
	return known, missing
}

// Asked are the fields of the qualification: those with a weight, or those that such fields are
// usually called.
func (w *Workspace) Asked() []string {
	q := w.Config.Qualification
	if q == nil || len(q.Weights) == 0 {
		q = w.usual()
	}
	return slices.Sorted(maps.Keys(q.Weights))
}

// usual are the fields of that kind which nobody gave a weight to: budget, authority, need and
// time, as far as they are declared.
func (w *Workspace) usual() *Qualification {
	q := &Qualification{Weights: map[string]float64{}}
	for _, f := range w.Config.DeclaredFields() {
		if slices.Contains([]string{"budget", "authority", "need", "time", "timeframe"}, f.Name) {
			q.Weights[f.Path()] = 1
		}
	}
	return q
}

// Qualified tells whether enough is known of a contact, or its condition holds; never where nothing
// is asked for.
func (w *Workspace) Qualified(v andante.Values) bool {
	q := w.Config.Qualification
	if q != nil && q.When != "" {
		if c, err := w.Condition(q.When); err == nil {
			if ok, err := c.Eval(v, conditions.History{}); err == nil && ok {
				return true
			}
		}
	}
	return q.enough(v)
}

// enough tells whether what is known weighs enough.
func (q *Qualification) enough(v andante.Values) bool {
	if q == nil || len(q.Weights) == 0 {
		return false
	}
	sum := 0.0
	known, _ := q.Known(v)
	for _, path := range known {
		sum += q.Weights[path]
	}
	return sum >= q.Enough
}
