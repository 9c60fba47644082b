package recount

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func people() []Person {
	facts := func(stage, tier, persona, country string) map[string]string {
		return map[string]string{"stages": stage, "tiers": tier, "personas": persona, "countries": country}
	}
	west := time.FixedZone("west", -8*3600)
	return []Person{
		{"1", "anna@berg.example", "Anna Berg", "berg", time.UTC, facts("prospect", "key", "cfo", "DE")},
		{"2", "ben@berg.example", "Ben Berg", "berg", time.UTC, facts("prospect", "key", "coo", "US")},
		{"3", "home@solo.example", "Carl Solo", "solo", west, facts("customer", "residential", "", "")},
		{"4", "home@solo.example", "Dora Solo", "solo", west, facts("customer", "residential", "", "")},
	}
}

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A mail to somebody, so long after the beginning.
type sent struct {
	to    string
	after time.Duration
}

const (
	anna = "Anna Berg <anna@berg.example>"
	ben  = "Ben Berg <ben@berg.example>"
	carl = "Carl Solo <home@solo.example>"
	dora = "Dora Solo <home@solo.example>"
	day  = 24 * time.Hour
)

func world(t *testing.T, policy string, mails []sent) (folder string, list []Person, governor string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for i, m := range mails {
		stamp := start.Add(m.after).Format(time.RFC1123Z)
		write(fmt.Sprintf("%d.eml", i), "Received: from a by b; "+stamp+"\r\nTo: "+m.to+"\r\nSubject: x\r\n\r\nHello\r\n")
	}
	return dir, people(), write("governor.yaml", policy)
}

func TestInbox(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		policy string
		mails  []sent
		want   []Broken
	}{
		{"at the limit", "limits:\n  - {name: week, max: 2, per: 7d}\n", []sent{{anna, 0}, {anna, day}, {anna, 7 * day}, {anna, 8 * day}}, nil},
		{
			"over it by a second", "limits:\n  - {name: week, max: 2, per: 7d}\n",
			[]sent{{anna, 0}, {anna, day}, {anna, 7*day - time.Second}},
			[]Broken{{Limit: "week", Subject: "1", Count: 3, Max: 2, End: start.Add(7*day - time.Second)}},
		},
		{
			"by account", "limits:\n  - {name: all, scope: account, max: 1, per: 24h}\n",
			[]sent{{anna, 0}, {ben, time.Hour}, {carl, 0}, {dora, 25 * time.Hour}},
			[]Broken{{Limit: "all", Subject: "berg", Count: 2, Max: 1, End: start.Add(time.Hour)}},
		},
		{
			"by address", "limits:\n  - {name: box, scope: address, max: 1, per: 1w}\n",
			[]sent{{anna, 0}, {ben, 0}, {carl, 0}, {dora, day}},
			[]Broken{{Limit: "box", Subject: "home@solo.example", Count: 2, Max: 1, End: start.Add(day)}},
		},
		{
			"whom it is about", "limits:\n  - {name: homes, max: 1, per: 7d, who: {tiers: residential}}\n  - {name: cfos, max: 1, per: 7d, who: {personas: [coo, cfo], stages: [customer]}}\n",
			[]sent{{anna, 0}, {anna, day}, {dora, 0}, {dora, day}},
			[]Broken{{Limit: "homes", Subject: "4", Count: 2, Max: 1, End: start.Add(day)}},
		},
		{
			"by points", "limits:\n  - {name: load, max_points: 5, per: 7d}\npoints: {email: 2, sms: 3}\n",
			[]sent{{anna, 0}, {anna, day}, {anna, 2 * day}, {ben, 0}, {ben, day}},
			[]Broken{{Limit: "load", Subject: "1", Count: 6, Max: 5, End: start.Add(2 * day)}},
		},
		{
			"the calendar's day, where the contact lives", "limits:\n  - {name: day, max: 1, per: day}\n",
			[]sent{{anna, 14 * time.Hour}, {anna, 15 * time.Hour}, {carl, 14 * time.Hour}, {carl, 15 * time.Hour}, {dora, 22 * time.Hour}, {dora, 23 * time.Hour}},
			[]Broken{
				{Limit: "day", Subject: "3", Count: 2, Max: 1, End: start.Add(15 * time.Hour)},
			},
		},
		{
			"the calendar's week", "limits:\n  - {name: week, max: 1, per: week}\n", // the beginning is a Monday
			[]sent{{anna, 6 * day}, {anna, 7 * day}, {ben, 0}, {ben, 6 * day}},
			[]Broken{{Limit: "week", Subject: "2", Count: 2, Max: 1, End: start.Add(6 * day)}},
		},
		{
			"of a colleague whom it is not about", "limits:\n  - {name: german, scope: account, max: 1, per: 7d, who: {countries: [DE]}}\n",
			[]sent{{anna, 0}, {ben, day}, {ben, 2 * day}, {ben, 10 * day}, {anna, 11 * day}},
			[]Broken{{Limit: "german", Subject: "berg", Count: 2, Max: 1, End: start.Add(11 * day)}},
		},
		{"of another kind", "limits:\n  - {name: sms, max: 1, per: 7d, count: {kinds: [sms], unanswered: yes}}\n", []sent{{anna, 0}, {anna, day}}, nil},
		{
			"of this kind, in a whole policy", "gap: [{min: 48h}]\nlimits:\n  - {name: mail, max: 1, per: 7d, count: {kinds: email}}\nlook_ahead: 3d\n",
			[]sent{{anna, 0}, {anna, day}},
			[]Broken{{Limit: "mail", Subject: "1", Count: 2, Max: 1, End: start.Add(day)}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			broken, mails, err := Inbox(world(t, c.policy, c.mails))
			if err != nil || mails != len(c.mails) {
				t.Fatalf("%d mails, error %v", mails, err)
			}
			if diff := cmp.Diff(c.want, broken, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); diff != "" {
				t.Errorf("broken (-want +got):\n%s", diff)
			}
		})
	}
}

// What can't be counted must not pass for unbroken.
func TestInboxThatCannotBeCounted(t *testing.T) {
	t.Parallel()
	const good = "limits:\n  - {name: week, max: 2, per: 7d}\n"
	for name, c := range map[string]struct {
		policy string
		mails  []sent
	}{
		"a policy that is no YAML":          {"limits: [", nil},
		"a limit that is no number":         {"limits:\n  - {name: week, max: many, per: 7d}\n", nil},
		"a count of purposes":               {"limits:\n  - {name: week, max: 2, per: 7d, count: {purposes: [marketing]}}\n", nil},
		"a fact that nobody tells":          {"limits:\n  - {name: week, max: 2, per: 7d, who: {moods: [good]}}\n", nil},
		"a period that is none":             {"limits:\n  - {name: week, max: 2, per: ''}\n", nil},
		"a recipient whom nobody knows":     {good, []sent{{"x@y.example", 0}}},
		"two who share an address, no name": {good, []sent{{"home@solo.example", 0}}},
		"two recipients":                    {good, []sent{{anna + ", " + ben, 0}}},
	} {
		if broken, _, err := Inbox(world(t, c.policy, c.mails)); err == nil {
			t.Errorf("%s: no error, broken %v", name, broken)
		}
	}
}
