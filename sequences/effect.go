package sequences

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
)

// A Note tells an author something that is no mistake.
type Note struct {
	Line    int
	Key     string
	Message string
}

// Keys that are read and checked, and that nothing acts on yet.
var (
	idleFrontKeys = []string{"enter"}
	idleStepKeys  = []string{"up_to", "then", "no_answer", "if_undone", "front", "label", "introduction"}
	// NotYet are keys without which a step would go wrong: until they have an effect
	// the worker skips it.
	NotYet = []string{"on", "wait_for", "review", "attach", "cc"}
	// fed are the events that something tells of.
	fed = []string{andante.EventOptedOut, andante.EventBounced, andante.EventUnreachable}
	// unfed finds the functions of conditions of which nothing tells yet.
	unfed = regexp.MustCompile(`\b(opened|clicked|replied|met|outcome|answered|qualified)\(`)
)

// NoEffect lists what is written and has no effect yet, in the order of the
// file, so that nobody relies on it.
func (s *Sequence) NoEffect() []Note {
	var notes []Note
	add := func(at Position, key, format string, args ...any) {
		notes = append(notes, Note{Line: at.Line, Key: key, Message: fmt.Sprintf(format, args...)})
	}
	for _, key := range idleFrontKeys {
		if s.Has(key) {
			add(s.where(key), key, "`%s` has no effect yet", key)
		}
	}
	listen := func(at Position, key, src string) {
		for _, m := range unfed.FindAllStringSubmatch(src, -1) {
			add(at, key, "%s() is always no or empty: nothing tells of it yet", m[1])
		}
	}
	for _, x := range s.Exit {
		if x.Event != "" && !slices.Contains(fed, x.Event) {
			add(s.where("exit"), "exit", "nothing tells of the event %s yet", x.Event)
		}
		listen(s.where("exit"), "exit", x.When)
	}
	if len(s.KeepOn) > 0 {
		add(s.where("keep_on"), "keep_on", "`keep_on` has no effect yet: nothing tells of %s", strings.Join(s.KeepOn, ", "))
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		listen(step.where("when"), "when", step.When)
		for _, key := range NotYet {
			if step.Has(key) {
				add(step.where(key), key, "`%s` has no effect yet: the step is skipped", key)
			}
		}
		for _, b := range step.Body {
			if b.For.Kind != "" && b.For.Kind != step.Kind {
				add(b.At, "kind", "::: kind %s has no effect yet", b.For.Kind)
			}
		}
		switch step.Kind {
		case andante.Email, "":
		case andante.Decide:
			add(step.where("kind"), "kind", "`decide` has no effect yet")
		default:
			add(step.where("kind"), "kind", "%s: has no channel yet", step.Kind)
		}
		for _, key := range idleStepKeys {
			if step.Has(key) {
				add(step.where(key), key, "`%s` has no effect yet", key)
			}
		}
		if step.IfMissing.Do == "switch" {
			add(step.where("if_missing"), "if_missing", "`if_missing: switch` has no effect yet")
		}
		if step.OverLimit.Do == "switch" {
			add(step.where("over_limit"), "over_limit", "`over_limit: switch` has no effect yet")
		}
	}
	slices.SortStableFunc(notes, func(a, b Note) int { return cmp.Compare(a.Line, b.Line) })
	return notes
}
