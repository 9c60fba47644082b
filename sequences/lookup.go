package sequences

import (
	"slices"

	"github.com/andante-hq/andante"
)

// Step returns the step with the id.
func (s *Sequence) Step(id string) (*Step, bool) {
	if i := s.Index(id); i >= 0 {
		return &s.Steps[i], true
	}
	return nil, false
}

// Index returns the place of the step with the id, counted from 0; -1 if there
// is none.
func (s *Sequence) Index(id string) int {
	for i := range s.Steps {
		if s.Steps[i].ID == id {
			return i
		}
	}
	return -1
}

// StepIDs returns the ids of all steps in their order.
func (s *Sequence) StepIDs() []string {
	ids := make([]string, len(s.Steps))
	for i := range s.Steps {
		ids[i] = s.Steps[i].ID
	}
	return ids
}

// Has tells whether the key was written in the step's fence.
func (s *Step) Has(key string) bool { _, ok := s.Lines[key]; return ok }

// EndsWithout tells whether the sequence ends for whoever can't be reached by the step as a
// kind. Unless the step says otherwise that is so of a dead mailbox; a number or a street is one
// way among several.
func (s *Step) EndsWithout(k andante.Kind) bool {
	return s.IfMissing.Do == "end" || s.IfMissing.Do == "" && k == andante.Email
}

// InsteadOf returns the kind as which the step goes to whoever can't be reached by another;
// empty: it does not.
func (s *Step) InsteadOf(k andante.Kind) andante.Kind {
	if s.IfMissing.Do == "switch" && k == s.Kind {
		return s.IfMissing.Kind
	}
	return ""
}

// NeedsAs returns the fields that must be filled for the step to go as a kind. What it goes as
// because one is missing needs none of them.
func (s *Step) NeedsAs(k andante.Kind) []string {
	if k != s.Kind && k == s.IfMissing.Kind {
		return nil
	}
	return s.Needs
}

// Has tells whether the key was written in the front matter.
func (s *Sequence) Has(key string) bool { _, ok := s.Lines[key]; return ok }

// where returns the position of a key's value, or of the heading if the key
// wasn't written.
func (s *Step) where(key string) Position {
	if p, ok := s.Lines[key]; ok {
		return p
	}
	return s.At0
}

// where returns the position of a key of the front matter, or of its first line.
func (s *Sequence) where(key string) Position {
	if p, ok := s.Lines[key]; ok {
		return p
	}
	return Position{1, 1}
}

// Calendar tells whether this is a calendar sequence: its steps are independent
// occasions that come each year, and it never finishes.
func (s *Sequence) Calendar() bool {
	if len(s.Steps) == 0 {
		return false
	}
	for i := range s.Steps {
		if !s.Steps[i].yearly() {
			return false
		}
	}
	return true
}

func (s *Step) yearly() bool {
	o, err := ParseOccasion(s.On)
	return err == nil && o.Each
}

// Kinds are those of the steps that touch somebody, each once, in the order of the steps.
func (s *Sequence) Kinds() (list []andante.Kind) {
	for i := range s.Steps {
		if k := s.Steps[i].Kind; k != andante.Decide && !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	return list
}

// GoesAs tells whether the step goes as a kind, by itself or where it switches to it.
func (s *Step) GoesAs(k andante.Kind) bool {
	return slices.Contains([]andante.Kind{s.Kind, s.IfMissing.Kind, s.OverLimit.Kind, s.IfUndone.Kind}, k)
}
