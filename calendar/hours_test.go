package calendar

import (
	"testing"
	"time"
)

func TestHoursNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, window, zone, country string
		at, opens, closes           string
	}{
		{
			"open now", "Mon-Fri 08:00-17:30", "Europe/Berlin", "",
			"2026-06-01T10:00:00.5+02:00", "2026-06-01T10:00:00.5+02:00", "2026-06-01T17:30:00+02:00",
		},
		{
			"the end is exclusive", "Mon-Fri 08:00-17:30", "Europe/Berlin", "",
			"2026-06-05T17:30:00+02:00", "2026-06-08T08:00:00+02:00", "2026-06-08T17:30:00+02:00",
		},
		{
			"half-hour zone", "09:00-11:00", "Asia/Kolkata", "",
			"2026-06-01T00:00:00Z", "2026-06-01T03:30:00Z", "2026-06-01T05:30:00Z",
		},
		{
			"the night that has no 02:30", "02:00-03:00", "America/New_York", "",
			"2026-03-08T00:00:00-05:00", "2026-03-09T02:00:00-04:00", "2026-03-09T03:00:00-04:00",
		},
		{
			"a window that loses its middle", "01:30-03:30", "America/New_York", "",
			"2026-03-08T00:00:00-05:00", "2026-03-08T01:30:00-05:00", "2026-03-08T03:30:00-04:00",
		},
		{
			"a window that begins in the skipped hour", "02:30-04:00", "Europe/Berlin", "",
			"2026-03-29T00:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00",
		},
		{
			"the repeated hour counts twice", "01:00-02:00", "America/New_York", "",
			"2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00", "2026-11-01T02:00:00-05:00",
		},
		{
			"part of the repeated hour opens", "01:00-01:30", "America/New_York", "",
			"2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-04:00", "2026-11-01T01:30:00-04:00",
		},
		{
			"and opens again", "01:00-01:30", "America/New_York", "",
			"2026-11-01T01:30:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T01:30:00-05:00",
		},
		{
			"half an hour skipped in the south", "02:00-02:30", "Australia/Lord_Howe", "",
			"2026-10-03T12:00:00+10:30", "2026-10-05T02:00:00+11:00", "2026-10-05T02:30:00+11:00",
		},
		{
			"half an hour repeated in the south", "01:30-02:00", "Australia/Lord_Howe", "",
			"2026-04-05T00:00:00+11:00", "2026-04-05T01:30:00+11:00", "2026-04-05T02:00:00+10:30",
		},
		{
			"leap day", "Tue 09:00-10:00", "Europe/Berlin", "",
			"2028-02-23T00:00:00+01:00", "2028-02-29T09:00:00+01:00", "2028-02-29T10:00:00+01:00",
		},
		{
			"through midnight", "Mon 20:00-24:00, Tue 00:00-06:00", "Europe/Berlin", "",
			"2026-06-01T23:00:00+02:00", "2026-06-01T23:00:00+02:00", "2026-06-02T06:00:00+02:00",
		},
		{
			"over the turn of the week", "Sun-Mon 00:00-24:00", "Europe/Berlin", "",
			"2026-06-03T00:00:00+02:00", "2026-06-07T00:00:00+02:00", "2026-06-09T00:00:00+02:00",
		},
		{
			"a holiday", "Mon-Fri 09:00-17:00", "America/New_York", "US",
			"2026-11-25T17:00:00-05:00", "2026-11-27T09:00:00-05:00", "2026-11-27T17:00:00-05:00",
		},
		{
			"a holiday ends an open night", "00:00-24:00", "America/New_York", "US",
			"2026-11-25T17:00:00-05:00", "2026-11-25T17:00:00-05:00", "2026-11-26T00:00:00-05:00",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := Hours{
				Windows:  []Window{mustWindow(t, test.window)},
				Zones:    []*time.Location{mustZone(t, test.zone)},
				Holidays: HolidaysOf(test.country),
			}
			opens, closes, ok := h.Next(mustTime(t, test.at))
			if !ok || !opens.Equal(mustTime(t, test.opens)) || !closes.Equal(mustTime(t, test.closes)) {
				t.Errorf("Next is %v, %v, %v", opens, closes, ok)
			}
			if until, open := h.Open(opens); !open || !until.Equal(closes) {
				t.Errorf("Open at the opening is %v, %v", until, open)
			}
			if until, open := h.Open(closes); open {
				t.Errorf("still open at the close, until %v", until)
			}
		})
	}
}

func TestHoursInSeveralZonesAndWindows(t *testing.T) {
	t.Parallel()
	h := Hours{
		Windows: []Window{mustWindow(t, "Mon-Fri 08:00-18:00"), mustWindow(t, "10:00-20:00")},
		Zones:   []*time.Location{mustZone(t, "America/New_York"), mustZone(t, "America/Los_Angeles")},
	}
	opens, closes, ok := h.Next(mustTime(t, "2026-06-05T22:00:00Z")) // Friday 18:00 in New York
	if !ok || !opens.Equal(mustTime(t, "2026-06-08T17:00:00Z")) || !closes.Equal(mustTime(t, "2026-06-08T22:00:00Z")) {
		t.Errorf("Next is %v, %v, %v", opens, closes, ok)
	}
	h.Zones = append(h.Zones, mustZone(t, "Asia/Tokyo"))
	if opens, _, ok := h.Next(mustTime(t, "2026-06-05T22:00:00Z")); ok {
		t.Errorf("Tokyo and New York share office hours at %v", opens)
	}
}

