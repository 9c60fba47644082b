package calendar

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseOffset(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		want Offset
	}{
		{"0d", Offset{Written: "0d"}},
		{"30min", Offset{Exact: 30 * time.Minute, Written: "30min"}},
		{"24h", Offset{Exact: 24 * time.Hour, Written: "24h"}},
		{"3d", Offset{Days: 3, Written: "3d"}},
		{"2w", Offset{Days: 14, Written: "2w"}},
		{"1mo", Offset{Months: 1, Written: "1mo"}},
		{"1y", Offset{Months: 12, Written: "1y"}},
		{" 5 business days ", Offset{BusinessDays: 5, Written: "5 business days"}},
		{"1 business day", Offset{BusinessDays: 1, Written: "1 business day"}},
		{"5  business  days", Offset{BusinessDays: 5, Written: "5  business  days"}},
		{"3 d", Offset{Days: 3, Written: "3 d"}},
	} {
		got, err := ParseOffset(test.in)
		if err != nil {
			t.Errorf("ParseOffset(%q): %v", test.in, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("ParseOffset(%q) (-want +got):\n%s", test.in, diff)
		}
		if got.String() != strings.TrimSpace(test.in) {
			t.Errorf("ParseOffset(%q) is written %q", test.in, got)
		}
	}
}

func TestParseOffsetRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, says string }{
		{"", "write a number and a unit"},
		{"soon", "write a number and a unit"},
		{"3", "write 3min, 3h, 3d"},
		{"-3d", "is negative"},
		{"3m", "write 3min or 3mo"},
		{"3 days", "write 3d"},
		{"2 weeks", "write 2w"},
		{"5 working days", "write 5 business days"},
		{"24H", "write 24h"},
		{"1.5h", "90min"},
		{"1,5 h", "90min"},
		{"10s", "smallest unit is min"},
		{"1d 12h", "one number"},
		{"3 fortnights", "such as 3d"},
		{"101y", "at most 100y"},
		{"99999999999999999999d", "at most 100y"},
	} {
		if o, err := ParseOffset(test.in); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("ParseOffset(%q) = %v, %v; want an error that says %q", test.in, o, err, test.says)
		}
	}
}

func TestOffsetString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		offset Offset
		want   string
	}{
		{Offset{}, "0d"},
		{Offset{Days: 7, Back: true}, "- 7d"},
		{Offset{Months: 1, Days: 2, BusinessDays: 3, Exact: time.Hour}, "1mo 2d 3 business days 1h0m0s"},
		{mustOffset(t, "1w").Before(), "- 1w"},
	} {
		if got := test.offset.String(); got != test.want {
			t.Errorf("%#v is written %q, want %q", test.offset, got, test.want)
		}
	}
	if !mustOffset(t, "0min").IsZero() || mustOffset(t, "1min").IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestOffsetFrom(t *testing.T) {
	t.Parallel()
	const newYork, berlin, lordHowe, kolkata = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"
	for _, test := range []struct{ name, zone, from, offset, want string }{
		{"nothing", newYork, "2026-03-07T09:00:00-05:00", "0d", "2026-03-07T09:00:00-05:00"},
		{"a day keeps the hour in spring", newYork, "2026-03-07T09:00:00-05:00", "1d", "2026-03-08T09:00:00-04:00"},
		{"24 hours don't", newYork, "2026-03-07T09:00:00-05:00", "24h", "2026-03-08T10:00:00-04:00"},
		{"a day keeps the hour in autumn", berlin, "2026-10-24T09:00:00+02:00", "1d", "2026-10-25T09:00:00+01:00"},
		{"a skipped time moves forward", newYork, "2026-03-07T02:30:00-05:00", "1d", "2026-03-08T03:00:00-04:00"},
		{"a skipped time, backward", newYork, "2026-03-09T02:30:00-04:00", "- 1d", "2026-03-08T03:00:00-04:00"},
		{"a skipped time in Berlin", berlin, "2026-03-28T02:15:00+01:00", "1d", "2026-03-29T03:00:00+02:00"},
		{"half an hour skipped", lordHowe, "2026-10-03T02:10:00+10:30", "1d", "2026-10-04T02:30:00+11:00"},
		{"a repeated time is the first", newYork, "2026-10-31T01:30:00-04:00", "1d", "2026-11-01T01:30:00-04:00"},
		{"half an hour repeated", lordHowe, "2026-04-04T01:45:00+11:00", "1d", "2026-04-05T01:45:00+11:00"},
		{"no change in Kolkata", kolkata, "2026-03-07T09:00:00+05:30", "2w", "2026-03-21T09:00:00+05:30"},
		{"a date that was skipped", "Pacific/Apia", "2011-12-29T09:00:00-10:00", "1d", "2011-12-31T00:00:00+14:00"},
		{"the zone decides, not the location of t", kolkata, "2026-03-07T09:00:00-05:00", "1d", "2026-03-08T09:00:00-05:00"},
		{"end of January", berlin, "2026-01-31T09:00:00+01:00", "1mo", "2026-02-28T09:00:00+01:00"},
		{"end of January in a leap year", berlin, "2028-01-31T09:00:00+01:00", "1mo", "2028-02-29T09:00:00+01:00"},
		{"end of March backward", berlin, "2026-03-31T09:00:00+02:00", "- 1mo", "2026-02-28T09:00:00+01:00"},
		{"leap day", berlin, "2028-02-29T09:00:00+01:00", "1y", "2029-02-28T09:00:00+01:00"},
		{"leap day to leap day", berlin, "2028-02-29T09:00:00+01:00", "4y", "2032-02-29T09:00:00+01:00"},
		{"over the turn of the year", berlin, "2026-12-15T09:00:00+01:00", "3mo", "2027-03-15T09:00:00+01:00"},
		{"business days over a weekend", berlin, "2026-06-11T09:00:00+02:00", "3 business days", "2026-06-16T09:00:00+02:00"},
		{"business days from a Saturday", berlin, "2026-06-13T09:00:00+02:00", "1 business day", "2026-06-15T09:00:00+02:00"},
		{"business days over Thanksgiving", newYork, "2026-11-25T09:00:00-05:00", "1 business day", "2026-11-27T09:00:00-05:00"},
		{"business days backward", newYork, "2026-11-27T09:00:00-05:00", "- 1 business day", "2026-11-25T09:00:00-05:00"},
		{"business days over a change", newYork, "2026-03-06T09:00:00-05:00", "1 business day", "2026-03-09T09:00:00-04:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := mustOffset(t, strings.TrimPrefix(test.offset, "- "))
			o.Back = strings.HasPrefix(test.offset, "-")
			from := mustTime(t, test.from)
			got := o.From(from, mustZone(t, test.zone), HolidaysOf("US"))
			if !got.Equal(mustTime(t, test.want)) {
				t.Errorf("%s from %s is %s, want %s", o, test.from, got.Format(time.RFC3339), test.want)
			}
			if got.Location() != from.Location() {
				t.Errorf("the answer is in %v, not in the location of the question", got.Location())
			}
		})
	}
}

