package worker

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
)

func TestFate(t *testing.T) {
	t.Parallel()
	touch := andante.Touch{
		State: andante.Claimed, Lease: "l", Due: monday, NotAfter: monday.Add(time.Minute), Counted: monday.Add(time.Minute), Deferred: 1,
		Reason: andante.ReasonWindow,
	}
	now, later := monday.Add(time.Hour), monday.Add(24*time.Hour)
	for _, test := range []struct {
		name   string
		f      *fate
		want   andante.Touch
		end    andante.Reason
		action andante.Action
	}{
		{
			"put off", putOff(andante.ReasonLimit, later, andante.Evidence{Rule: "week"}),
			andante.Touch{State: andante.Planned, Due: later, Deferred: 2, Reason: andante.ReasonLimit, Evidence: andante.Evidence{Rule: "week"}},
			"", andante.Defer,
		},
		{
			"skipped", skipped(andante.ReasonStale, andante.Evidence{}),
			andante.Touch{State: andante.Skipped, Due: monday, Deferred: 1, Settled: now, Reason: andante.ReasonStale},
			"", andante.Skip,
		},
		{
			"ended", ended(andante.ReasonExit, andante.Evidence{}),
			andante.Touch{State: andante.Skipped, Due: monday, Deferred: 1, Settled: now, Reason: andante.ReasonExit},
			andante.ReasonExit, andante.Finish,
		},
		{
			"failed", failed(andante.ReasonRender, errors.New("no\x00 text")),
			andante.Touch{State: andante.Failed, Due: monday, Deferred: 1, Settled: now, Reason: andante.ReasonRender, Evidence: andante.Evidence{Detail: andante.CleanText("no\x00 text")}},
			"", andante.Skip,
		},
	} {
		got := test.f.change(touch, "l", andante.Claimed, now)
		if diff := cmp.Diff(test.want, got.Touch); diff != "" || got.End != test.end || got.Was != andante.Claimed || got.Lease != "l" {
			t.Errorf("%s: %+v (-want +got):\n%s", test.name, got, diff)
		}
		if v := test.f.verdict(touch, "hash", now); v.Action != test.action || v.Reason != test.f.reason || !v.At.Equal(now) || v.Policy != "hash" {
			t.Errorf("%s: verdict %+v", test.name, v)
		}
	}
}

func TestHistoryOf(t *testing.T) {
	t.Parallel()
	earlier := []andante.Touch{
		{ID: "1", Step: "sent", State: andante.Sent},
		{ID: "2", Step: "unknown", State: andante.Unknown},
		{ID: "3", Step: "done", State: andante.Done, Result: andante.Voicemail},
		{ID: "4", Step: "skipped", State: andante.Skipped},
		{ID: "5", Step: "failed", State: andante.Failed},
		{ID: "6", Step: "canceled", State: andante.Canceled},
		{ID: "7", Step: "planned", State: andante.Planned},
	}
	events := []store.LastEvent{
		{Name: andante.EventClicked, Touch: "1", At: monday},
		{Name: andante.EventClicked, Touch: "other", At: monday.Add(time.Hour)},
		{Name: andante.EventOpened, Touch: "2", At: monday},
		{Name: andante.EventReplied, At: monday},
		{Name: "form.filled", At: monday.Add(-time.Hour)},
	}
	want := conditions.History{
		Now: monday, Sent: map[string]bool{"sent": true, "unknown": true, "done": true}, Skipped: map[string]bool{"skipped": true, "failed": true},
		Opened: map[string]bool{"unknown": true}, Clicked: map[string]bool{"sent": true}, Replied: true,
		Outcome: map[string]string{"done": "voicemail"},
		Events: map[string]time.Time{
			andante.EventClicked: monday.Add(time.Hour), andante.EventOpened: monday, andante.EventReplied: monday, "form.filled": monday.Add(-time.Hour),
		},
	}
	if diff := cmp.Diff(want, historyOf(monday, earlier, events)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestThreadOf(t *testing.T) {
	t.Parallel()
	mail := func(id, subject string, state andante.State, day int) andante.Touch {
		return andante.Touch{ID: andante.TouchID(id), Kind: andante.Email, State: state, MessageID: id + "@x", Subject: subject, Sender: "nora", Settled: monday.AddDate(0, 0, day)}
	}
	one, two, three := mail("1", "One", andante.Sent, 0), mail("2", "Re: One", andante.Sent, 1), mail("3", "Re: One", andante.Unknown, 2)
	other := mail("9", "Other", andante.Sent, 5)
	sms := andante.Touch{ID: "s", Kind: andante.SMS, State: andante.Sent, MessageID: "s@x", Settled: monday.AddDate(0, 0, 9)}
	for _, test := range []struct {
		name    string
		earlier []andante.Touch
		ids     []string
		subject string
	}{
		{"nothing", nil, nil, ""},
		{"one", []andante.Touch{one}, []string{"1@x"}, "Re: One"},
		{"in any order", []andante.Touch{three, one, two}, []string{"1@x", "2@x", "3@x"}, "Re: One"},
		{"what was not sent", []andante.Touch{one, mail("4", "Four", andante.Skipped, 3), mail("5", "Five", andante.Failed, 4), mail("6", "", andante.Planned, 5)}, []string{"1@x"}, "Re: One"},
		{"another conversation", []andante.Touch{one, two, other}, []string{"9@x"}, "Re: Other"},
		{"another kind", []andante.Touch{one, sms}, []string{"1@x"}, "Re: One"},
		{"no mail", []andante.Touch{sms}, nil, ""},
	} {
		got := threadOf(&sequences.Step{Thread: true}, test.earlier)
		if !slices.Equal(got.ids, test.ids) || got.subject != test.subject || got.on != (test.ids != nil) {
			t.Errorf("%s: %+v", test.name, got)
		}
		if got.on && (got.last.MessageID != test.ids[len(test.ids)-1] || got.sender != "nora") {
			t.Errorf("%s: answers %s as %s", test.name, got.last.MessageID, got.sender)
		}
	}
	if got := threadOf(&sequences.Step{}, []andante.Touch{one}); got.on {
		t.Error("a step that is no answer stands on its own")
	}
}