func TestHoursAlwaysOpen(t *testing.T) {
	t.Parallel()
	at := mustTime(t, "2026-06-01T10:00:00.25Z")
	end := at.Truncate(time.Second).Add(400 * 24 * time.Hour)
	for name, h := range map[string]Hours{
		"no windows":      {},
		"the zero window": {Windows: []Window{{}}},
		"every hour":      {Windows: []Window{mustWindow(t, "00:00-24:00")}, Zones: []*time.Location{mustZone(t, "Europe/Berlin")}},
		"a nil zone":      {Zones: []*time.Location{nil}},
	} {
		opens, closes, ok := h.Next(at)
		if !ok || !opens.Equal(at) || !closes.Equal(end) {
			t.Errorf("%s: Next is %v, %v, %v", name, opens, closes, ok)
		}
	}
}

func TestHoursBlocked(t *testing.T) {
	t.Parallel()
	h := Hours{
		Windows:  []Window{mustWindow(t, "Mon-Fri 09:00-17:00")},
		Zones:    []*time.Location{mustZone(t, "Europe/Berlin")},
		Holidays: HolidaysOf("DE"),
	}
	for _, test := range []struct{ at, want string }{
		{"2026-05-01T12:00:00+02:00", "Tag der Arbeit"},
		{"2026-04-30T22:30:00Z", "Tag der Arbeit"},
		{"2026-04-30T12:00:00+02:00", ""},
	} {
		if got := h.Blocked(mustTime(t, test.at)); got != test.want {
			t.Errorf("at %s blocked by %q, want %q", test.at, got, test.want)
		}
	}
	h.Holidays = nil
	if got := h.Blocked(mustTime(t, "2026-05-01T12:00:00+02:00")); got != "" {
		t.Errorf("blocked by %q without holidays", got)
	}
}

func TestHoursSpread(t *testing.T) {
	t.Parallel()
	h := Hours{Windows: []Window{mustWindow(t, "Mon-Fri 09:00-13:00, 15:00-16:00")}}
	for _, test := range []struct {
		name, from string
		fraction   float64
		want       string
	}{
		{"the first minute", "2026-06-01T00:00:00Z", 0, "2026-06-01T09:00:00Z"},
		{"the last minute of three hours", "2026-06-01T00:00:00Z", 0.9999, "2026-06-01T11:59:00Z"},
		{"the middle", "2026-06-01T00:00:00Z", 0.5, "2026-06-01T10:30:00Z"},
		{"what is left of the opening", "2026-06-01T12:30:00Z", 0.9999, "2026-06-01T12:59:00Z"},
		{"a short opening", "2026-06-01T13:00:00Z", 0.5, "2026-06-01T15:30:00Z"},
		{"never before from", "2026-06-01T12:30:30Z", 0, "2026-06-01T12:31:00Z"},
		{"the last minute is begun", "2026-06-01T12:59:00.1Z", 0, "2026-06-01T15:00:00Z"},
		{"the week is over", "2026-06-05T15:59:30Z", 0, "2026-06-08T09:00:00Z"},
		{"a fraction too large", "2026-06-01T00:00:00Z", 7, "2026-06-01T11:59:00Z"},
		{"a fraction too small", "2026-06-01T00:00:00Z", -1, "2026-06-01T09:00:00Z"},
	} {
		if got, ok := h.Spread(mustTime(t, test.from), test.fraction); !ok || !got.Equal(mustTime(t, test.want)) {
			t.Errorf("%s: Spread is %v, %v, want %s", test.name, got, ok, test.want)
		}
	}
	never := Hours{Windows: []Window{mustWindow(t, "Mon 09:00-10:00"), mustWindow(t, "Tue 09:00-10:00")}}
	if got, ok := never.Spread(mustTime(t, "2026-06-01T00:00:00Z"), 0); ok {
		t.Errorf("spread to %v though nothing opens", got)
	}
}

func BenchmarkHoursNext(b *testing.B) {
	h := Hours{
		Windows:  []Window{mustWindow(b, "Mon-Fri 08:00-17:30"), mustWindow(b, "Tue-Thu 09:00-11:00")},
		Zones:    []*time.Location{mustZone(b, "America/New_York"), mustZone(b, "America/Chicago")},
		Holidays: HolidaysOf("US"),
	}
	at := mustTime(b, "2026-06-05T22:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := h.Next(at); !ok {
			b.Fatal("nothing opens")
		}
	}
}

func BenchmarkHoursNextNever(b *testing.B) {
	h := Hours{
		Windows: []Window{mustWindow(b, "Mon 09:00-10:00"), mustWindow(b, "Tue 09:00-10:00")},
		Zones:   []*time.Location{mustZone(b, "America/New_York")},
	}
	at := mustTime(b, "2026-06-05T22:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		h.Next(at)
	}
}

// On the last day of a leap year some versions of the zone data give a segment
// that ends before it begins.
func TestLeapYearsEnd(t *testing.T) {
	t.Parallel()
	for year := 2024; year <= 2060; year += 4 {
		for _, name := range []string{"America/New_York", "Europe/Berlin", "Australia/Sydney"} {
			zone, err := LoadZone(name)
			if err != nil {
				t.Fatal(err)
			}
			w, err := ParseWindow("Mon-Fri 09:00-17:00")
			if err != nil {
				t.Fatal(err)
			}
			h := Hours{Windows: []Window{w}, Zones: []*time.Location{zone}}
			for hour := range 48 {
				at := time.Date(year, 12, 30, 12, 0, 0, 0, time.UTC).Add(time.Duration(hour) * time.Hour)
				if opens, _, ok := h.Next(at); !ok || opens.Before(at) || opens.Sub(at) > 5*24*time.Hour {
					t.Fatalf("%s %s: opens %s, %v", name, at, opens, ok)
				}
			}
		}
	}
}
