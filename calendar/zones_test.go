package calendar

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
)

func TestZones(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		contact, account, owner, workspace string
		zone, source                       string
	}{
		{"Asia/Kolkata", "Europe/Berlin", "Europe/Paris", "UTC", "Asia/Kolkata", "contact"},
		{"Mars/Base", "Europe/Berlin", "Europe/Paris", "UTC", "Europe/Berlin", "account"},
		{"Local", "", "Europe/Paris", "UTC", "Europe/Paris", "owner"},
		{"", "../etc/passwd", "", "America/New_York", "America/New_York", "workspace"},
		{"", "", "", "", "UTC", "none"},
	} {
		zones, source := Zones(andante.Contact{Zone: test.contact}, andante.Account{Zone: test.account},
			andante.Person{Zone: test.owner}, test.workspace)
		if len(zones) != 1 || zones[0].String() != test.zone || source != test.source {
			t.Errorf("%+v: got %v from %q", test, zones, source)
		}
	}
}

func TestLoadZoneKeeps(t *testing.T) {
	t.Parallel()
	if a, b := mustZone(t, "Europe/Berlin"), mustZone(t, "Europe/Berlin"); a != b {
		t.Error("the same zone was loaded twice")
	}
}

func TestHolidaysOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ country, day, want string }{
		{"US", "2026-11-26", "Thanksgiving Day"},
		{"us", "2026-07-03", "Independence Day"}, // observed, the 4th is a Saturday
		{"US", "2021-12-31", "New Year's Day"},   // observed in the year before
		{"US", "2026-11-27", ""},
		{"DE", "2026-10-03", "Tag der Deutschen Einheit"},
		{"AU", "2026-04-06", "Easter Monday"},
		{"JP", "2026-05-03", "Constitution Memorial Day"},
		{"FR", "2026-07-14", "Fête Nationale"},
	} {
		day, err := time.Parse(time.DateOnly, test.day)
		if err != nil {
			t.Fatal(err)
		}
		for _, zone := range []string{"UTC", "Pacific/Auckland", "America/Los_Angeles"} {
			local := time.Date(day.Year(), day.Month(), day.Day(), 23, 30, 0, 0, mustZone(t, zone))
			name, off := HolidaysOf(test.country)(local)
			if name != test.want || off != (test.want != "") {
				t.Errorf("%s on %s in %s: %q, %v", test.country, test.day, zone, name, off)
			}
		}
	}
	for _, country := range []string{"", "XX", "Germany"} {
		if HolidaysOf(country) != nil {
			t.Errorf("%q has holidays", country)
		}
	}
	for country := range national {
		if name, off := HolidaysOf(country)(time.Date(2026, 12, 25, 9, 0, 0, 0, time.UTC)); off == (country == "JP") {
			t.Errorf("%s on Christmas Day: %q, %v", country, name, off)
		}
	}
}
