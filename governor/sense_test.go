package governor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
)

func TestRemarks(t *testing.T) {
	t.Parallel()
	prospects := governor.Who{Stages: []string{"prospect"}}
	mails := governor.Count{Kinds: []andante.Kind{andante.Email}}
	for _, test := range []struct {
		name   string
		policy governor.Policy
		want   []governor.Remark
	}{
		{name: "nothing", policy: limits(
			governor.Limit{Name: "week", Max: 2, Per: rolling(7 * day)}, governor.Limit{Name: "month", Max: 5, Per: rolling(30 * day)},
			governor.Limit{Name: "year", Scope: governor.ScopeAccount, Max: 100, Per: rolling(365 * day)}, // another scope
		)},
		{name: "a month that the week never fills", policy: limits(
			governor.Limit{Name: "week", Max: 1, Per: rolling(7 * day)}, governor.Limit{Name: "month", Max: 5, Per: governor.Period{Written: "30d", Length: 30 * day}},
		), want: []governor.Remark{{"limits", 1, "month can never be full: week lets no more than 5 through in 30d"}}},
		{name: "for some, by a limit for all", policy: limits(
			governor.Limit{Name: "all", Max: 2, Per: rolling(7 * day)}, governor.Limit{Name: "some", Max: 2, Per: governor.Period{Written: "7d", Length: 7 * day}, Who: prospects, Count: mails},
		), want: []governor.Remark{{"limits", 1, "some can never be full: all lets no more than 2 through in 7d"}}},
		{name: "for all, beside a limit for some", policy: limits(
			governor.Limit{Name: "some", Max: 2, Per: rolling(7 * day), Who: prospects}, governor.Limit{Name: "all", Max: 2, Per: rolling(7 * day)},
			governor.Limit{Name: "mails", Max: 1, Per: rolling(6 * day), Count: mails},
		)},
		{name: "by the gap", policy: governor.Policy{
			Limits: []governor.Limit{{Name: "day", Max: 1, Per: governor.Period{Written: "24h", Length: day}}},
			Gaps:   []governor.Gap{{Who: prospects, Min: rolling(3 * day)}, {Min: rolling(2 * day)}},
		}, want: []governor.Remark{{"limits", 0, "day can never be full: the gap lets no more than 1 through in 24h"}}},
		{name: "a gap for some is none for all", policy: governor.Policy{
			Limits: []governor.Limit{{Name: "day", Max: 1, Per: rolling(day)}}, Gaps: []governor.Gap{{Who: prospects, Min: rolling(3 * day)}},
		}},
		{name: "a kind that never goes", policy: governor.Policy{
			Limits: []governor.Limit{{Name: "points", MaxPoints: 2, Per: rolling(day)}}, Points: map[andante.Kind]float64{andante.Call: 3},
		}, want: []governor.Remark{{"limits", 0, "call weighs 3 points and points lets 2 through: none ever goes to those whom it is about"}}},
		{name: "rules behind others", policy: governor.Policy{
			Gaps:    []governor.Gap{{Min: governor.Period{Written: "48h", Length: 2 * day}}, {Between: [2]andante.Kind{andante.Email, andante.Call}, Min: governor.Period{Written: "20h", Length: 20 * time.Hour}}},
			Windows: []governor.WindowRule{{Window: window("Mon-Fri 08:00-17:30")}, {Kinds: []andante.Kind{andante.SMS}, Window: window("Mon-Sat 10:00-19:00")}},
			Ease:    []governor.Ease{{Ignored: 5, Gap: rolling(7 * day)}, {Ignored: 9, Gap: rolling(5 * day)}},
		}, want: []governor.Remark{
			{"gap", 1, "the gap of 20h is never asked: the one of 48h above it matches first"},
			{"windows", 1, `these hours are never asked: "Mon-Fri 08:00-17:30" above them matches first`},
			{"ease", 1, "after 9 ignored touches nothing changes: what follows 5 stretches as far"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.policy.Remarks()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := governor.Policy{
		Limits: []governor.Limit{
			{Name: "texts", Max: 1, Per: governor.Period{Written: "month", Unit: "month"}, Count: governor.Count{Kinds: []andante.Kind{andante.SMS}, Purposes: []andante.Purpose{andante.Marketing}, Requested: true}},
			{Name: "points", Scope: governor.ScopeAccount, MaxPoints: 4.5, Per: governor.Period{Written: "1d", Length: day}, Who: governor.Who{Stages: []string{"former"}, Tiers: []string{"key"}}, Reserve: governor.Reserve{Slots: 1}},
			{Name: "once", Max: 1, Per: governor.Period{Written: "24h", Length: day}, Who: governor.Who{Stages: []string{"prospect"}}},
		},
		Gaps:      []governor.Gap{{Between: [2]andante.Kind{andante.Call, andante.Call}, Min: governor.Period{Written: "1h"}}},
		CoolDowns: []governor.CoolDown{{After: governor.AfterReply, Scope: governor.ScopeAccount, Lasts: calendar.Offset{Days: 3, Written: "3d"}}},
	}
	want := []string{
		"A contact gets at most 1 text message of purpose marketing in one calendar month. What they asked for counts too. (texts)",
		"An account of stage former and tier key gets at most 4.5 points of touches in any 1 day, all of its people together. The last 1 are kept for what has high priority or more. (points)",
		"A prospect gets at most 1 touch in any 24 hours. (once)",
		"Every touch takes 1 point. (points)",
		"Between two touches by call to a contact lie at least 1 hour. (gap)",
		"After a reply there is silence for 3 days towards the whole account, or until somebody has met them or been asked for something; people may call all the same. (cool_down)",
		"Emails, text messages, calls, visits and video calls go at any hour of the day or night: no window is about them. (windows)",
		"What a contact asked for (purpose: requested) is not limited; what a contact chose wins over all of this.",
	}
	if diff := cmp.Diff(want, p.Explain()); diff != "" {
		t.Error(diff)
	}
}
