package calendar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// An oracleWindow is a window that knows nothing of weeks, seconds or offsets:
// it looks at the clock on the wall.
type oracleWindow struct {
	days  [7]bool // from Sunday, as in time.Weekday
	hours [][2]int
}

func (w oracleWindow) open(local time.Time) bool {
	if !w.days[local.Weekday()] {
		return false
	}
	minute := local.Hour()*60 + local.Minute()
	for _, h := range w.hours {
		if minute >= h[0] && minute < h[1] {
			return true
		}
	}
	return false
}

func (w oracleWindow) written() string {
	var days, hours []string
	for day, on := range w.days {
		if on {
			days = append(days, time.Weekday(day).String()[:3])
		}
	}
	for _, h := range w.hours {
		hours = append(hours, fmt.Sprintf("%02d:%02d-%02d:%02d", h[0]/60, h[0]%60, h[1]/60, h[1]%60))
	}
	return strings.Join(days, ",") + " " + strings.Join(hours, ", ")
}

// An oracle answers minute by minute.
type oracle struct {
	windows  []oracleWindow
	zones    []*time.Location
	holidays Holidays
}

func (o oracle) open(t time.Time) bool {
	for _, zone := range o.zones {
		local := t.In(zone)
		for _, w := range o.windows {
			if !w.open(local) {
				return false
			}
		}
		if o.holidays != nil {
			if _, off := o.holidays(local); off {
				return false
			}
		}
	}
	return true
}

// until returns the first minute from t on at which the answer is want.
func (o oracle) until(t time.Time, want bool, minutes int) (time.Time, bool) {
	for range minutes {
		if o.open(t) == want {
			return t, true
		}
		t = t.Add(time.Minute)
	}
	return time.Time{}, false
}

var oracleZones = []string{
	"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo",
	"Pacific/Chatham", "America/Havana", "Asia/Beirut", "Pacific/Apia", "America/St_Johns", "Africa/Casablanca",
}

// oracleDays are near changes of one zone or another, on both sides of the
// equator, and near the turn of a leap February.
var oracleDays = []string{
	"2026-03-07", "2026-03-28", "2026-10-24", "2026-10-31", "2026-04-04", "2026-10-03", "2026-04-23", "2026-09-26",
	"2028-02-28", "2026-12-30", "2011-12-29", "2026-02-14", "2026-03-20", "2026-06-05",
}

func drawWindow(t *rapid.T) oracleWindow {
	var w oracleWindow
	for _, day := range rapid.SliceOfN(rapid.IntRange(0, 6), 1, 6).Draw(t, "days") {
		w.days[day] = true
	}
	cuts := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) int {
		// Changes happen in the small hours, so most windows begin or end there.
		if rapid.Bool().Draw(t, "small hours") {
			return rapid.IntRange(0, 4*4).Draw(t, "quarter") * 15
		}
		return rapid.IntRange(0, 24*60).Draw(t, "minute")
	}), 2, 4, rapid.ID[int]).Draw(t, "cuts")
	for i := range cuts {
		for j := range i {
			if cuts[i] < cuts[j] {
				cuts[i], cuts[j] = cuts[j], cuts[i]
			}
		}
	}
	for i := 0; i+1 < len(cuts); i += 2 {
		w.hours = append(w.hours, [2]int{cuts[i], cuts[i+1]})
	}
	return w
}

func drawOracle(t *rapid.T) (oracle, Hours) {
	var o oracle
	var h Hours
	for range rapid.IntRange(1, 2).Draw(t, "windows") {
		w := drawWindow(t)
		parsed, err := ParseWindow(w.written())
		if err != nil {
			t.Fatal(err)
		}
		o.windows, h.Windows = append(o.windows, w), append(h.Windows, parsed)
	}
	for _, name := range rapid.SliceOfN(rapid.SampledFrom(oracleZones), 1, 2).Draw(t, "zones") {
		zone, err := LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		o.zones = append(o.zones, zone)
	}
	if rapid.Bool().Draw(t, "holidays") {
		every := rapid.IntRange(2, 5).Draw(t, "every")
		o.holidays = func(day time.Time) (string, bool) { return "", day.YearDay()%every == 0 }
	}
	h.Zones, h.Holidays = o.zones, o.holidays
	return o, h
}

func drawInstant(t *rapid.T) time.Time {
	day, err := time.Parse(time.DateOnly, rapid.SampledFrom(oracleDays).Draw(t, "day"))
	if err != nil {
		t.Fatal(err)
	}
	return day.Add(time.Duration(rapid.IntRange(0, 2*24*60).Draw(t, "minutes")) * time.Minute)
}

// searched is how far the oracle looks: long enough to pass a change and come
// round to every weekday.
const searched = 9 * 24 * 60

func TestHoursAgreeWithOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, h := drawOracle(t)
		at := drawInstant(t)
		if _, open := h.Open(at); open != o.open(at) {
			t.Fatalf("Open(%v) is %v", at, open)
		}
		opens, closes, ok := h.Next(at)
		wantOpens, found := o.until(at, true, searched)
		if !found {
			if ok && opens.Before(at.Add(searched*time.Minute)) {
				t.Fatalf("Next opens %v, the oracle finds nothing", opens)
			}
			return
		}
		if !ok || !opens.Equal(wantOpens) {
			t.Fatalf("Next(%v) opens %v, %v; want %v", at, opens, ok, wantOpens)
		}
		wantCloses, found := o.until(wantOpens, false, searched)
		if found && !closes.Equal(wantCloses) {
			t.Fatalf("Next(%v) closes %v, want %v", at, closes, wantCloses)
		}
		if until, open := h.Open(opens); !open || !until.Equal(closes) {
			t.Fatalf("Open(%v) is %v, %v; want %v", opens, until, open, closes)
		}
	})
}

func TestSpreadStaysInTheOpening(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, h := drawOracle(t)
		from := drawInstant(t).Add(time.Duration(rapid.IntRange(0, 59_999).Draw(t, "ms")) * time.Millisecond)
		got, ok := h.Spread(from, rapid.Float64Range(0, 0.9999999).Draw(t, "fraction"))
		if !ok {
			return
		}
		if got.Before(from) || got.Unix()%60 != 0 || !o.open(got) {
			t.Fatalf("Spread(%v) is %v", from, got)
		}
		opens, closes, _ := h.Next(from)
		if got.Before(closes) && got.Sub(opens) >= 3*time.Hour {
			t.Fatalf("Spread(%v) is %v, too late after %v", from, got, opens)
		}
	})
}

func TestOffsetsKeepOrderAndHour(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := LoadZone(rapid.SampledFrom(oracleZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := drawInstant(t)
		days := rapid.IntRange(1, 800).Draw(t, "days")
		got := Offset{Days: days}.From(at, zone, nil)
		local := at.In(zone)
		want := time.Date(local.Year(), local.Month(), local.Day()+days, local.Hour(), local.Minute(), 0, 0, time.UTC)
		// A skipped time is the only reason to show another one, and then the
		// minute before must show an earlier time than the one that was wanted.
		if shown := wallOf(got.In(zone)); !shown.Equal(want) {
			before := wallOf(got.In(zone).Add(-time.Minute))
			if !shown.After(want) || !before.Before(want) {
				t.Fatalf("%v + %dd shows %v, want %v", local, days, shown, want)
			}
		}
		if !got.After(at) {
			t.Fatalf("%v + %dd is %v", at, days, got)
		}
	})
}

// wallOf returns what the clocks show, as if they showed UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}
