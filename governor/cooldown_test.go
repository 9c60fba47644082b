package governor_test

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
)

func introduction(t *governor.Touch) { t.Introduction = true }

// signs are what the contact and its account gave, so long before noon.
func signs(change func(*andante.Signals)) func(*governor.Facts) {
	return func(f *governor.Facts) { change(&f.Signals); change(&f.Together) }
}

func ago(d time.Duration) time.Time { return noon.Add(-d) }

func TestCoolDown(t *testing.T) {
	days := func(n int) calendar.Offset { return calendar.Offset{Days: n, Written: "days"} }
	intro := governor.Policy{CoolDowns: []governor.CoolDown{
		{After: governor.AfterIntroduction, By: []andante.Kind{andante.Call}, Scope: governor.ScopeContact, Lasts: days(10)},
		{After: governor.AfterIntroduction, Scope: governor.ScopeContact, Lasts: days(5)},
	}}
	household := governor.Policy{CoolDowns: []governor.CoolDown{{After: governor.AfterIntroduction, Scope: governor.ScopeAccount, Lasts: days(5)}}}
	reply := governor.Policy{CoolDowns: []governor.CoolDown{{After: governor.AfterReply, Scope: governor.ScopeAccount, Lasts: calendar.Offset{BusinessDays: 5}, UntilAnswered: true}}}
	change := governor.Policy{CoolDowns: []governor.CoolDown{{After: governor.AfterStageChange, Scope: governor.ScopeContact, Lasts: days(3), ExceptBegun: true}}}
	prospects := governor.Policy{CoolDowns: []governor.CoolDown{{After: governor.AfterIntroduction, Scope: governor.ScopeContact, Who: governor.Who{Stages: []string{"customer"}}, Lasts: days(5)}}}
	run(t, []ask{
		{
			name: "five days after an introduction by mail", policy: intro, touches: []governor.Touch{touch("hello", -2*day, introduction)},
			want: `defer cool_down "introduction" until 2026-03-13 12:00 filled by hello`,
		},
		{
			name: "ten days after one by a human", policy: intro, touches: []governor.Touch{touch("hello", -6*day, introduction, kind(andante.Call))},
			want: `defer cool_down "introduction" until 2026-03-14 12:00 filled by hello`,
		},
		{name: "a call that nobody answered introduced nobody", policy: intro, touches: []governor.Touch{touch("hello", -day, introduction, kind(andante.Call), func(t *governor.Touch) { t.Unanswered = true })}, want: "go"},
		{name: "five days later it is over", policy: intro, touches: []governor.Touch{touch("hello", -5*day, introduction)}, want: "go"},
		{name: "a mail that introduces nobody", policy: intro, touches: []governor.Touch{touch("hello", -day)}, want: "go"},
		{name: "a reply ends it", policy: intro, touches: []governor.Touch{touch("hello", -2*day, introduction)}, facts: signs(func(s *andante.Signals) { s.Replied = ago(day) }), want: "go"},
		{name: "so does a meeting", policy: intro, touches: []governor.Touch{touch("hello", -2*day, introduction)}, facts: signs(func(s *andante.Signals) { s.Met = ago(time.Hour) }), want: "go"},
		{name: "and what they ask for", policy: intro, touches: []governor.Touch{touch("hello", -2*day, introduction)}, facts: signs(func(s *andante.Signals) { s.Requested = ago(time.Hour) }), want: "go"},
		{
			name: "a reply from before does not", policy: intro, touches: []governor.Touch{touch("hello", -2*day, introduction)}, facts: signs(func(s *andante.Signals) { s.Replied = ago(3 * day) }),
			want: `defer cool_down "introduction" until 2026-03-13 12:00 filled by hello`,
		},
		{name: "a colleague's introduction is not theirs", policy: intro, touches: []governor.Touch{touch("hello", -day, introduction, colleague)}, want: "go"},
		{
			name: "but where the scope is the account", policy: household, touches: []governor.Touch{touch("hello", -day, introduction, colleague)},
			want: `defer cool_down "introduction" until 2026-03-14 12:00 filled by hello`,
		},
		{
			name: "an introduction waits for the card that would come into its silence", policy: intro, candidate: governor.Candidate{Introduction: true}, touches: []governor.Touch{touch("card", 3*day)},
			want: `defer cool_down "introduction" until 2026-03-13 12:00 filled by card`,
		},
		{name: "a card that comes when it is over does not matter", policy: intro, candidate: governor.Candidate{Introduction: true}, touches: []governor.Touch{touch("card", 5*day)}, want: "go"},
		{name: "those whom it is not about", policy: prospects, touches: []governor.Touch{touch("hello", -day, introduction)}, want: "go"},
		{
			name: "a reply silences the account for five business days", policy: reply, facts: signs(func(s *andante.Signals) { s.Replied = ago(day) }),
			want: `defer cool_down "reply" until 2026-03-16 12:00`,
		},
		{name: "until it is answered", policy: reply, facts: signs(func(s *andante.Signals) { s.Replied, s.Answered = ago(day), ago(time.Hour) }), want: "go"},
		{
			name: "an answer to the reply before is none", policy: reply, facts: signs(func(s *andante.Signals) { s.Replied, s.Answered = ago(day), ago(2*day) }),
			want: `defer cool_down "reply" until 2026-03-16 12:00`,
		},
		{name: "who writes back by hand is not silenced", policy: reply, candidate: governor.Candidate{Kind: andante.Call}, facts: signs(func(s *andante.Signals) { s.Replied = ago(day) }), want: "go"},
		{name: "nor what they asked for", policy: reply, candidate: governor.Candidate{Purpose: andante.Requested}, facts: signs(func(s *andante.Signals) { s.Replied = ago(day) }), want: "go"},
		{
			name: "a change of stage", policy: change, facts: signs(func(s *andante.Signals) { s.Staged = ago(day) }),
			want: `defer cool_down "stage_change" until 2026-03-12 12:00`,
		},
		{name: "but for the sequence that it began", policy: change, candidate: governor.Candidate{ByStage: ago(day)}, facts: signs(func(s *andante.Signals) { s.Staged = ago(day) }), want: "go"},
		{
			name: "one that an earlier change began is silent", policy: change, candidate: governor.Candidate{ByStage: ago(9 * day)}, facts: signs(func(s *andante.Signals) { s.Staged = ago(day) }),
			want: `defer cool_down "stage_change" until 2026-03-12 12:00`,
		},
	})
}

