package reports

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
)

// TestFolded: what put a touch off for the same reason day after day is told once, with the
// last day; another reason, another touch and what happened in between are told apart.
func TestFolded(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, n, 9, 0, 0, 0, time.UTC) }
	held := func(n int, touch andante.TouchID) Line {
		return Line{
			At: day(n), Touch: touch, Text: "put off until " + day(n+1).Format(time.DateOnly), Because: []string{"a hold"},
			Action: andante.Defer, Reason: andante.ReasonHeld, Until: day(n + 1),
		}
	}
	sent := Line{At: day(4), Touch: "a", Text: "sent"}
	limit := held(5, "a")
	limit.Reason = andante.ReasonLimit
	got := (&teller{lines: []Line{held(1, "a"), held(2, "b"), held(2, "a"), {At: day(2), Text: "event"}, held(3, "a"), sent, held(4, "a"), limit}}).folded()
	thrice := held(3, "a")
	thrice.At, thrice.Again, thrice.Text = day(1), 2, thrice.Text+" (looked at 3 times)"
	want := []Line{thrice, held(2, "b"), {At: day(2), Text: "event"}, sent, held(4, "a"), limit}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
