package ops

import (
	"reflect"

	"github.com/andante-hq/andante/sequences"
)

// samePlan tells whether two states of a sequence differ in words at most. The
// plan is all that an enrollment keeps from the day on which it began: steps,
// order, timing, conditions and what happens when something is missing, late or
// over a limit. Whatever is not known to be words belongs to it, so that a new
// key is never announced to reach people whom it does not reach.
func samePlan(a, b *sequences.Sequence) bool { return reflect.DeepEqual(planOf(a), planOf(b)) }

// planOf returns a sequence without its words and without places in its file.
func planOf(s *sequences.Sequence) sequences.Sequence {
	p := *s
	p.File, p.Hash, p.Lines, p.Allows = "", "", nil, nil
	p.Title, p.Notes, p.ReplyTo, p.Layout, p.Language, p.Fields = "", "", "", "", "", nil
	if s.Enter != nil {
		e := *s.Enter
		e.At = sequences.Position{}
		p.Enter = &e
	}
	p.Exit = nil
	for _, x := range s.Exit {
		p.Exit = append(p.Exit, sequences.Exit{Event: x.Event, When: x.When})
	}
	p.Steps = nil
	for _, step := range s.Steps {
		p.Steps = append(p.Steps, stepPlan(step))
	}
	return p
}

func stepPlan(s sequences.Step) sequences.Step {
	s.At0, s.BodyAt, s.Lines = sequences.Position{}, 0, nil
	s.Title, s.Subject, s.Preview, s.Value, s.Body = "", "", "", sequences.Value{}, nil
	s.Thread, s.NoQuote, s.ReplyTo, s.Cc, s.Attach, s.Layout, s.Front = false, false, "", nil, nil, "", ""
	branches := s.Then
	s.Then = nil
	for _, t := range branches {
		s.Then = append(s.Then, sequences.Then{When: t.When, Do: t.Do})
	}
	return s
}

// sameWords tells whether the steps that two states of a sequence share say the same.
func sameWords(a, b *sequences.Sequence) bool {
	if a.ReplyTo != b.ReplyTo || a.Layout != b.Layout || a.Language != b.Language {
		return false
	}
	for i := range b.Steps {
		was, ok := a.Step(b.Steps[i].ID)
		if ok && !reflect.DeepEqual(stepWords(*was), stepWords(b.Steps[i])) {
			return false
		}
	}
	return true
}

// stepWords returns what a step says, without places in its file.
func stepWords(s sequences.Step) sequences.Step {
	words := sequences.Step{
		Title: s.Title, Subject: s.Subject, Preview: s.Preview, Value: s.Value, Thread: s.Thread, NoQuote: s.NoQuote, ReplyTo: s.ReplyTo,
		Cc: s.Cc, Attach: s.Attach, Layout: s.Layout, Front: s.Front, Needs: s.Needs,
	}
	for _, b := range s.Body {
		b.At, b.Line, b.SubjectAt, b.PreviewAt = sequences.Position{}, 0, sequences.Position{}, sequences.Position{}
		words.Body = append(words.Body, b)
	}
	return words
}