func TestOffsetFromEndsOnEndlessHolidays(t *testing.T) {
	t.Parallel()
	always := func(time.Time) (string, bool) { return "carnival", true }
	from := mustTime(t, "2026-01-01T09:00:00Z")
	got := mustOffset(t, "5 business days").From(from, nil, always)
	if !got.Equal(from.AddDate(0, 0, 366)) {
		t.Errorf("got %v", got)
	}
}

func TestPeriodStart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ unit, zone, at, start, end string }{
		{"day", "America/New_York", "2026-03-08T12:00:00-04:00", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00"},
		{"day", "Africa/Cairo", "2026-04-24T12:00:00+03:00", "2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"},
		{"day", "Asia/Kolkata", "2026-03-08T20:00:00Z", "2026-03-09T00:00:00+05:30", "2026-03-10T00:00:00+05:30"},
		{"week", "Europe/Berlin", "2026-03-29T23:59:59+02:00", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"week", "Europe/Berlin", "2026-03-30T00:00:00+02:00", "2026-03-30T00:00:00+02:00", "2026-04-06T00:00:00+02:00"},
		{"month", "Europe/Berlin", "2028-02-29T10:00:00+01:00", "2028-02-01T00:00:00+01:00", "2028-03-01T00:00:00+01:00"},
		{"year", "Australia/Lord_Howe", "2026-12-31T23:59:00+11:00", "2026-01-01T00:00:00+11:00", "2027-01-01T00:00:00+11:00"},
	} {
		start, end := PeriodStart(test.unit, mustTime(t, test.at), mustZone(t, test.zone))
		if !start.Equal(mustTime(t, test.start)) || !end.Equal(mustTime(t, test.end)) {
			t.Errorf("%s of %s in %s is %v to %v", test.unit, test.at, test.zone, start, end)
		}
	}
	if start, end := PeriodStart("decade", mustTime(t, "2026-01-01T00:00:00Z"), nil); !start.IsZero() || !end.IsZero() {
		t.Errorf("a decade is %v to %v", start, end)
	}
}

func mustOffset(tb testing.TB, s string) Offset {
	tb.Helper()
	o, err := ParseOffset(s)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

func mustTime(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func mustZone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	zone, err := LoadZone(name)
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}
