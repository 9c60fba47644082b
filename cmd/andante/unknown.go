package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
)

// unknown lists touches of which nobody knows whether they went.
func (a *app) unknown(l *reports.UnknownList, loc *time.Location) error {
	if a.json {
		return a.printJSON(l)
	}
	for _, t := range l.Touches {
		a.printf("%s  %s, %s/%s as %s\n", t.Touch, t.Name, t.Sequence, t.Step, t.Sender)
		a.printf("    %s\n", strings.Join(unknownFacts(t, loc), ", "))
		if !t.Due.IsZero() && t.MessageID != "" {
			a.printf("    the original's Message-ID may begin otherwise: look for %s\n", andante.KeyPart(string(t.Touch)))
		}
		if t.Words != "" {
			a.printf("    %s\n", t.Words)
		}
		if len(t.Later) > 0 {
			a.printf("    out since then: %s\n", strings.Join(t.Later, ", "))
		}
	}
	switch shown := len(l.Touches); {
	case l.Total == 0:
		a.printf("Of every touch it is known whether it went.\n")
	case shown < l.Total:
		a.printf("\nThese are %d of %s, the oldest first; --limit 0 lists all.\n", shown, count(l.Total, "unknown touch"))
	default:
		a.printf("\n%s. The relay's log tells by the Message-ID what became of each; then\n`andante settle TOUCH --sent`, --failed or --resend.\n", count(l.Total, "unknown touch"))
	}
	if l.OnWire > 0 {
		a.printf("On the wire, or left there by a process that died: %s. What nobody answers for becomes\nunknown when its lease ends, within a minute; `andante run` settles it.\n", count(l.OnWire, "touch"))
	}
	return nil
}

// unknownFacts are what to look for in the relay's log.
func unknownFacts(t reports.UnknownTouch, loc *time.Location) (facts []string) {
	if t.Address != "" {
		facts = append(facts, "to "+t.Address)
	}
	if t.Due.IsZero() {
		facts = append(facts, "tried "+t.Tried.In(loc).Format(minute))
	} else {
		facts = append(facts, "was due "+t.Due.In(loc).Format(minute)+" and never tried here")
	}
	if t.MessageID != "" {
		facts = append(facts, "Message-ID <"+t.MessageID+">")
	}
	return facts
}

// asking is the question before several touches are settled, or one is sent again.
var asking = map[ops.Decision]string{
	ops.DecideSent: "Settle %s as sent?", ops.DecideFailed: "Settle %s as not sent?", ops.DecideResend: "Send %s again, though it may arrive twice?",
}

// doing and done tell what would become, and became, of a number of touches.
var (
	doing = map[ops.Decision]string{
		ops.DecideSent: "%s would be settled as sent", ops.DecideFailed: "%s would be settled as not sent", ops.DecideResend: "%s would be sent again",
	}
	done = map[ops.Decision]string{
		ops.DecideSent: "%s settled as sent", ops.DecideFailed: "%s settled as not sent, and counted no more", ops.DecideResend: "%s to be sent again",
	}
)

// fewSettled is how many touches are told one by one.
const fewSettled = 20

// settled tells what became of touches, or would.
func (a *app) settled(r *ops.UnknownReport, loc *time.Location, dry bool) error {
	if a.json {
		return a.printJSON(r)
	}
	words := done
	if dry {
		words = doing
	}
	a.printf(words[r.Decision]+".\n", count(len(r.Settled), "touch"))
	for i, t := range r.Settled {
		if i == fewSettled {
			a.printf("  ... and %d more\n", len(r.Settled)-i)
			break
		}
		a.printf("  %s  %s/%s%s\n", t.Touch, t.Sequence, t.Step, resendWords(t, loc))
	}
	if r.Decision == ops.DecideResend && len(r.Settled) > 0 {
		a.printf("Whatever did go arrives a second time.\n")
	}
	for _, l := range r.Left {
		a.printf("  %s  left alone: %s%s\n", l.Touch, l.Why, leftWords(l, loc))
	}
	return nil
}

// leftWords tells who was faster, or which time speaks against a receipt.
func leftWords(l ops.LeftTouch, loc *time.Location) string {
	switch {
	case l.By != "":
		return fmt.Sprintf(" (%s, %s)", l.By, l.At.In(loc).Format(minute))
	case !l.Earliest.IsZero():
		return ", " + l.Earliest.In(loc).Format(minute)
	case !l.Now.IsZero():
		return "; it is " + l.Now.In(loc).Format(minute) + " now"
	}
	return ""
}

// resendWords tells when a touch is sent again, and what that means for its sequence.
func resendWords(t ops.SettledTouch, loc *time.Location) string {
	if t.Due.IsZero() {
		return ""
	}
	text := ", not before " + t.Due.In(loc).Format(minute)
	if t.Reopened {
		text += "; its sequence, which was over, goes on for it"
	}
	if t.Moved != nil {
		text += fmt.Sprintf("; %s waits until %s", t.Moved.Step, t.Moved.Due.In(loc).Format(minute))
	}
	return text
}
