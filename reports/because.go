package reports

import (
	"fmt"
	"strings"

	"github.com/andante-hq/andante"
)

// because tells a verdict's evidence in sentences.
func (t *teller) because(reason andante.Reason, e andante.Evidence) []string {
	var list []string
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	switch reason {
	case andante.ReasonNoRoom:
		if e.Until != nil {
			say("nothing is free before %s, when it is of use no more", t.when(*e.Until))
		} else {
			say("nothing is free within 400 days")
		}
		list = append(list, t.barrier(e)...)
	case andante.ReasonLimit, andante.ReasonGap:
		list = t.barrier(e)
	case andante.ReasonWindow:
		say("open %s in %s (zone from the %s)", e.Rule, e.Zone, e.Source)
	case andante.ReasonHoliday:
		say("%s in %s", e.Rule, e.Zone)
	case andante.ReasonCondition, andante.ReasonExit, andante.ReasonNotYet:
		say("%s", e.Rule)
	case andante.ReasonMissing, andante.ReasonNoAddress:
		say("%s is empty", e.Detail)
	case andante.ReasonHeld:
		say("a hold on %s by %s: %s", scopeWord(e.Rule), e.Scope, e.Detail)
	case andante.ReasonResend:
		say("%s asked for it", e.Scope)
	case andante.ReasonStale:
		switch {
		case e.Period != "":
			say("it was of use for %s", e.Period)
		case e.Until != nil:
			say("it was of use until %s", t.when(*e.Until))
		}
	case andante.ReasonLate:
		if e.Until != nil {
			say("it was due on %s", t.when(*e.Until))
		}
	default:
		if e.Rule != "" {
			say("%s", andante.Reason(e.Rule).Text())
		}
		if e.Detail != "" {
			say("%s", e.Detail)
		}
	}
	if e.More > 0 {
		say("  %d before these, and:", e.More)
	}
	for _, f := range e.Filled {
		list = append(list, "  "+t.filler(f))
	}
	return list
}

// barrier tells what stood in the way: a limit, a gap or the hours.
func (t *teller) barrier(e andante.Evidence) []string {
	switch {
	case e.Max > 0:
		most := strings.TrimSpace(fmt.Sprintf("%g %s", e.Max, e.Detail)) // 3, or 3 points
		return []string{fmt.Sprintf("the limit %s lets at most %s in any %s through per %s:", e.Rule, most, e.Period, e.Scope)}
	case e.Period != "":
		return []string{fmt.Sprintf("two touches are at least %s apart; the other one:", e.Period)}
	case e.Zone != "":
		return []string{fmt.Sprintf("open %s in %s", e.Rule, e.Zone)}
	}
	return nil
}

func scopeWord(scope string) string {
	if scope == string(andante.HoldEverything) {
		return scope
	}
	return "the " + scope
}

// filler names a touch that took a place.
func (t *teller) filler(f andante.Filler) string {
	x, ok := t.touches[f.Touch]
	what := string(f.Kind)
	if ok {
		what = strings.TrimSpace(name(x) + " (" + string(f.Kind) + ")")
	}
	whose := ""
	if f.Contact != "" && f.Contact != t.contact.ID {
		whose = " to a colleague"
	}
	return fmt.Sprintf("%s%s, %s", what, whose, t.when(f.At))
}
