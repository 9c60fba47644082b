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
