package reports_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/store"
)

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// ledger returns reports on a store that holds these touches, numbered from 0: touch n is
// sent, or in the state that the list says, at the n-th second, and has the Message-ID n@x.
func ledger(t *testing.T, n int, states map[int]andante.State) *reports.Reports {
	t.Helper()
	ctx := t.Context()
	s, err := store.Open(ctx, filepath.Join(t.TempDir(), "andante.db"), store.Options{Clock: andante.SystemClock{}, Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	var list []andante.Touch
	for i := range n {
		touch := andante.Touch{
			ID: touchID(i), Enrollment: andante.NewID[andante.EnrollmentID](monday), Contact: "c", Account: "a", Sequence: "brief", Step: "one",
			Kind: andante.Email, State: andante.Sent, Due: monday, FirstDue: monday, MessageID: fmt.Sprintf("%d@x", i), Attempts: 1,
		}
		if state, ok := states[i]; ok {
			touch.State = state
		}
		if touch.State.Settled() {
			touch.Settled = monday.Add(time.Duration(i) * time.Second)
		}
		list = append(list, touch)
	}
	if err := s.Write(ctx, func(tx *store.Tx) error { return tx.AddTouches(ctx, list) }); err != nil {
		t.Fatal(err)
	}
	return &reports.Reports{Store: s, Clock: andante.SystemClock{}}
}

func touchID(n int) andante.TouchID {
	return andante.DeriveID[andante.TouchID]("ledger", monday.Add(time.Duration(n)*time.Millisecond), "touch", strconv.Itoa(n))
}

func reconcile(t *testing.T, r *reports.Reports, in reports.Received, o reports.ReconcileOptions) *reports.Reconciliation {
	t.Helper()
	got, err := r.Reconcile(t.Context(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Over more than one page of touches, every mail is compared once.
func TestReconcileInPages(t *testing.T) {
	t.Parallel()
	const n = 2500
	r := ledger(t, n, nil)
	in := reports.Received{"x@else": 2}
	for i := range n {
		in[fmt.Sprintf("%d@x", i)] = 1
	}
	delete(in, "0@x")
	delete(in, "999@x")
	delete(in, "1000@x")
	in["2499@x"] = 3
	got := reconcile(t, r, in, reports.ReconcileOptions{List: 2})
	want := &reports.Reconciliation{
		Received: n - 3 + 2 + 2, Distinct: n - 3 + 1, Sent: n, Matched: n - 3,
		Missing:   reports.Findings{N: 3, First: []reports.MailFinding{finding(0, 0), finding(999, 0)}},
		Doubled:   reports.Findings{N: 1, First: []reports.MailFinding{finding(2499, 3)}},
		Strangers: reports.Findings{N: 1, First: []reports.MailFinding{{MessageID: "x@else", Times: 2}}},
	}
	if diff := cmp.Diff(want, got); diff != "" || got.Sound() {
		t.Errorf("sound: %v (-want +got):\n%s", got.Sound(), diff)
	}
}

func finding(n, times int) reports.MailFinding {
	return reports.MailFinding{
		Touch: touchID(n), Contact: "c", Sequence: "brief", Step: "one", State: andante.Sent, Attempts: 1, At: monday.Add(time.Duration(n) * time.Second),
		MessageID: fmt.Sprintf("%d@x", n), Times: times,
	}
}

// A copy was taken over: what it never rendered has no Message-ID here, and the original may
// have sent it as another sender, or have planned it at another instant. It is no stranger.
func TestReconcileTakenOver(t *testing.T) {
	t.Parallel()
	r := ledger(t, 6, map[int]andante.State{0: andante.Unknown, 1: andante.Unknown, 2: andante.Unknown, 3: andante.Planned, 5: andante.Unknown})
	unrendered(t, r, 0, 1, 2, 3)
	at := func(id andante.TouchID, domain string) string { return string(id) + "@" + domain }
	anew := andante.DeriveID[andante.TouchID]("ledger", monday.Add(time.Hour), "touch", "1")
	in := reports.Received{
		at(touchID(0), "tidewater.example"): 1, at(anew, "tidewater.example"): 1, at(touchID(3), "tidewater.example"): 1,
		"4@x": 1, at(touchID(4), "elsewhere.example"): 1, at(touchID(99), "tidewater.example"): 1,
	}
	got := reconcile(t, r, in, reports.ReconcileOptions{})
	if words := wordsOf(got); words != "again sent matched doubled contrary arrived not arrived strangers" {
		t.Errorf("%s", words)
	}
	if diff := cmp.Diff([]andante.TouchID{touchID(0), touchID(1)}, got.ToSettle); diff != "" {
		t.Errorf("to be settled (-want +got):\n%s", diff)
	}
	for name, c := range map[string]struct {
		list  reports.Findings
		touch andante.TouchID
		id    string
		times int
	}{
		"received under its own id":   {got.Arrived, touchID(0), at(touchID(0), "tidewater.example"), 1},
		"planned, and received":       {got.Contrary, touchID(3), at(touchID(3), "tidewater.example"), 1},
		"received twice, as two":      {got.Doubled, touchID(4), "4@x", 2},
		"of no touch of ours":         {got.Strangers, "", at(touchID(99), "tidewater.example"), 1},
		"unknown, and never received": {got.NotArrived, touchID(2), "", 0},
	} {
		if f := c.list.First[0]; f.Touch != c.touch || f.MessageID != c.id || f.Times != c.times {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := got.Arrived.First[1]; f.Touch != touchID(1) || f.MessageID != at(anew, "tidewater.example") {
		t.Errorf("planned anew by the original: %+v", f)
	}
}

// unrendered takes touches their Message-ID.
func unrendered(t *testing.T, r *reports.Reports, numbers ...int) {
	t.Helper()
	var ids []andante.TouchID
	for _, n := range numbers {
		ids = append(ids, touchID(n))
	}
	err := r.Store.Write(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Touches(t.Context(), ids)
		var changes []store.Change
		for _, touch := range list {
			touch.MessageID = ""
			changes = append(changes, store.Change{Touch: touch, Was: touch.State})
		}
		if err == nil {
			_, err = tx.Change(t.Context(), changes)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A touch of which nobody knows waits to be sent again, and was received: that is told, and
// so is what to settle before it goes twice. One that was refused for a while is another
// matter.
func TestReconcileResent(t *testing.T) {
	t.Parallel()
	r := ledger(t, 3, map[int]andante.State{0: andante.Planned, 1: andante.Planned, 2: andante.Planned})
	attempt := func(n int, o andante.Outcome) andante.Attempt {
		return andante.Attempt{Touch: touchID(n), Contact: "c", Account: "a", Number: 1, Started: monday, Ended: monday, Outcome: o}
	}
	err := r.Store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddAttempts(t.Context(), []andante.Attempt{
			attempt(0, andante.OutcomeUnknown), attempt(1, andante.OutcomeTemporary), attempt(2, andante.OutcomeUnknown),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	got := reconcile(t, r, reports.Received{"0@x": 1, "1@x": 1}, reports.ReconcileOptions{})
	if words := wordsOf(got); words != "again contrary" || got.Contrary.N != 2 || !got.Contrary.First[0].Resent || got.Contrary.First[1].Resent {
		t.Errorf("%s: %+v", words, got.Contrary)
	}
	if diff := cmp.Diff([]andante.TouchID{touchID(0)}, got.TakeBack); diff != "" {
		t.Errorf("to be taken back (-want +got):\n%s", diff)
	}
}

// What each state means of a mail that was received, and of one that was not.
func TestReconcileStates(t *testing.T) {
	t.Parallel()
	for state, want := range map[andante.State][2]string{ // not received, received
		andante.Sent:      {"sent missing", "sent matched"},
		andante.Unknown:   {"not arrived", "arrived"},
		andante.Attempted: {"on wire", "on wire"},
		andante.Planned:   {"again", "again contrary"},
		andante.Claimed:   {"again", "again contrary"},
		andante.Failed:    {"", "contrary"},
		andante.Skipped:   {"", "contrary"},
		andante.Canceled:  {"", "contrary"},
	} {
		for times, want := range want {
			in := reports.Received{}
			if times > 0 {
				in["0@x"] = times
			}
			got := reconcile(t, ledger(t, 1, map[int]andante.State{0: state}), in, reports.ReconcileOptions{})
			if words := wordsOf(got); words != want {
				t.Errorf("%s, received %d times: %q, want %q", state, times, words, want)
			}
			if len(got.ToSettle) != got.Arrived.N {
				t.Errorf("%s, received %d times: to be settled: %v", state, times, got.ToSettle)
			}
		}
	}
}

// wordsOf names what is more than nothing.
func wordsOf(r *reports.Reconciliation) (words string) {
	for _, c := range []struct {
		n    int
		name string
	}{
		{r.Planned, "planned"},
		{r.Again, "again"},
		{r.OnWire, "on wire"},
		{r.Sent, "sent"},
		{r.Matched, "matched"},
		{r.Outside, "outside"},
		{r.Missing.N, "missing"},
		{r.Doubled.N, "doubled"},
		{r.Contrary.N, "contrary"},
		{r.Arrived.N, "arrived"},
		{r.NotArrived.N, "not arrived"},
		{r.Strangers.N, "strangers"},
	} {
		if c.n > 0 {
			words += " " + c.name
		}
	}
	return words[min(1, len(words)):]
}

// The window takes in its beginning and not its end; doubles are told wherever they are.
func TestReconcileWindow(t *testing.T) {
	t.Parallel()
	r := ledger(t, 4, map[int]andante.State{3: andante.Unknown})
	at := func(n int) time.Time { return monday.Add(time.Duration(n) * time.Second) }
	for _, c := range []struct {
		name         string
		since, until time.Time
		in           reports.Received
		sent         int
		words        string
	}{
		{"one second", at(1), at(2), reports.Received{}, 1, "sent missing"},
		{"from the second on", at(1), time.Time{}, reports.Received{"1@x": 1, "2@x": 1}, 2, "sent matched not arrived"},
		{"before the second", time.Time{}, at(1), reports.Received{"0@x": 1, "2@x": 1}, 1, "sent matched outside"},
		{"after all", at(9), time.Time{}, reports.Received{"0@x": 2, "3@x": 1}, 0, "outside doubled arrived"},
	} {
		got := reconcile(t, r, c.in, reports.ReconcileOptions{Since: c.since, Until: c.until})
		if words := wordsOf(got); words != c.words || got.Sent != c.sent {
			t.Errorf("%s: %q and %d sent, want %q and %d", c.name, words, got.Sent, c.words, c.sent)
		}
	}
}
