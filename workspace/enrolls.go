package workspace

import (
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
)

// An entry is a branch of a decide step that enrolls the contact elsewhere.
type entry struct {
	from *sequences.Sequence
	to   string
	at   sequences.Position
}

// entries returns every branch `do: enroll NAME`, by the name of its sequence.
func (w *Workspace) entries() (list []entry) {
	for _, name := range w.Names() {
		q := w.Sequences[name]
		for _, s := range q.Steps {
			for _, branch := range s.Then {
				if to, ok := branch.Do.Enrolls(); ok {
					list = append(list, entry{q, to, branch.At})
				}
			}
		}
	}
	return list
}

// NewOwner is the sequence by which somebody who adopts an account introduces themselves,
// unless another one is named.
const NewOwner = "new-owner"

// ByHand returns the sequences that contacts enter only when somebody enrolls them: not
// those that they enter by themselves, that fill up a cadence, that other sequences lead
// to, or by which a new owner introduces themselves.
func (w *Workspace) ByHand() []string {
	led := map[string]bool{NewOwner: true}
	for _, t := range w.Cadence.Tiers {
		led[t.FillWith] = true
	}
	for _, e := range w.entries() {
		led[e.to] = true
	}
	return slices.DeleteFunc(w.Names(), func(name string) bool {
		q := w.Sequences[name]
		return led[name] || q.Retired || q.Enter != nil || q.Purpose == andante.Requested
	})
}

func checkEnrolls(w *Workspace) (found []*andante.Finding) {
	for _, e := range w.entries() {
		if _, ok := w.Sequences[e.to]; !ok {
			f := in(e.from, "unknown-sequence", e.at, "there is no sequence %s to enroll in", e.to)
			f.Suggestion = yamldoc.Suggest(e.to, w.Names())
			found = append(found, f)
		}
	}
	return found
}

// checkCircles finds sequences that can hand a contact round and round. One that
// lets nobody in again, or not before a day has passed, breaks the circle.
func checkCircles(w *Workspace) (found []*andante.Finding) {
	all := w.entries()
	next := map[string][]string{}
	for _, e := range all {
		if q := w.Sequences[e.to]; q != nil && atOnceAgain(q) {
			next[e.from.Name] = append(next[e.from.Name], e.to)
		}
	}
	for _, e := range all {
		if way := wayBack(next, e.to, e.from.Name); way != nil && slices.Contains(next[e.from.Name], e.to) {
			f := in(e.from, "enroll-circle", e.at, "these sequences enroll each other in a circle: %s", strings.Join(append([]string{e.from.Name}, way...), ", "))
			f.Suggestion = "let one of them say reenter: never, or after 30d"
			found = append(found, f)
		}
	}
	return found
}

// atOnceAgain tells whether a contact may enter again within a day.
func atOnceAgain(q *sequences.Sequence) bool {
	if q.Reenter == nil {
		return false
	}
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	return q.Reenter.From(noon, time.UTC, nil).Before(noon.AddDate(0, 0, 1))
}

// wayBack returns the shortest way from one sequence to another, both included;
// nil if there is none.
func wayBack(next map[string][]string, from, to string) []string {
	ways := [][]string{{from}}
	for seen := map[string]bool{from: true}; len(ways) > 0; ways = ways[1:] {
		way := ways[0]
		last := way[len(way)-1]
		if last == to {
			return way
		}
		for _, n := range next[last] {
			if !seen[n] {
				seen[n] = true
				ways = append(ways, append(slices.Clone(way), n))
			}
		}
	}
	return nil
}
