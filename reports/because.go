package reports

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
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
	case andante.ReasonLimit, andante.ReasonGap, andante.ReasonCoolDown, andante.ReasonEase, andante.ReasonChoice:
		list = t.barrier(e)
	case andante.ReasonYielded:
		say("%s goes first, and with it there is no place left:", t.rival(e.YieldedTo))
		list = append(list, t.barrier(e)...)
	case andante.ReasonCatchUp:
		say("the hold on %s by %s: %s", scopeWord(e.Rule), e.Scope, e.Detail)
	case andante.ReasonWindow:
		say("open %s in %s (zone from the %s)", e.Rule, e.Zone, e.Source)
	case andante.ReasonHoliday:
		say("%s in %s", e.Rule, e.Zone)
	case andante.ReasonCondition, andante.ReasonExit:
		say("%s", e.Rule)
	case andante.ReasonWaiting:
		say("%s, until %s at the latest", e.Rule, t.when(*e.Until))
	case andante.ReasonDecided:
		if e.Detail == "" {
			say("%s", e.Rule)
		} else {
			say("%s, for %s", e.Rule, e.Detail)
		}
	case andante.ReasonMissing:
		say("%s is empty", e.Detail)
	case andante.ReasonNoAddress:
		say("%s", absent(e.Detail))
	case andante.ReasonHeld:
		if e.Max > 0 {
			list = t.barrier(e)
		} else {
			say("a hold on %s by %s: %s", scopeWord(e.Rule), e.Scope, e.Detail)
		}
	case andante.ReasonFirstMails:
		say("the import %s: %s", e.Rule, e.Detail)
	case andante.ReasonResend:
		say("%s asked for it", e.Scope)
	case andante.ReasonStale:
		switch {
		case e.Period != "":
			say("it was of use for %s", e.Period)
		case e.Until != nil:
			say("it was of use until %s", t.when(*e.Until))
		case e.Detail != "":
			say("%s", e.Detail)
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
	if e.SwitchedTo != "" {
		say("so it goes as %s", e.SwitchedTo)
	}
	return list
}

// absent tells of an address that is missing: of a kind, or what one lacks.
func absent(detail string) string {
	switch andante.Kind(detail) {
	case andante.Email:
		return "there is no e-mail address"
	case andante.SMS:
		return "there is no phone number"
	}
	return detail
}

// barrier tells what stood in the way: a limit, a cool-down, a gap, a choice or the hours.
func (t *teller) barrier(e andante.Evidence) []string {
	most := strings.TrimSpace(fmt.Sprintf("%g %s", e.Max, e.Unit)) // 3, or 3 points
	switch {
	case e.Max > 0 && e.Rule == "choice":
		return []string{fmt.Sprintf("%s chose at most %s in any %s:", t.chooser(e), most, e.Period)}
	case e.Max > 0 && e.Source != "":
		return []string{fmt.Sprintf("a hold on %s by %s: %s; it lets %s through in any %s:", scopeWord(e.Rule), e.Source, e.Detail, most, e.Period)}
	case e.Max > 0 && e.Reserved > 0:
		return []string{fmt.Sprintf("the limit %s lets at most %s in any %s through per %s, and keeps the last %g for what is more important:", e.Rule, most, e.Period, e.Scope, e.Reserved)}
	case e.Max > 0:
		return []string{fmt.Sprintf("the limit %s lets at most %s in any %s through per %s:", e.Rule, most, e.Period, e.Scope)}
	case e.Ignored > 0 && e.Rule == "hold":
		return []string{fmt.Sprintf("the last %d touches had no response, so there is a rest of %s after:", e.Ignored, e.Period)}
	case e.Ignored > 0:
		return []string{fmt.Sprintf("the last %d touches had no response, so two are at least %s apart; the other one:", e.Ignored, e.Period)}
	case e.Since != nil && e.Rule != "":
		return []string{t.silence(e)}
	case e.Rule == governor.AfterIntroduction:
		return []string{fmt.Sprintf("it introduces, and the silence of %s after that is not for what is on its way:", e.Period)}
	case e.Detail != "":
		return []string{t.chooser(e) + " chose " + e.Detail}
	case e.Period != "":
		return []string{fmt.Sprintf("two touches are at least %s apart; the other one:", e.Period)}
	case e.Zone != "":
		return []string{fmt.Sprintf("open %s in %s", e.Rule, e.Zone)}
	}
	return nil
}

// silence tells what a cool-down follows.
func (t *teller) silence(e andante.Evidence) string {
	what := map[string]string{"introduction": "an introduction", "reply": "a reply", "stage_change": "a change of stage"}[e.Rule]
	text := fmt.Sprintf("silence of %s after %s", e.Period, what)
	if e.Scope == "account" {
		text += " in the account"
	}
	if len(e.Filled) > 0 {
		return text + ":"
	}
	return text + " on " + t.when(*e.Since)
}

// chooser names who chose, and how we know.
func (t *teller) chooser(e andante.Evidence) string {
	who := cmp.Or(t.contact.Name(), "the contact")
	switch {
	case e.Source != "" && e.Since != nil:
		return fmt.Sprintf("%s (%s, %s)", who, e.Source, t.when(*e.Since))
	case e.Source != "":
		return fmt.Sprintf("%s (%s)", who, e.Source)
	}
	return who
}

// rival names the touch that another one yields to.
func (t *teller) rival(id andante.TouchID) string {
	first, step, following := id.Following()
	x, ok := t.touches[first]
	switch {
	case !ok:
		return "a more important touch"
	case following:
		return x.Sequence + "/" + step + t.whose(x.Contact)
	}
	return name(x) + t.whose(x.Contact)
}

func (t *teller) whose(id andante.ContactID) string {
	if id != "" && id != t.contact.ID {
		return " to a colleague"
	}
	return ""
}

func scopeWord(scope string) string {
	if scope == string(andante.HoldEverything) {
		return scope
	}
	return "the " + scope
}

// filler names a touch that took a place.
func (t *teller) filler(f andante.Filler) string {
	first, step, following := f.Touch.Following()
	x, ok := t.touches[first]
	what := string(f.Kind)
	if ok {
		called := name(x)
		if following {
			called = x.Sequence + "/" + step
		}
		what = strings.TrimSpace(called + " (" + string(f.Kind) + ")")
	}
	return fmt.Sprintf("%s%s, %s", what, t.whose(f.Contact), t.when(f.At))
}
