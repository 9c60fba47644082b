package calendar

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseWindow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		open []string // in the week from Monday 2026-06-01, in UTC
	}{
		{"Mon-Tue 08:00-17:30", []string{"Mon 08:00-Mon 17:30", "Tue 08:00-Tue 17:30"}},
		{"mon 10:00-12:30, 15:00-19:00", []string{"Mon 10:00-Mon 12:30", "Mon 15:00-Mon 19:00"}},
		{"Mon 15:00-19:00, 10:00-12:30", []string{"Mon 10:00-Mon 12:30", "Mon 15:00-Mon 19:00"}},
		{"Mon,Wed 09:00-17:00", []string{"Mon 09:00-Mon 17:00", "Wed 09:00-Wed 17:00"}},
		{"Sun-Mon 9:00-17:00", []string{"Mon 09:00-Mon 17:00", "Sun 09:00-Sun 17:00"}},
		{"Mon 20:00-24:00, Tue 00:00-06:00", []string{"Mon 20:00-Tue 06:00"}},
		{"Mon 08:00-10:00, 10:00-12:00", []string{"Mon 08:00-Mon 12:00"}},
		{"Mon 09:00-17:00, Fri 09:00-12:00", []string{"Mon 09:00-Mon 17:00", "Fri 09:00-Fri 12:00"}},
		{"Sat – Sun 09:00–10:00", []string{"Sat 09:00-Sat 10:00", "Sun 09:00-Sun 10:00"}},
		{"Mon-Fri 00:00-24:00", []string{"Mon 00:00-Sat 00:00"}},
	} {
		w := mustWindow(t, test.in)
		if w.String() != test.in {
			t.Errorf("ParseWindow(%q) is written %q", test.in, w)
		}
		hours := Hours{Windows: []Window{w}}
		var open []string
		for at := mustTime(t, "2026-06-01T00:00:00Z"); ; {
			opens, closes, ok := hours.Next(at)
			if !ok || opens.After(mustTime(t, "2026-06-07T23:59:59Z")) {
				break
			}
			open = append(open, opens.Format("Mon 15:04-")+closes.Format("Mon 15:04"))
			at = closes
		}
		if diff := cmp.Diff(test.open, open); diff != "" {
			t.Errorf("ParseWindow(%q) (-want +got):\n%s", test.in, diff)
		}
	}
}

func TestParseWindowEveryDay(t *testing.T) {
	t.Parallel()
	if a, b := mustWindow(t, "08:00-17:00"), mustWindow(t, "Mon-Sun 8:00-17:00"); !a.Equal(b) {
		t.Errorf("%q and %q differ", a, b)
	}
	if a, b := mustWindow(t, "Sat-Mon 08:00-17:00"), mustWindow(t, "Mon,Sat,Sun 08:00-17:00"); !a.Equal(b) {
		t.Errorf("%q and %q differ", a, b)
	}
	if a, b := mustWindow(t, "08:00-17:00"), mustWindow(t, "Mon-Sat 08:00-17:00"); a.Equal(b) {
		t.Errorf("%q and %q are equal", a, b)
	}
}

func TestParseWindowRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, says string }{
		{"", "write days and hours such as Mon-Fri 08:00-17:30"},
		{"Mon-Fri", "ends without hours"},
		{"Mon 08:00-09:00, Tue", "ends without hours"},
		{"Mon 08:00-09:00,", "comma"},
		{"Monday 08:00-17:00", "write Mon"},
		{"Mo-Fr 08:00-17:00", "write Mon, Tue"},
		{"Mon-Fri 8-17", "such as 08:00-17:30"},
		{"Mon-Fri 8am-5pm", "such as 08:00-17:30"},
		{"Mon-Fri 08:00", "such as 08:00-17:30"},
		{"Mon-Fri 08:00-12:00 13:00-17:00", "comma"},
		{"Mon-Fri 08:60-17:00", "such as 08:00-17:30"},
		{"Mon-Fri 08:00-24:01", "such as 08:00-17:30"},
		{"Mon-Fri 24:00-24:00", "such as 08:00-17:30"},
		{"Mon-Fri 09:00-09:00", "never open"},
		{"22:00-06:00", "22:00-24:00, 00:00-06:00"},
		{"Mon 09:00-12:00, 11:00-13:00", "twice"},
		{"Mon,Mon 09:00-12:00, Mon 10:00-11:00", "twice"},
	} {
		if w, err := ParseWindow(test.in); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("ParseWindow(%q) = %q, %v; want an error that says %q", test.in, w, err, test.says)
		}
	}
}

func FuzzParseWindow(f *testing.F) {
	f.Add("Mon-Fri 10:00-12:30, 15:00-19:00")
	f.Add("Sat-Mon 00:00-24:00")
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseWindow(s)
		if err != nil {
			return
		}
		again, err := ParseWindow(w.String())
		if err != nil || !again.Equal(w) {
			t.Errorf("%q reads differently a second time: %v", s, err)
		}
	})
}

func mustWindow(tb testing.TB, s string) Window {
	tb.Helper()
	w, err := ParseWindow(s)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// TestDays keeps the days of a window and forgets its hours.
func TestDays(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Mon-Thu 09:00-12:00, 13:00-17:00": "Mon-Thu 00:00-24:00", "Sat-Mon 22:00-24:00": "Sat-Mon 00:00-24:00",
		"Mon 20:00-24:00, Tue 00:00-06:00": "Mon-Tue 00:00-24:00", "08:00-17:00": "00:00-24:00",
	} {
		if got := mustWindow(t, in).Days(); !got.Equal(mustWindow(t, want)) || got.String() != in {
			t.Errorf("the days of %q are %v", in, got.spans)
		}
	}
	if open, _ := (Window{}).Days().at(0); !open {
		t.Error("the days of the window that is always open are closed")
	}
}

// TestOnAnotherClock has a colleague in Berlin write to a contact in New York: on the days of
// the one and in the hours of the other, over a change of only one clock.
func TestOnAnotherClock(t *testing.T) {
	t.Parallel()
	h := Hours{
		Windows: []Window{mustWindow(t, "Mon-Sun 15:00-21:00"), mustWindow(t, "Mon-Thu 09:00-24:00").In(mustZone(t, "Europe/Berlin"), "nora")},
		Zones:   []*time.Location{mustZone(t, "America/New_York")},
	}
	for _, test := range [][3]string{
		// In March New York is five hours behind Berlin for three weeks, and else six.
		{"2026-03-05T12:00:00-05:00", "2026-03-05T15:00:00-05:00", "2026-03-05T18:00:00-05:00"}, // Thursday: till Berlin's midnight
		{"2026-03-05T18:00:00-05:00", "2026-03-09T15:00:00-04:00", "2026-03-09T19:00:00-04:00"}, // Monday, after New York's change
		{"2026-03-30T00:00:00-04:00", "2026-03-30T15:00:00-04:00", "2026-03-30T18:00:00-04:00"}, // after Berlin's
	} {
		opens, closes, ok := h.Next(mustTime(t, test[0]))
		if !ok || !opens.Equal(mustTime(t, test[1])) || !closes.Equal(mustTime(t, test[2])) {
			t.Errorf("after %s: %s to %s, want %s to %s", test[0], opens, closes, test[1], test[2])
		}
	}
}
