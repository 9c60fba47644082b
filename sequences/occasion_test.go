package sequences_test

import (
	"testing"
	"time"

	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/sequences"
)

// TestNext: the first day from a day on at which an occasion comes.
func TestNext(t *testing.T) {
	t.Parallel()
	dates := map[string]string{"contact.birthday": "1980-02-29", "contact.customer_since": "2026-03-10", "account.founded": "1950-12-30"}
	of := sequences.Dates{Country: "US", Holidays: calendar.HolidaysOf("US"), Date: func(path string) (time.Time, bool) {
		at, err := time.Parse(time.DateOnly, dates[path])
		return at, err == nil
	}}
	for _, test := range []struct{ occasion, from, want string }{
		{"contact.customer_since + 1y", "2026-03-10", "2027-03-10"},
		{"contact.customer_since + 1y", "2027-03-10", "2027-03-10"},
		{"contact.customer_since + 1y", "2027-03-11", ""},
		{"contact.customer_since - 7d", "2026-01-01", "2026-03-03"},
		{"each contact.customer_since", "2026-03-10", "2027-03-10"}, // the day itself is no anniversary
		{"each contact.customer_since", "2026-03-09", "2026-03-10"}, // unless it is still to come: a renewal
		{"each contact.customer_since - 30d", "2026-01-20", "2026-02-08"},
		{"each contact.customer_since", "2027-03-11", "2028-03-10"},
		{"each contact.birthday", "2026-01-01", "2026-02-28"},
		{"each contact.birthday", "2028-01-01", "2028-02-29"},
		{"each contact.birthday - 7d", "2026-02-22", "2027-02-21"},
		{"each contact.birthday + 1d", "2026-01-01", "2026-03-01"},
		{"each account.founded + 7d", "2026-01-01", "2026-01-06"}, // last year's, and a week
		{"each 03-15", "2026-03-15", "2026-03-15"},
		{"each 03-15", "2026-03-16", "2027-03-15"},
		{"each 02-29", "2026-01-01", "2026-02-28"},
		{"each holiday new-year - 7d", "2026-01-01", "2026-12-25"},
		{"each holiday easter", "2026-01-01", "2026-04-05"},
		{"each holiday thanksgiving-day", "2026-11-27", "2027-11-25"},
		{"each holiday thanksgiving-day - 1 business day", "2026-01-01", "2026-11-25"},
		{"each holiday no-such-day", "2026-01-01", ""},
		{"each contact.renewal", "2026-01-01", ""},
	} {
		o, err := sequences.ParseOccasion(test.occasion)
		if err != nil {
			t.Fatalf("%s: %v", test.occasion, err)
		}
		from, _ := time.Parse(time.DateOnly, test.from)
		day, ok := o.Next(from, of)
		got := day.Format(time.DateOnly)
		if !ok {
			got = ""
		}
		if got != test.want {
			t.Errorf("%s from %s: %q, want %q", test.occasion, test.from, got, test.want)
		}
	}
}
