package sequences

import (
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// planRules look at the keys of the front matter and of the steps.
func planRules() []Rule {
	return []Rule{
		{Name: "sequence-name", Severity: isError, Firm: true, check: checkSequenceName, Doc: "A sequence says its name under `sequence:`."},
		{Name: "no-steps", Severity: isError, Firm: true, check: checkNoSteps, Doc: "A sequence has at least one step."},
		{Name: "duplicate-id", Severity: isError, Firm: true, check: checkDuplicateID, Doc: "No two steps have the same id, and each has one."},
		{Name: "kind", Severity: isError, Firm: true, check: checkKind, Doc: "Every step has a kind; `other` has a label, and nothing else does."},
		{Name: "timing", Severity: isError, Firm: true, check: checkTiming, Doc: "A step has exactly one of `after`, `on` and `wait_for`; a wait has an end (`up_to`)."},
		{Name: "calendar-sequence", Severity: isError, Firm: true, check: checkCalendar, Doc: "If one step comes each year, all do."},
		{Name: "decide", Severity: isError, Firm: true, check: checkDecide, Doc: "A `decide` step has branches and makes no touch; only it has `then:`; no branch stands after one without a condition."},
		{Name: "thread", Severity: isError, Firm: true, check: checkThread, Doc: "Only an email, or what may switch to one, can answer the last mail (`thread: true`)."},
		{Name: "no-value", Severity: isError, check: checkValue, Doc: "Every touch says what it gives to the contact."},
		{Name: "requested", Severity: isError, Firm: true, check: checkRequested, Doc: "Purpose `requested` needs an event to enter by, at most 3 steps, all due within 7 days, and makes no offer."},
		{Name: "keep-on", Severity: isError, Firm: true, check: checkKeepOn, Doc: "`keep_on` never passes over an opt-out or a dead address, nor a reply to marketing."},
		{Name: "opened-condition", Severity: isWarning, check: checkOpened, Doc: "No condition rests on opened(): machines open mail."},
	}
}

func checkSequenceName(d *draft) {
	if d.Name == "" && !d.broken {
		d.say(d.Sequence.where("sequence"), "the sequence has no name").Suggestion = "add sequence: and a name to the front matter"
	}
}

func checkNoSteps(d *draft) {
	if len(d.Steps) > 0 || d.broken {
		return
	}
	f := d.say(Position{1, 1}, "the sequence has no step")
	f.Suggestion = "write a level-2 heading (##), and right under it a fence ```yaml step"
}

func checkDuplicateID(d *draft) {
	seen := map[string]*Step{}
	for i := range d.Steps {
		s := &d.Steps[i]
		if s.ID == "" {
			d.say(s.At0, "the heading gives this step no id").Suggestion = "give it words, or add id: to the step"
			continue
		}
		if first, ok := seen[s.ID]; ok {
			f := d.say(s.where("id"), "the id %q is taken by the step on line %d", s.ID, first.At0.Line)
			f.Suggestion = "write another heading, or add id: to one of them"
			continue
		}
		seen[s.ID] = s
	}
}

func checkKind(d *draft) {
	d.steps(func(s *Step) {
		switch {
		case !s.Has("kind"):
			d.say(s.At0, "the step has no kind").Suggestion = "add kind: email, or another of " + strings.Join(kindNames(), ", ")
		case s.Kind == andante.Other && s.Label == "":
			d.say(s.where("kind"), "kind other needs a label").Suggestion = "add label: LinkedIn message"
		case s.Kind != andante.Other && s.Has("label") && s.Kind != "":
			d.say(s.where("label"), "a label goes with kind other, not with %s", s.Kind)
		}
		if s.Has("no_answer") && s.Kind != andante.Call && s.Kind != "" {
			d.say(s.where("no_answer"), "no_answer goes with kind call, not with %s", s.Kind)
		}
		if s.Has("if_undone") && !s.Kind.ByHuman() && s.Kind != "" {
			d.say(s.where("if_undone"), "if_undone goes with what a person does: call, visit, video and other, not with %s", s.Kind)
		}
		if s.Review != "" && s.Kind != andante.Email && !s.Kind.Mailed() && s.Kind != "" {
			d.say(s.where("review"), "a line is added to a mail, a card or a letter, not to %s", s.Kind)
		}
		for _, key := range []string{"if_missing", "over_limit"} {
			k := map[string]andante.Kind{"if_missing": s.IfMissing.Kind, "over_limit": s.OverLimit.Kind}[key]
			if s.Review != "" && k == andante.SMS {
				d.say(s.where(key), "as %s nobody would add a line: review goes with a mail, a card or a letter", k)
			}
		}
		if s.IfUndone.Kind.ByHuman() {
			d.say(s.where("if_undone"), "to switch to %s would only give another task", s.IfUndone.Kind)
		}
		if s.Kind != "" && (s.IfMissing.Kind == s.Kind || s.OverLimit.Kind == s.Kind) {
			key := "if_missing"
			if s.OverLimit.Kind == s.Kind {
				key = "over_limit"
			}
			d.say(s.where(key), "switching to %s changes nothing: the step is one", s.Kind)
		}
	})
}

func checkTiming(d *draft) {
	d.steps(func(s *Step) {
		var written []string
		for _, key := range []string{"after", "on", "wait_for"} {
			if s.Has(key) {
				written = append(written, key)
			}
		}
		if len(written) == 0 {
			d.say(s.At0, "nothing says when this step comes").Suggestion = "add after: 0d, or on: or wait_for:"
		}
		if len(written) > 1 {
			f := d.say(s.where(written[1]), "%s and %s exclude each other", written[0], written[1])
			f.Suggestion = "keep one of them"
		}
		switch {
		case s.Has("wait_for") && !s.Has("up_to"):
			d.say(s.where("wait_for"), "this would wait for ever").Suggestion = "add up_to: 7d"
		case s.Has("up_to") && !s.Has("wait_for"):
			d.say(s.where("up_to"), "up_to ends a wait, and there is no wait_for")
		case s.UpTo != nil && s.ValidFor != nil && !longer(*s.ValidFor, *s.UpTo):
			d.say(s.where("valid_for"), "valid_for counts from where the wait begins, and would be over when it ends").Suggestion = "make it longer than up_to"
		}
	})
}

func checkCalendar(d *draft) {
	yearly := 0
	d.steps(func(s *Step) {
		if s.yearly() {
			yearly++
		}
	})
	if yearly == 0 || yearly == len(d.Steps) {
		return
	}
	d.steps(func(s *Step) {
		if !s.yearly() {
			at := s.At0
			for _, key := range []string{"after", "on", "wait_for"} {
				if s.Has(key) {
					at = s.where(key)
				}
			}
			f := d.say(at, "other steps of this sequence come each year, this one doesn't")
			f.Suggestion = "write on: each ..., or move it to a sequence of its own"
		}
	})
}

// touchKeys make no sense for a step that touches nobody.
var touchKeys = []string{"value", "subject", "preview", "introduction", "needs", "if_missing", "over_limit", "thread", "quote", "cc", "attach", "layout", "front", "review", "if_undone"}

// longer tells whether an offset reaches further than another one.
func longer(a, b calendar.Offset) bool {
	monday := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	return a.From(monday, time.UTC, nil).After(b.From(monday, time.UTC, nil))
}

func checkDecide(d *draft) {
	d.steps(func(s *Step) {
		if s.Kind != andante.Decide {
			if s.Has("then") && s.Kind != "" {
				d.say(s.where("then"), "then: goes with kind decide, not with %s", s.Kind)
			}
			return
		}
		for _, key := range touchKeys {
			if s.Has(key) {
				d.say(s.where(key), "decide touches nobody, so it has no %s", key)
			}
		}
		if !s.Has("then") {
			d.say(s.where("kind"), "decide needs branches").Suggestion = "add then: with {when: ..., do: ...}"
		}
	})
}

func checkThread(d *draft) {
	d.steps(func(s *Step) {
		if s.Thread && !s.GoesAs(andante.Email) && s.Kind != "" {
			d.say(s.where("thread"), "only an email can answer a mail, not %s", s.Kind)
		}
		if s.Has("quote") && !s.Thread {
			d.say(s.where("quote"), "there is nothing to quote without thread: true")
		}
	})
}

func checkValue(d *draft) {
	d.steps(func(s *Step) {
		if !s.Has("value") && s.Kind != andante.Decide {
			f := d.say(s.At0, "this touch says nowhere what it gives to the contact")
			f.Suggestion = "add value: insight - what they didn't know before; sorts are " + strings.Join(ValueSorts, ", ")
		}
	})
}

// finalExits end every sequence for good.
var finalExits = []string{andante.EventOptedOut, andante.EventUnreachable}

func checkKeepOn(d *draft) {
	at := d.Sequence.where("keep_on")
	for _, event := range d.KeepOn {
		switch {
		case slices.Contains(finalExits, event):
			d.say(at, "nothing goes on after %s", event)
		case event == andante.EventReplied && d.Purpose == andante.Marketing:
			d.say(at, "marketing stops when a person replies").Suggestion = "leave keep_on out, or say another purpose"
		case event != andante.EventReplied && event != andante.EventMet && event != andante.EventHandedOver:
			d.unknown("bad-value", at, "event", event, []string{andante.EventReplied, andante.EventMet, andante.EventHandedOver})
		}
	}
}

func checkOpened(d *draft) {
	d.conditions(func(c written) {
		if at, ok := callOf("opened", c.src); ok {
			f := d.say(c.at.forward(c.src, at), "opened() is no sign of a person: machines open mail")
			f.Suggestion = "ask clicked() or replied()"
		}
	})
}