func TestEase(t *testing.T) {
	p := governor.Policy{
		Gaps: []governor.Gap{{Min: rolling(2 * day)}},
		Ease: []governor.Ease{{Ignored: 3, Gap: rolling(7 * day)}, {Ignored: 5, Hold: rolling(90 * day)}},
	}
	mails := func(n int, change ...func(*governor.Touch)) (list []governor.Touch) {
		for i := range n {
			list = append(list, touch(string(rune('a'+i)), -3*day-time.Duration(i)*10*day, change...))
		}
		return list
	}
	run(t, []ask{
		{name: "two without an answer", policy: p, touches: mails(2), want: "go"},
		{name: "three: a week", policy: p, touches: mails(3), want: `defer ease "gap" until 2026-03-14 12:00 filled by a`},
		{name: "five: a rest of three months", policy: p, touches: mails(5), want: `defer ease "hold" until 2026-06-05 12:00 filled by a`},
		{name: "a response ends it", policy: p, touches: mails(5), facts: signs(func(s *andante.Signals) { s.Responded = ago(time.Hour) }), want: "go"},
		{
			name: "what came before the response is forgiven", policy: p, touches: mails(5), facts: signs(func(s *andante.Signals) { s.Responded = ago(40 * day) }),
			want: `defer ease "gap" until 2026-03-14 12:00 filled by a`,
		},
		{name: "calls that reached nobody ignore nothing", policy: p, touches: mails(5, kind(andante.Call), func(t *governor.Touch) { t.Unanswered = true }), want: "go"},
		{name: "a colleague's are not theirs", policy: p, touches: mails(5, colleague), want: "go"},
		{name: "what they asked for goes", policy: p, touches: mails(5), candidate: governor.Candidate{Purpose: andante.Requested}, want: "go"},
	})
}

