package calendar

import (
	"strings"
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
			andante.Person{Zone: test.owner}, test.workspace, "")
		if len(zones) != 1 || zones[0].String() != test.zone || source != test.source {
			t.Errorf("%+v: got %v from %q", test, zones, source)
		}
	}
}

// TestZoneOfPlace: what is known of where somebody lives is nearer than the owner, and a code
// on a border opens when both sides are open.
func TestZoneOfPlace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		country, code, account string
		zones, source          string
	}{
		{"US", "04101", "", "America/New_York", "postal code"},
		{"US", "04101", "Asia/Tokyo", "America/New_York", "postal code"},
		{"us", "60601-1234", "", "America/Chicago", "postal code"},
		{"US", "32456", "", "America/New_York America/Chicago", "postal code"}, // Port St. Joe
		{"US", "79901", "", "America/Denver", "postal code"},                   // El Paso
		{"US", "88510", "", "America/Denver", "postal code"},
		{"US", "85001", "", "America/Phoenix", "postal code"},
		{"US", "86515", "", "America/Phoenix America/Denver", "postal code"}, // Window Rock
		{"US", "46320", "", "America/Chicago", "postal code"},                // Hammond
		{"US", "37402", "", "America/New_York", "postal code"},               // Chattanooga
		{"US", "83501", "", "America/Denver America/Los_Angeles", "postal code"},
		{"US", "97914", "", "America/Los_Angeles America/Denver", "postal code"}, // Ontario, Oregon
		{"US", "99501", "", "America/Anchorage", "postal code"},
		{"US", "99546", "", "America/Adak", "postal code"},
		{"US", "96813", "", "Pacific/Honolulu", "postal code"},
		{"US", "96799", "", "Pacific/Pago_Pago", "postal code"},
		{"US", "00901", "", "America/Puerto_Rico", "postal code"},
		{"US", "09012", "", "Europe/Paris", "owner"}, // the forces
		{"US", "96910", "", "Europe/Paris", "owner"}, // Guam, or Palau
		{"US", "ABCDE", "Asia/Tokyo", "Asia/Tokyo", "account"},
		{"CA", "m5v 2t6", "", "America/Toronto", "postal code"},
		{"CA", "V1C 1A1", "", "America/Vancouver America/Edmonton", "postal code"},
		{"CA", "X1A 1A1", "", "Europe/Paris", "owner"},
		{"DE", "10115", "", "Europe/Berlin", "country"},
		{"jp", "", "", "Asia/Tokyo", "country"},
		{"AU", "2000", "", "Europe/Paris", "owner"},
		{"", "04101", "", "America/New_York", "postal code"}, // of the company's country
		{"", "", "", "Europe/Paris", "owner"},
	} {
		zones, source := Zones(andante.Contact{Country: test.country, PostalCode: test.code}, andante.Account{Zone: test.account}, andante.Person{Zone: "Europe/Paris"}, "UTC", "US")
		var names []string
		for _, z := range zones {
			names = append(names, z.String())
		}
		if got := strings.Join(names, " "); got != test.zones || source != test.source {
			t.Errorf("%s %s: %s from %q, want %s from %q", test.country, test.code, got, source, test.zones, test.source)
		}
	}
	for country, name := range zoneOfCountry() {
		if _, err := LoadZone(name); err != nil {
			t.Errorf("%s: %v", country, err)
		}
	}
	for i, z := range zips {
		if i > 0 && z.from <= zips[i-1].from {
			t.Errorf("%s stands behind %s", z.from, zips[i-1].from)
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
