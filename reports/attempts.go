package reports

import (
	"fmt"
	"strings"

	"github.com/andante-hq/andante"
)

func (t *teller) attempt(a andante.Attempt) {
	l := Line{At: a.Ended, Touch: a.Touch, What: name(t.touches[a.Touch])}
	if a.Ended.IsZero() {
		l.At = a.Started
	}
	if who, before := a.Settler(); who != "" {
		t.add(settled(l, a.Outcome, who, before))
		return
	}
	said := a.Response
	if a.Code != 0 {
		said = fmt.Sprintf("%d %s", a.Code, a.Response)
	}
	t.laidOut[a.Touch] = t.laidOut[a.Touch] || a.Response == andante.LaidOut
	switch a.Outcome {
	case andante.OutcomeSent:
		l.Text = "sent as " + a.Sender
		if t.touches[a.Touch].Kind.ByHuman() {
			l.Text = "a task for " + a.Sender
		}
		if a.Response == andante.LaidOut {
			l.Text = "laid out for the printer"
		}
		if a.Response == andante.WrittenOnly {
			l.Text = "written to a folder and not sent, as " + a.Sender
		}
		if to, ok := strings.CutPrefix(a.Response, andante.Redirected); ok {
			to, _, _ = strings.Cut(to, ": ")
			l.Text = "sent as " + a.Sender + ", but redirected to " + to
		}
	case andante.OutcomePending:
		l.Text = "on its way"
	case andante.OutcomeUnknown:
		l.Text = "it may have been sent, for the answer was lost: it counts, and is never sent again by itself"
		if a.Response == andante.TakenOver {
			l.Text, said = andante.TakenOver+": it counts, and is never sent again by itself", ""
		}
	case andante.OutcomeUntried:
		l.Text = "allowed, but not written any more; it comes again"
	default:
		l.Text = refusal(a.Outcome, t.touches[a.Touch].Reason)
	}
	switch {
	case said == "" || a.Outcome == andante.OutcomeSent:
	case a.Code == 0: // our own words, or the network's
		l.Because = []string{strings.TrimSpace(said)}
	default:
		l.Because = []string{"the server said: " + strings.TrimSpace(said)}
	}
	t.add(l)
}

// refusal tells of an attempt that was refused.
func refusal(o andante.Outcome, now andante.Reason) string {
	switch {
	case now == andante.ReasonOptedOut:
		return "refused: " + now.Text()
	case o == andante.OutcomeTemporary:
		return "refused for now"
	case o == andante.OutcomeAddress:
		return "refused: " + andante.ReasonAddress.Text()
	case o == andante.OutcomeSender:
		return "refused because of the sender"
	}
	return "refused for good"
}

// settled tells of an attempt whose outcome a person found out.
func settled(l Line, o andante.Outcome, who, before string) Line {
	as := "not sent, and it counts no more"
	if o == andante.OutcomeSent {
		as = "sent"
	}
	l.Text = fmt.Sprintf("nobody knew whether it had gone; %s settled it as %s", who, as)
	if before != "" {
		l.Because = []string{"known before that: " + before}
	}
	return l
}
