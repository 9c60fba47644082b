package ops

import (
	"testing"
	"time"

	"github.com/andante-hq/andante"
)

// TestBefore: what somebody logs of last week ends nothing that began since; who wants nothing
// more wants nothing of that either.
func TestBefore(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		at   time.Time
		want bool
	}{
		{andante.EventMet, began.AddDate(0, 0, -8), true},
		{andante.EventReplied, began.Add(-2 * time.Hour), true},
		{"purchased", began.AddDate(0, 0, -1), true},
		{andante.EventMet, began.Add(-time.Minute), false}, // clocks differ
		{andante.EventMet, began.Add(time.Minute), false},
		{andante.EventMet, time.Time{}, false},
		{andante.EventOptedOut, began.AddDate(0, 0, -8), false},
		{andante.EventUnreachable, began.AddDate(0, 0, -8), false},
		{andante.EventHandedOver, began.AddDate(0, 0, -8), false},
	} {
		if got := before(andante.Event{Name: test.name, At: test.at}, andante.Enrollment{Entered: began}); got != test.want {
			t.Errorf("%s at %s: %v", test.name, test.at, got)
		}
	}
}
