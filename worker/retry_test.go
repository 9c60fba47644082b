package worker

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/sequences"
)

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// A server that never takes it: the waits grow to eight hours, and four days
// after the first try it is over.
func TestRetryWaits(t *testing.T) {
	t.Parallel()
	var waits []time.Duration
	it := &item{step: &sequences.Step{}}
	touch, at := andante.Touch{State: andante.Attempted}, monday
	for touch.State != andante.Failed {
		retry(&touch, outcome{item: it, at: at})
		if touch.State == andante.Failed {
			break
		}
		waits = append(waits, touch.Due.Sub(at))
		if it.refused.n == 0 {
			it.refused.first = at
		}
		it.refused.n++
		at = touch.Due
	}
	want := []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}
	for range 11 {
		want = append(want, 8*time.Hour)
	}
	if !slices.Equal(waits, want) || touch.Reason != andante.ReasonGaveUp {
		t.Errorf("waits %v, then %s", waits, touch.Reason)
	}
}

func TestRetryEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		refused refusals
		stale   time.Time
		want    andante.State
	}{
		{"the first", refusals{}, time.Time{}, andante.Planned},
		{"shortly before four days", refusals{11, monday.Add(-giveUp + 9*time.Hour)}, time.Time{}, andante.Planned},
		{"at four days", refusals{11, monday.Add(-giveUp + 8*time.Hour)}, time.Time{}, andante.Failed},
		{"few tries, for its hours are few", refusals{2, monday.Add(-giveUp)}, time.Time{}, andante.Failed},
		{"valid for longer than the wait", refusals{}, monday.Add(31 * time.Minute), andante.Planned},
		{"valid for no longer than the wait", refusals{}, monday.Add(30 * time.Minute), andante.Failed},
		{"valid for weeks", refusals{20, monday.Add(-7 * 24 * time.Hour)}, monday.Add(7 * 24 * time.Hour), andante.Planned},
	} {
		touch := andante.Touch{FirstDue: monday.AddDate(0, -1, 0)}
		retry(&touch, outcome{at: monday, item: &item{refused: test.refused, candidate: governor.Candidate{Stale: test.stale}}})
		if touch.State != test.want {
			t.Errorf("%s: %s %s", test.name, touch.State, touch.Due.Sub(monday))
		}
	}
}

// What each answer makes of a touch.
func TestRecording(t *testing.T) {
	t.Parallel()
	base := andante.Touch{
		ID: "t", Enrollment: "e", State: andante.Claimed, Attempts: 2, Lease: "l", Counted: monday.Add(time.Minute), NotAfter: monday.Add(time.Minute),
		Due: monday, FirstDue: monday,
	}
	for _, test := range []struct {
		name    string
		err     error
		kind    andante.Kind // of the touch; empty: a mail
		step    sequences.Step
		as      andante.Kind
		state   andante.State
		reason  andante.Reason
		end     andante.Reason
		outcome andante.Outcome
		counted time.Time
		due     time.Time
		bounces int
		sender  bool
	}{
		{name: "taken", state: andante.Sent, outcome: andante.OutcomeSent, counted: monday, due: monday},
		{
			name: "later", err: &channels.SendError{Kind: channels.Temporary, Code: 451}, state: andante.Planned, reason: andante.ReasonTemporary,
			outcome: andante.OutcomeTemporary, due: monday.Add(30 * time.Minute),
		},
		{
			name: "never", err: &channels.SendError{Kind: channels.Permanent, Code: 554}, state: andante.Failed, reason: andante.ReasonPermanent,
			outcome: andante.OutcomePermanent, due: monday,
		},
		{
			name: "nobody there", err: &channels.SendError{Kind: channels.Address, Code: 550}, state: andante.Failed, reason: andante.ReasonAddress,
			end: andante.ReasonUnreachable, outcome: andante.OutcomeAddress, due: monday, bounces: 1,
		},
		{
			name: "nobody there, and the step may be missing", err: &channels.SendError{Kind: channels.Address, Code: 550},
			step: sequences.Step{IfMissing: sequences.Missing{Do: "skip"}}, state: andante.Failed, reason: andante.ReasonAddress,
			outcome: andante.OutcomeAddress, due: monday, bounces: 1,
		},
		{
			name: "no mailbox, and there is another way", err: &channels.SendError{Kind: channels.Address, Code: 550}, as: andante.Letter,
			step: sequences.Step{Kind: andante.Email, IfMissing: sequences.Missing{Do: "switch", Kind: andante.Letter}}, state: andante.Failed, reason: andante.ReasonAddress,
			outcome: andante.OutcomeAddress, due: monday, bounces: 1,
		},
		{
			name: "they have said stop", err: &channels.SendError{Kind: channels.Address, OptOut: true, Code: 21610}, kind: andante.SMS,
			step: sequences.Step{Kind: andante.SMS, IfMissing: sequences.Missing{Do: "switch", Kind: andante.Email}}, state: andante.Failed, reason: andante.ReasonOptedOut,
			outcome: andante.OutcomeAddress, due: monday,
		},
		{
			name: "a number that is none", err: &channels.SendError{Kind: channels.Address, Code: 21614}, kind: andante.SMS, state: andante.Failed, reason: andante.ReasonAddress,
			outcome: andante.OutcomeAddress, due: monday, bounces: 1,
		},
		{
			name: "not us", err: &channels.SendError{Kind: channels.Sender, Code: 554}, state: andante.Planned, reason: andante.ReasonSender,
			outcome: andante.OutcomeSender, due: monday, sender: true,
		},
		{
			name: "no answer", err: &channels.SendError{Kind: channels.Unknown}, state: andante.Unknown, reason: andante.ReasonUnknown,
			outcome: andante.OutcomeUnknown, counted: base.Counted, due: monday,
		},
		{
			name: "an error that nobody classified", err: errors.New("?"), state: andante.Unknown, reason: andante.ReasonUnknown,
			outcome: andante.OutcomeUnknown, counted: base.Counted, due: monday,
		},
		{
			name: "not written", err: &channels.SendError{Kind: channels.Untried}, state: andante.Planned, reason: andante.ReasonReturned,
			outcome: andante.OutcomeUntried, due: monday,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			base := base
			base.Kind = cmp.Or(test.kind, andante.Email)
			rec := newRecording([]outcome{{item: &item{touch: base, step: &test.step, policy: &governor.Policy{}}, err: test.err, at: monday}})
			s, a := rec.all[0], rec.attempts[0]
			if s.Touch.State != test.state || s.Touch.Reason != test.reason || s.End != test.end || s.As != test.as || s.Was != andante.Attempted {
				t.Errorf("%s %s, end %q", s.Touch.State, s.Touch.Reason, s.End)
			}
			if !s.Touch.Counted.Equal(test.counted) || !s.Touch.Due.Equal(test.due) || s.Touch.Lease != "" || s.Touch.Settled.IsZero() == s.Touch.State.Settled() {
				t.Errorf("%+v", s.Touch)
			}
			if a.Number != 3 || a.Outcome != test.outcome || len(rec.bounces) != test.bounces || (rec.sender != nil) != test.sender {
				t.Errorf("attempt %+v, %d bounces, sender %v", a, len(rec.bounces), rec.sender)
			}
			back := test.state == andante.Planned
			if (len(rec.back) == 1) != back || (len(rec.over) == 1) == back || (len(rec.verdicts) == 1) != back {
				t.Errorf("%d back, %d over, %d verdicts", len(rec.back), len(rec.over), len(rec.verdicts))
			}
		})
	}
}
