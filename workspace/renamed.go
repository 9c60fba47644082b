package workspace

import (
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
)

// Renamed finds steps of what runs whose id is gone while their text lives on under
// another heading. The new id would be another step: whoever had the old one could
// get the same text again.
func Renamed(running, now *Workspace) (found []*andante.Finding) {
	return now.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		old, ok := running.Sequences[q.Name]
		if !ok {
			return nil
		}
		for i := range old.Steps {
			was := &old.Steps[i]
			if q.Index(was.ID) >= 0 {
				continue
			}
			if s := heir(old, was, q); s != nil {
				f := in(q, "renamed-step", s.At0, "the step %s is gone, and its text lives on here under the id %s", was.ID, s.ID)
				f.Suggestion = "add id: " + was.ID + " to this step, or allow it if it is another touch"
				found = append(found, f)
			}
		}
		return found
	})
}

// heir returns the new step that has at least half of the lines that were the old
// one's alone; nil if there is none.
func heir(old *sequences.Sequence, was *sequences.Step, q *sequences.Sequence) *sequences.Step {
	own := linesOf(was)
	for i := range old.Steps {
		if s := &old.Steps[i]; s.ID != was.ID {
			own = slices.DeleteFunc(own, func(line string) bool { return slices.Contains(linesOf(s), line) })
		}
	}
	for i := range q.Steps {
		s := &q.Steps[i]
		if _, there := old.Step(s.ID); there {
			continue
		}
		lines, same := linesOf(s), 0
		for _, line := range own {
			if slices.Contains(lines, line) {
				same++
			}
		}
		if same > 0 && 2*same >= len(own) {
			return s
		}
	}
	return nil
}

// linesOf returns what a step says, line by line: its subject and its body.
func linesOf(s *sequences.Step) (lines []string) {
	text := s.Subject
	for _, b := range s.Body {
		text += "\n" + b.Subject + "\n" + b.Text
	}
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
