package worker

import (
	"cmp"
	"errors"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// recording sorts outcomes by what is written for them.
type recording struct {
	all      []ops.Settled  // in the order of the outcomes
	guess    []bool         // of the same
	back     []store.Change // planned again, or opened
	over     []ops.Settled
	attempts []andante.Attempt
	quotes   []store.Quote
	tasks    []store.Task
	cards    []store.Card
	verdicts []store.StoredVerdict
	bounces  []outcome
	doubted  []outcome // whose address is dead if it was answered so before
	stopped  []outcome
	sender   *channels.SendError
	senderOf andante.TouchID // whose refusal it was
	at       time.Time       // of the last outcome
}

// newRecording decides what each outcome means.
func newRecording(list []outcome) *recording {
	n := len(list)
	rec := &recording{all: make([]ops.Settled, 0, n), over: make([]ops.Settled, 0, n), attempts: make([]andante.Attempt, 0, n)}
	for _, o := range list {
		rec.add(o)
	}
	return rec
}

// add decides what an outcome means.
func (rec *recording) add(o outcome) {
	rec.at = o.at
	t := o.item.touch
	t.State, t.Attempts, t.Lease = andante.Attempted, t.Attempts+1, ""
	var problem *channels.SendError
	if !errors.As(o.err, &problem) && o.err != nil {
		problem = &channels.SendError{Kind: channels.Unknown, Err: o.err}
	}
	a := andante.Attempt{Touch: t.ID, Number: t.Attempts, Ended: o.at, Outcome: andante.OutcomeSent, Code: o.receipt.Code, Response: o.receipt.Response}
	s := ops.Settled{}
	switch {
	case problem == nil && o.receipt.Open:
		t.State, t.Counted, t.Reason = andante.Open, o.at, ""
		if t.Kind.Mailed() {
			t.Counted = o.item.lands(o.at)
			rec.cards = append(rec.cards, store.Card{Touch: t.ID, Kind: t.Kind, Format: o.receipt.Format, Opened: o.at, Body: string(o.item.message.sealed.Bytes)})
			break
		}
		rec.tasks = append(rec.tasks, o.item.task(o.at))
	case problem == nil:
		t.State, t.Counted, t.Settled, t.Reason = andante.Sent, o.item.lands(o.at), o.at, ""
		if o.item.message.text != "" {
			rec.quotes = append(rec.quotes, store.Quote{Touch: t.ID, Enrollment: t.Enrollment, Text: o.item.message.text})
		}
	default:
		a.Outcome, a.Code, a.Response = andante.Outcome(problem.Kind), problem.Code, problem.Response
		if a.Response == "" && problem.Err != nil {
			a.Response = andante.CleanText(problem.Err.Error())
		}
		if s.End = rec.fail(&t, o, problem); t.State == andante.Failed && t.Reason == andante.ReasonAddress {
			s.As = o.item.step.InsteadOf(t.Kind)
		}
	}
	// An attempted touch of our lease is our attempt; of another, somebody else's.
	s.Change = store.Change{Touch: t, Was: andante.Attempted, Lease: o.item.touch.Lease, Attempt: t.Attempts, StateOnly: true}
	rec.guess = append(rec.guess, o.guess)
	rec.all, rec.attempts = append(rec.all, s), append(rec.attempts, a)
	if t.State == andante.Open {
		rec.back = append(rec.back, s.Change)
		return
	}
	if t.State == andante.Planned {
		rec.back = append(rec.back, s.Change)
		f := putOff(t.Reason, t.Due, andante.Evidence{Detail: a.Response})
		rec.verdicts = append(rec.verdicts, f.verdict(t, "", o.at))
		return
	}
	rec.over = append(rec.over, s)
}

// sent returns the mails that the other side took, of those that were recorded.
func (rec *recording) sent(done map[andante.TouchID]bool) (list []andante.Touch) {
	for _, s := range rec.all {
		if s.Touch.State == andante.Sent && s.Touch.Kind == andante.Email && done[s.Touch.ID] {
			list = append(list, s.Touch)
		}
	}
	return list
}

// task is what the touch asks of a person.
func (it *item) task(at time.Time) store.Task {
	return store.Task{
		Touch: it.touch.ID, Owner: it.doer, Opened: at, Mind: at,
		Title: cmp.Or(it.touch.Subject, it.step.Label, it.step.Title), Body: string(it.message.sealed.Bytes),
	}
}

// fail sets what a refusal makes of a touch and returns the reason that ends its
// enrollment, if it does.
func (rec *recording) fail(t *andante.Touch, o outcome, problem *channels.SendError) (end andante.Reason) {
	t.Settled, t.NotAfter = o.at, time.Time{}
	switch problem.Kind {
	case channels.Unknown:
		t.State, t.Reason = andante.Unknown, andante.ReasonUnknown
		if o.at.After(t.Counted) { // it was begun by not_after, and is over now
			t.Counted = o.at
		}
		return ""
	case channels.Permanent:
		t.State, t.Reason = andante.Failed, andante.ReasonPermanent
		if problem.Again {
			rec.doubted = append(rec.doubted, o)
		}
	case channels.Address:
		t.State, t.Reason = andante.Failed, andante.ReasonAddress
		if problem.OptOut {
			t.Reason = andante.ReasonOptedOut
			rec.stopped = append(rec.stopped, o)
			break
		}
		rec.bounces = append(rec.bounces, o)
		if o.item.step.EndsWithout(t.Kind) {
			end = andante.ReasonUnreachable
		}
	case channels.Untried:
		t.State, t.Reason, t.Due = andante.Planned, andante.ReasonReturned, o.at
	case channels.Sender:
		t.State, t.Reason, t.Due = andante.Planned, andante.ReasonSender, o.at
		rec.sender, rec.senderOf = problem, t.ID
	default:
		retry(t, o)
	}
	t.Counted = time.Time{}
	if t.State == andante.Planned {
		t.Settled = time.Time{}
	}
	return end
}

// Retries wait longer each time and end with valid_for, or after four days
// (RFC 5321 section 4.5.4.1: at least 30 minutes, give up after 4 to 5 days).
const (
	firstWait = 30 * time.Minute
	maxWait   = 8 * time.Hour
	giveUp    = 4 * 24 * time.Hour
)

func retry(t *andante.Touch, o outcome) {
	before := o.item.refused
	end := o.item.candidate.Stale
	switch {
	case !end.IsZero():
	case before.n == 0:
		end = o.at.Add(giveUp)
	default:
		end = before.first.Add(giveUp)
	}
	wait := min(firstWait<<min(before.n, 10), maxWait)
	t.State, t.Reason, t.Due = andante.Planned, andante.ReasonTemporary, o.at.Add(wait)
	if !t.Due.Before(end) {
		t.State, t.Reason = andante.Failed, andante.ReasonGaveUp
	}
}

func responseOf(err error) string {
	var problem *channels.SendError
	if errors.As(err, &problem) {
		return problem.Response
	}
	return ""
}
