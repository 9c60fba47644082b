package governor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
)

const day = 24 * time.Hour

var (
	// noon is a Tuesday; in New York it is 08:00, two days after the clocks changed.
	noon     = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	newYork  = zone("America/New_York")
	auckland = zone("Pacific/Auckland")
	berlin   = zone("Europe/Berlin")
)

func zone(name string) *time.Location {
	z, err := calendar.LoadZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

func window(s string) calendar.Window {
	w, err := calendar.ParseWindow(s)
	if err != nil {
		panic(err)
	}
	return w
}

func rolling(length time.Duration) governor.Period {
	return governor.Period{Written: length.String(), Length: length}
}

func unit(u string) governor.Period { return governor.Period{Written: u, Unit: u} }

// touch is a marketing mail to the contact, so long after noon.
func touch(id string, after time.Duration, change ...func(*governor.Touch)) governor.Touch {
	t := governor.Touch{
		ID: andante.TouchID(id), Contact: "contact", Account: "account", Address: "address",
		Kind: andante.Email, Purpose: andante.Marketing, At: noon.Add(after),
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

func kind(k andante.Kind) func(*governor.Touch) { return func(t *governor.Touch) { t.Kind = k } }

func purpose(p andante.Purpose) func(*governor.Touch) {
	return func(t *governor.Touch) { t.Purpose = p }
}

// colleague of the same account, at another address.
func colleague(t *governor.Touch) { t.Contact, t.Address = "colleague", "another" }

// housemate of another account, at the same address.
func housemate(t *governor.Touch) { t.Contact, t.Account = "housemate", "neighbour" }

// inFlight makes the touch one that was claimed so long before it counts.
func inFlight(holds time.Duration) func(*governor.Touch) {
	return func(t *governor.Touch) { t.From = t.At.Add(-holds) }
}

// ask is one question: a marketing mail of a prospect at noon, if it doesn't say
// otherwise, and the verdict in words.
type ask struct {
	name      string
	policy    governor.Policy
	touches   []governor.Touch
	candidate governor.Candidate
	facts     func(*governor.Facts)
	now       time.Time
	want      string
}

func (a *ask) verdict() andante.Verdict {
	f := governor.Facts{
		Contact: "contact", Account: "account", Address: "address", Persona: "cfo", Stage: "prospect", Tier: "residential", Country: "US",
		Zones: []*time.Location{time.UTC}, ZoneSource: "contact", Touches: a.touches,
	}
	if a.facts != nil {
		a.facts(&f)
	}
	c := a.candidate
	c.ID = "candidate"
	if c.Kind == "" {
		c.Kind = andante.Email
	}
	if c.Purpose == "" {
		c.Purpose = andante.Marketing
	}
	now := noon
	if !a.now.IsZero() {
		now = a.now
	}
	return a.policy.Decide(f, c, now)
}

func run(t *testing.T, asks []ask) {
	t.Helper()
	t.Parallel()
	for _, a := range asks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(a.want, told(a.verdict())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// told puts a verdict into words; instants on the 10th of March without the date.
func told(v andante.Verdict) string {
	words := []string{string(v.Action)}
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	if v.Reason != "" {
		add("%s", v.Reason)
	}
	if v.Evidence.Rule != "" {
		add("%q", v.Evidence.Rule)
	}
	if !v.Until.IsZero() {
		add("until %s", instant(v.Until))
	}
	if !v.NotAfter.IsZero() && !v.NotAfter.Equal(noon) {
		add("not after %s", instant(v.NotAfter))
	}
	if len(v.Evidence.Filled) > 0 {
		var ids []string
		for _, f := range v.Evidence.Filled {
			ids = append(ids, string(f.Touch))
		}
		add("filled by %s", strings.Join(ids, " "))
	}
	if v.Reason == andante.ReasonNoRoom {
		add("(after %s)", v.Barrier)
	}
	if v.Evidence.YieldedTo != "" {
		add("to %s", v.Evidence.YieldedTo)
	}
	return strings.Join(words, " ")
}

func instant(t time.Time) string {
	t = t.UTC()
	layout := "2006-01-02 15:04"
	if t.Year() == noon.Year() && t.YearDay() == noon.YearDay() {
		layout = "15:04"
	}
	if !t.Truncate(time.Minute).Equal(t) {
		layout += ":05.999999999"
	}
	return t.Format(layout)
}
