package workspace_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/workspace"
)

const day = 24 * time.Hour

func TestShippedPolicy(t *testing.T) {
	t.Parallel()
	p := load(t, nil).Policy
	days := func(n int, written string) governor.Period {
		return governor.Period{Written: written, Length: time.Duration(n) * day}
	}
	want := []governor.Limit{
		{Name: "week", Scope: "contact", Max: 2, Per: days(7, "7d")},
		{Name: "month", Scope: "contact", Max: 5, Per: days(30, "30d")},
		{Name: "prospect-month", Scope: "contact", Max: 4, Per: days(30, "30d"), Who: governor.Who{Stages: []string{"prospect"}}},
		{Name: "household-year", Scope: "account", Max: 8, Per: days(365, "365d"), Who: governor.Who{Tiers: []string{"residential"}}},
		{Name: "account-week", Scope: "account", Max: 4, Per: days(7, "7d"), Who: governor.Who{Tiers: []string{"commercial", "key"}}},
		{Name: "address-week", Scope: "address", Max: 2, Per: days(7, "7d")},
		{Name: "sms-week", Scope: "contact", Max: 1, Per: days(7, "7d"), Count: governor.Count{Kinds: []andante.Kind{andante.SMS}}},
		{Name: "dials", Scope: "address", Max: 2, Per: governor.Period{Written: "24h", Length: day}, Count: governor.Count{Kinds: []andante.Kind{andante.Call}, Unanswered: true}},
	}
	if diff := cmp.Diff(want, p.Limits); diff != "" {
		t.Error(diff)
	}
	gaps := []governor.Gap{
		{Between: [2]andante.Kind{andante.Email, andante.Call}, Min: governor.Period{Written: "20h", Length: 20 * time.Hour}},
		{Who: governor.Who{Stages: []string{"prospect"}}, Min: governor.Period{Written: "72h", Length: 72 * time.Hour}},
		{Min: governor.Period{Written: "48h", Length: 48 * time.Hour}},
	}
	if diff := cmp.Diff(gaps, p.Gaps); diff != "" {
		t.Error(diff)
	}
	home, office := governor.Facts{Tier: "residential"}, governor.Facts{Tier: "key"}
	for _, test := range []struct {
		facts *governor.Facts
		kind  andante.Kind
		want  string
	}{
		{&home, andante.Email, "Mon-Sat 08:00-20:00"},
		{&office, andante.Email, "Mon-Fri 08:00-17:30"},
		{&home, andante.Call, "Mon-Fri 10:00-12:30, 15:00-19:00"},
		{&office, andante.Visit, "Mon-Fri 09:00-12:00, 13:30-17:00"},
		{&home, andante.SMS, "Mon-Sat 10:00-19:00"},
		{&office, andante.Card, ""},
	} {
		w, _ := p.WindowFor(test.facts, test.kind)
		if w.String() != test.want {
			t.Errorf("%s of %s: %s", test.kind, test.facts.Tier, w)
		}
	}
	if !p.Holidays || len(p.Hash) != 64 || len(p.CoolDowns) != 4 || len(p.Ease) != 3 || len(p.Landing) != 3 || p.LookAhead.String() != "3d" {
		t.Errorf("holidays %t, hash %s, %d cool-downs, %d steps of ease, %d landings, look-ahead %s",
			p.Holidays, p.Hash, len(p.CoolDowns), len(p.Ease), len(p.Landing), p.LookAhead)
	}
}