func TestChoice(t *testing.T) {
	chose := func(c andante.Choice) func(*governor.Facts) { return func(f *governor.Facts) { f.Choice = c } }
	own := func(l governor.Limit) func(*governor.Facts) {
		return func(f *governor.Facts) { f.Own = []governor.Limit{l} }
	}
	monthly := governor.Limit{Name: "choice", Max: 1, Per: rolling(30 * day), Reason: andante.ReasonChoice}
	none := governor.Policy{}
	run(t, []ask{
		{
			name: "at most one a month", facts: own(monthly), touches: []governor.Touch{touch("a", -10*day)},
			want: `defer choice "choice" until 2026-03-30 12:00 filled by a`,
		},
		{
			name: "high priority does not help", facts: own(monthly), touches: []governor.Touch{touch("a", -10*day)}, candidate: governor.Candidate{Priority: andante.High},
			want: `defer choice "choice" until 2026-03-30 12:00 filled by a`,
		},
		{name: "a pause", policy: none, facts: chose(andante.Choice{Pause: noon.Add(60 * day)}), want: "defer choice until 2026-05-09 12:00"},
		{name: "a pause that is over", policy: none, facts: chose(andante.Choice{Pause: noon}), want: "go"},
		{name: "only by post", facts: chose(andante.Choice{Only: []andante.Kind{andante.Postcard, andante.Letter}}), want: "skip choice"},
		{name: "a kind that they chose", facts: chose(andante.Choice{Only: []andante.Kind{andante.Email}}), want: "go"},
		{name: "nothing about energy", facts: chose(andante.Choice{Not: []string{"energy"}}), candidate: governor.Candidate{Topic: "energy"}, want: "skip choice"},
		{name: "another topic", facts: chose(andante.Choice{Not: []string{"energy"}}), candidate: governor.Candidate{Topic: "water"}, want: "go"},
		{
			name: "what they ask for afterwards comes", facts: chose(andante.Choice{Only: []andante.Kind{andante.Letter}, Pause: noon.Add(day)}),
			candidate: governor.Candidate{Purpose: andante.Requested}, want: "go",
		},
	})
}

// TestLanding plays cards, which count at noon of the day on which they arrive.
func TestLanding(t *testing.T) {
	card := governor.Candidate{Kind: andante.Postcard}
	posted := governor.Policy{
		Landing: map[andante.Kind]calendar.Offset{andante.Postcard: {BusinessDays: 4}},
		Limits:  []governor.Limit{{Name: "week", Max: 1, Per: rolling(7 * day)}},
	}
	memorial := func(f *governor.Facts) {
		f.Holidays = calendar.HolidaysOf("US")
		f.Zones = []*time.Location{newYork}
	}
	run(t, []ask{
		// The card would arrive on Monday the 16th at noon.
		{name: "a mail of seven days before the card lands", policy: posted, candidate: card, touches: []governor.Touch{touch("mail", -day)}, want: "go"},
		{
			name: "a mail of six days before it lands", policy: posted, candidate: card, touches: []governor.Touch{touch("mail", 0)},
			// Posted on Wednesday it lands on Tuesday the 17th, a week after the mail.
			want: `defer limit "week" until 2026-03-11 00:00 filled by mail`,
		},
		{
			name: "over a weekend and a holiday", policy: posted, candidate: card, facts: memorial, now: time.Date(2026, 5, 21, 15, 0, 0, 0, time.UTC),
			// Thursday before Memorial Day: it lands on Thursday the 28th; the mail was on Friday.
			touches: []governor.Touch{touch("mail", time.Date(2026, 5, 22, 15, 0, 0, 0, time.UTC).Sub(noon))},
			want:    `defer limit "week" until 2026-05-22 04:00 filled by mail`,
		},
		{
			name: "a mail before a card that is on its way", policy: posted, touches: []governor.Touch{touch("card", 6*day, kind(andante.Postcard))},
			want: `defer limit "week" until 2026-03-23 12:00 filled by card`,
		},
	})
	f := governor.Facts{Zones: []*time.Location{newYork}}
	got := posted.Lands(&f, andante.Postcard, noon)
	if want := time.Date(2026, 3, 16, 12, 0, 0, 0, newYork); !got.Equal(want) {
		t.Errorf("lands %s, not %s", got, want)
	}
	if got := posted.Lands(&f, andante.Email, noon); !got.Equal(noon) {
		t.Errorf("a mail lands %s", got)
	}
}

func TestReserve(t *testing.T) {
	p := limits(governor.Limit{Name: "month", Max: 3, Per: rolling(30 * day), Reserve: governor.Reserve{Slots: 1, For: andante.High}})
	two := []governor.Touch{touch("a", -20*day), touch("b", -10*day)}
	run(t, []ask{
		{name: "the last place is kept", policy: p, touches: two, candidate: governor.Candidate{Priority: andante.Normal}, want: `defer limit "month" until 2026-03-20 12:00 filled by a b`},
		{name: "for what is of high priority", policy: p, touches: two, candidate: governor.Candidate{Priority: andante.High}, want: "go"},
		{name: "the others are open", policy: p, touches: two[:1], candidate: governor.Candidate{Priority: andante.Low}, want: "go"},
	})
}
