package workspace

import (
	"fmt"
	"maps"
	"slices"

	"github.com/andante-hq/andante"
)

// Qualification says when sales may take over: enough of what must be known is known.
type Qualification struct {
	Enough  float64            `yaml:"enough" doc:"points from which a contact is qualified"`
	Weights map[string]float64 `yaml:"weights" doc:"points of each field that is known, such as contact.need: 2"`
}

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

// Qualified tells whether enough is known; never where nothing is asked for.
func (q *Qualification) Qualified(v andante.Values) bool {
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
