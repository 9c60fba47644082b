package andante_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
)

// The rows are the states as the design tells them, from the plan to the outcome.
func TestTransitions(t *testing.T) {
	t.Parallel()
	want := map[andante.State][]andante.State{
		andante.Planned:   {andante.Leased, andante.Sent, andante.Unknown, andante.Skipped, andante.Canceled},
		andante.Leased:    {andante.Planned, andante.Claimed, andante.Review, andante.Unknown, andante.Failed, andante.Skipped, andante.Canceled},
		andante.Claimed:   {andante.Planned, andante.Attempted, andante.Unknown, andante.Failed, andante.Skipped, andante.Canceled},
		andante.Attempted: {andante.Planned, andante.Open, andante.Sent, andante.Unknown, andante.Failed},
		andante.Review:    {andante.Planned, andante.Skipped, andante.Canceled},
		andante.Open:      {andante.Sent, andante.Done, andante.Skipped, andante.Canceled},
		andante.Unknown:   {andante.Planned, andante.Sent, andante.Failed},
	}
	for _, from := range andante.States {
		var got []andante.State
		for _, to := range andante.States {
			if from.May(to) {
				got = append(got, to)
			}
			if from.May(to) != slices.Contains(from.Next(), to) {
				t.Errorf("%s to %s: May and Next do not agree", from, to)
			}
		}
		if diff := cmp.Diff(want[from], got); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", from, diff)
		}
		if len(got) != len(from.Next()) {
			t.Errorf("after %s comes a state that is not listed, or one twice: %v", from, from.Next())
		}
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	reached := map[andante.State]bool{andante.Planned: true}
	for range andante.States {
		for s := range reached {
			for _, next := range s.Next() {
				reached[next] = true
			}
		}
	}
	for _, s := range andante.States {
		if !reached[s] {
			t.Errorf("nothing leads from planned to %s", s)
		}
		// What is over stays over; only a person or a late receipt moves what is unknown.
		end := len(s.Next()) == 0
		if want := end || s == andante.Unknown; s.Settled() != want {
			t.Errorf("%s: settled %v, want %v", s, s.Settled(), want)
		}
		if s.May(andante.Attempted) && s != andante.Claimed {
			t.Errorf("%s goes onto the wire without a claim", s)
		}
	}
	sorted := slices.Sorted(slices.Values(andante.States))
	if len(slices.Compact(sorted)) != 12 || len(andante.States) != 12 {
		t.Errorf("states %v", andante.States)
	}
	if other := andante.State("other"); other.May(andante.Planned) || other.Settled() || other.Next() != nil {
		t.Error("a state that is none may move")
	}
}

func TestFree(t *testing.T) {
	t.Parallel()
	got := andante.Touch{
		ID: "t", State: andante.Claimed, Lease: "l", Due: noon, FirstDue: noon, Counted: noon, NotAfter: noon, Settled: noon, Attempts: 2, Address: "a",
	}
	got.Free()
	want := andante.Touch{ID: "t", State: andante.Claimed, Due: noon, FirstDue: noon, Settled: noon, Attempts: 2, Address: "a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("freed (-want +got):\n%s", diff)
	}
}
