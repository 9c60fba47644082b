package sequences

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
)

// written is a condition and the place where its text begins.
type written struct {
	src string
	at  Position
}

// conditions calls f for each condition that isn't empty, in the order of the
// file.
func (s *Sequence) conditions(f func(written)) {
	call := func(src string, at Position) {
		if src != "" {
			f(written{src, at})
		}
	}
	if s.Enter != nil {
		call(s.Enter.When, s.Enter.At)
	}
	for _, e := range s.Exit {
		call(e.When, e.At)
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		call(step.WaitFor, step.where("wait_for"))
		call(step.When, step.where("when"))
		for _, t := range step.Then {
			call(t.When, t.At)
		}
	}
}

// Events returns the events by which contacts enter or leave the sequence, or that one of
// its conditions asks for. compile compiles a condition; what it refuses is left out.
func (s *Sequence) Events(compile func(string) (*conditions.Condition, error)) (names []string) {
	if s.Enter != nil && s.Enter.Event != "" {
		names = append(names, s.Enter.Event)
	}
	for _, e := range s.Exit {
		if e.Event != "" {
			names = append(names, e.Event)
		}
	}
	s.conditions(func(w written) {
		if c, err := compile(w.src); err == nil {
			names = append(names, c.Events()...)
		}
	})
	return names
}

// CheckConditions compiles every condition against the workspace's fields; steps
// are this sequence's own unless the schema names others. Findings carry the
// rule condition.
func (s *Sequence) CheckConditions(schema conditions.Schema) []*andante.Finding {
	if schema.Steps == nil {
		schema.Steps = s.StepIDs()
	}
	d := &draft{Sequence: s}
	s.conditions(func(c written) {
		_, err := conditions.Compile(c.src, schema)
		if err == nil {
			return
		}
		var wrong *conditions.Error
		if !errors.As(err, &wrong) {
			d.report("condition", c.at, "%s", err)
			return
		}
		f := d.report("condition", c.at.forward(c.src, byteAt(c.src, wrong.Column)), "%s", wrong.Message)
		f.Suggestion = wrong.Suggestion
	})
	return d.found
}

// byteAt returns the offset of the character at a column counted from 1.
func byteAt(s string, column int) int {
	for i := range s {
		if column--; column < 1 {
			return i
		}
	}
	return len(s)
}

// forward returns the position of text[offset:], where text begins at p. Lines
// after the first begin at the same column, as in a | block.
func (p Position) forward(text string, offset int) Position {
	before := text[:offset]
	if n := strings.Count(before, "\n"); n > 0 {
		return Position{p.Line + n, p.Column + utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:])}
	}
	return Position{p.Line, p.Column + utf8.RuneCountInString(before)}
}

var quoted = regexp.MustCompile(`"[^"\n]*"|'[^'\n]*'`)

// callOf returns where a condition calls the function, strings aside.
func callOf(function, src string) (offset int, ok bool) {
	src = quoted.ReplaceAllStringFunc(src, func(s string) string { return strings.Repeat("_", len(s)) })
	loc := regexp.MustCompile(`\b` + function + `\s*\(`).FindStringIndex(src)
	if loc == nil {
		return 0, false
	}
	return loc[0], true
}
