package cadence_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/cadence"
	"github.com/andante-hq/andante/calendar"
)

var berlin, _ = calendar.LoadZone("Europe/Berlin")

func day(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 12, 0, 0, 0, berlin)
}

func mails(days ...time.Time) (list []cadence.Given) {
	for _, at := range days {
		list = append(list, cadence.Given{At: at, Kind: andante.Email, Purpose: andante.Relationship})
	}
	return list
}

func TestTouches(t *testing.T) {
	span := cadence.Tier{Least: 8, Most: 12, By: cadence.Scale{Field: "account.revenue", From: 10000, To: 100000}}
	for _, test := range []struct {
		tier  cadence.Tier
		value float64
		want  int
	}{
		{cadence.Tier{Least: 4, Most: 4}, 0, 4},
		{span, 0, 8},
		{span, 10000, 8},
		{span, 55000, 10},
		{span, 100000, 12},
		{span, 1e9, 12},
		{cadence.Tier{Least: 8, Most: 12}, 55000, 8}, // nothing chooses within the span
	} {
		if got := test.tier.Touches(test.value); got != test.want {
			t.Errorf("%d to %d at %g: %d, want %d", test.tier.Least, test.tier.Most, test.value, got, test.want)
		}
	}
}

// TestSlots: every spread covers the year without a hole, and its slots want as many
// touches as are to be given.
func TestSlots(t *testing.T) {
	for _, spread := range cadence.Spreads {
		for n := 1; n <= 30; n++ {
			for _, year := range []int{2026, 2028} {
				slots, sum := spread.Slots(n, year, berlin), 0
				at := time.Date(year, 1, 1, 0, 0, 0, 0, berlin)
				for _, s := range slots {
					if !s.From.Equal(at) || !s.To.After(s.From) {
						t.Fatalf("%s, %d: a slot from %s to %s where one begins at %s", spread, n, s.From, s.To, at)
					}
					at, sum = s.To, sum+s.Wanted
				}
				if end := time.Date(year+1, 1, 1, 0, 0, 0, 0, berlin); !at.Equal(end) || sum != n {
					t.Errorf("%s, %d: the last ends %s, %d wanted", spread, n, at, sum)
				}
			}
		}
	}
	var quarters []time.Month
	for _, s := range cadence.Quarterly.Slots(4, 2026, berlin) {
		quarters = append(quarters, s.From.Month())
	}
	if diff := cmp.Diff([]time.Month{1, 4, 7, 10}, quarters); diff != "" {
		t.Error(diff)
	}
}

func TestStand(t *testing.T) {
	plan := cadence.Plan{
		Counts:    cadence.Counts{Inbound: true},
		Neglected: map[cadence.Spread]calendar.Offset{cadence.Quarterly: {Days: 120}},
	}
	four := cadence.Tier{Least: 4, Most: 4, Spread: cadence.Quarterly, ByPeople: 2}
	long := day(2020, 1, 1)
	for _, test := range []struct {
		name  string
		began time.Time
		given []cadence.Given
		now   time.Time
		want  cadence.Standing
	}{
		{
			name: "one in each quarter, however late in it", began: long, now: day(2026, 8, 1),
			given: mails(day(2026, 3, 31), day(2026, 4, 1), day(2026, 7, 31)),
			want:  cadence.Standing{Planned: 4, Given: 3, People: 2, DueBy: day(2026, 10, 1), Last: day(2026, 7, 31), Lately: 3},
		},
		{
			name: "four in January are not four in a year", began: long, now: day(2026, 5, 1),
			given: mails(day(2026, 1, 5), day(2026, 1, 6), day(2026, 1, 7), day(2026, 1, 8)),
			want:  cadence.Standing{Planned: 4, Given: 4, Due: 1, People: 2, DueBy: day(2026, 7, 1), Last: day(2026, 1, 8), Lately: 4},
		},
		{
			name: "a quarter gone by is missed, and neglect is counted from the last touch", began: long, now: day(2026, 8, 1),
			given: mails(day(2026, 2, 1)),
			want:  cadence.Standing{Planned: 4, Given: 1, Missed: 1, Due: 1, People: 2, DueBy: day(2026, 10, 1), Last: day(2026, 2, 1), Neglected: day(2026, 6, 1), Lately: 1},
		},
		{
			name: "last year does not fill this one", began: long, now: day(2026, 2, 1),
			given: mails(day(2025, 2, 20), day(2025, 12, 30), day(2024, 12, 1)),
			want:  cadence.Standing{Planned: 4, Due: 1, People: 2, DueBy: day(2026, 4, 1), Last: day(2025, 12, 30), Lately: 2, Before: 1},
		},
		{
			name: "who began in August is owed half a year", began: day(2026, 8, 1), now: day(2026, 8, 20),
			want: cadence.Standing{Planned: 2, Due: 1, People: 1, DueBy: day(2026, 10, 1)},
		},
		{
			name: "who has waited since they began is neglected", began: day(2026, 1, 10), now: day(2026, 8, 20),
			want: cadence.Standing{Planned: 4, Missed: 2, Due: 1, People: 2, DueBy: day(2026, 10, 1), Neglected: day(2026, 5, 10)},
		},
		{
			name: "their call to us counts, a call that reached nobody and what they asked for do not", began: long, now: day(2026, 3, 1),
			given: []cadence.Given{
				{At: day(2026, 2, 1), Kind: andante.Call, Inbound: true},
				{At: day(2026, 2, 2), Kind: andante.Call, Unanswered: true},
				{At: day(2026, 2, 3), Kind: andante.Email, Purpose: andante.Requested},
			},
			want: cadence.Standing{Planned: 4, Given: 1, ByPeople: 1, People: 2, DueBy: day(2026, 4, 1), Last: day(2026, 2, 1), Lately: 1},
		},
		{
			name: "a card that is on its way is not there", began: long, now: day(2026, 3, 1), given: mails(day(2026, 3, 4)),
			want: cadence.Standing{Planned: 4, Due: 1, People: 2, DueBy: day(2026, 4, 1), Neglected: day(2020, 4, 30)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := plan.Stand(&four, 4, test.began, test.given, test.now, berlin)
			midnight := test.want.DueBy
			test.want.DueBy = time.Date(midnight.Year(), midnight.Month(), midnight.Day(), 0, 0, 0, 0, berlin)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