func TestPolicyValues(t *testing.T) {
	t.Parallel()
	p := load(t, map[string]string{"governor.yaml": `
limits:
  - {name: points, scope: account, max_points: 4.5, per: week, who: {personas: cfo, countries: [US, DE]}, count: {kinds: email, purposes: [marketing], requested: yes}}
  - {name: kept, max: 3, per: 90min, reserve: {slots: 1, for: normal}}
points: {email: 1, call: 2.5}
`}).Policy
	want := []governor.Limit{
		{
			Name: "points", Scope: "account", MaxPoints: 4.5, Per: governor.Period{Written: "week", Unit: "week"},
			Who:   governor.Who{Personas: []string{"cfo"}, Countries: []string{"US", "DE"}},
			Count: governor.Count{Kinds: []andante.Kind{andante.Email}, Purposes: []andante.Purpose{andante.Marketing}, Requested: true},
		},
		{Name: "kept", Scope: "contact", Max: 3, Per: governor.Period{Written: "90min", Length: 90 * time.Minute}, Reserve: governor.Reserve{Slots: 1, For: andante.Normal}},
	}
	if diff := cmp.Diff(want, p.Limits); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[andante.Kind]float64{andante.Email: 1, andante.Call: 2.5}, p.Points); diff != "" {
		t.Error(diff)
	}
	if p.Holidays || len(p.Windows) > 0 || len(p.Gaps) > 0 {
		t.Error("a policy of one's own is mixed with the shipped one")
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	shipped := load(t, nil).Consent
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	since := func(b andante.Basis, days int, change ...func(*andante.Consent)) []andante.Consent {
		c := andante.Consent{Basis: b, At: now.AddDate(0, 0, -days)}
		for _, f := range change {
			f(&c)
		}
		return []andante.Consent{c}
	}
	forKind := func(k andante.Kind) func(*andante.Consent) { return func(c *andante.Consent) { c.Kind = k } }
	forPurpose := func(p andante.Purpose) func(*andante.Consent) { return func(c *andante.Consent) { c.Purpose = p } }
	for _, test := range []struct {
		name    string
		kind    andante.Kind
		country string
		tier    string
		has     []andante.Consent
		want    string // needs; empty: allowed
	}{
		{"US: a mail needs none", andante.Email, "US", "", nil, ""},
		{"US: a text message needs an opt-in", andante.SMS, "US", "", since(andante.CustomerOf, 1), "opt_in"},
		{"with an opt-in", andante.SMS, "US", "", since(andante.OptIn, 9999), ""},
		{"CA: nothing", andante.Email, "CA", "", nil, "opt_in, customer 730d, inquiry 180d"},
		{"CA: a customer of 729 days", andante.Email, "CA", "", since(andante.CustomerOf, 729), ""},
		{"CA: a customer of 730 days", andante.Email, "CA", "", since(andante.CustomerOf, 730), "opt_in, customer 730d, inquiry 180d"},
		{"CA: an inquiry of 179 days", andante.Email, "CA", "", since(andante.Inquiry, 179), ""},
		{"CA: an inquiry of 180 days", andante.Email, "CA", "", since(andante.Inquiry, 180), "opt_in, customer 730d, inquiry 180d"},
		{"CA: an opt-in does not end", andante.Email, "CA", "", since(andante.OptIn, 9999), ""},
		{"GB: a business", andante.Email, "GB", "", since(andante.BusinessMail, 1), ""},
		{"FR: its own rule comes before the union's", andante.Email, "FR", "", since(andante.BusinessMail, 1), ""},
		{"DE: a business is not enough", andante.Email, "DE", "", since(andante.BusinessMail, 1), "opt_in, customer"},
		{"NO: in the EEA", andante.Email, "NO", "", nil, "opt_in, customer"},
		{"HR: a customer", andante.Email, "HR", "", since(andante.CustomerOf, 1), ""},
		{"CH", andante.Email, "CH", "", nil, "opt_in, customer"},
		{"JP: the last rule", andante.Email, "JP", "", since(andante.CustomerOf, 1), "opt_in"},
		{"an unknown country", andante.Email, "", "", nil, "opt_in"},
		{"a call to a German home", andante.Call, "DE", "residential", nil, "opt_in"},
		{"a call to a German company", andante.Call, "DE", "commercial", nil, ""},
		{"a call to an American home", andante.Call, "US", "residential", nil, ""},
		{"a card", andante.Card, "DE", "residential", nil, ""},
		{"an opt-in to mails is none to messages", andante.SMS, "US", "", since(andante.OptIn, 1, forKind(andante.Email)), "opt_in"},
		{"an opt-in to messages", andante.SMS, "US", "", since(andante.OptIn, 1, forKind(andante.SMS)), ""},
		{"an opt-in to another purpose", andante.Email, "DE", "", since(andante.OptIn, 1, forPurpose(andante.Relationship)), "opt_in, customer"},
		{"no basis is none", andante.Email, "DE", "", since(andante.NoBasis, 1), "opt_in, customer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ok, needed := shipped.Allows(test.kind, andante.Marketing, test.country, test.tier, test.has, now)
			got := ""
			for i, n := range needed {
				if i > 0 {
					got += ", "
				}
				got += n.String()
			}
			if got != test.want || ok != (test.want == "") {
				t.Errorf("%t, needs %q", ok, got)
			}
			if ok, _ := shipped.Allows(test.kind, andante.Requested, test.country, test.tier, nil, now); !ok {
				t.Error("what was requested needs consent")
			}
		})
	}
}

// TestUnion counts the members: the European Union has 27, the EEA three more.
func TestUnion(t *testing.T) {
	t.Parallel()
	rules := workspace.ConsentPolicy{{Countries: []string{"EU"}}, {Need: []workspace.Need{{Basis: andante.OptIn}}}}
	var members []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			if code == "EU" {
				continue
			}
			if ok, _ := rules.Allows(andante.Email, andante.Marketing, code, "", nil, time.Time{}); ok {
				members = append(members, code)
			}
		}
	}
	if len(members) != 30 || slices.Contains(members, "GB") || slices.Contains(members, "CH") || !slices.Contains(members, "GR") {
		t.Errorf("%d: %v", len(members), members)
	}
}

// TestNoRule: where nothing is written, an opt-in is needed.
func TestNoRule(t *testing.T) {
	t.Parallel()
	rules := workspace.ConsentPolicy{{Kinds: []andante.Kind{andante.Email}}}
	if ok, needed := rules.Allows(andante.SMS, andante.Marketing, "US", "", nil, time.Time{}); ok || len(needed) != 1 || needed[0].Basis != andante.OptIn {
		t.Errorf("%t, %v", ok, needed)
	}
}
