package engine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/examples"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/reports"
	"github.com/andante-hq/andante/simulation"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// TestExamplesForAYear plays every example for a year with its own people: each sequence has
// something to send, nothing fails and no limit breaks. The quickstart, which is larger, is
// played by the demo and by the other tests of simulations.
func TestExamplesForAYear(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays a year of every example")
	}
	for _, example := range examples.All()[1:] { // the first is the quickstart
		t.Run(example.Name, func(t *testing.T) {
			t.Parallel()
			e, w := exampleOf(t, example.Name)
			const days = 365
			begin := w.ByHand()
			for _, name := range w.Names() { // as if what lets people in had happened to everybody
				if q := w.Sequences[name]; q.Enter != nil && q.Enter.Event != "" {
					begin = append(begin, name)
				}
			}
			rep, err := e.Simulate(t.Context(), SimulateOptions{Workspace: w, Days: days, Sequences: begin})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v, %d put off, %v", rep.Touches, rep.Deferred, rep.Reasons)
			if rep.Went() == 0 || rep.Touches[andante.Failed] > 0 || rep.OverLimit > 0 {
				t.Errorf("%d went, %d failed, %d over a limit", rep.Went(), rep.Touches[andante.Failed], rep.OverLimit)
			}
			for _, name := range w.Names() {
				if !slices.ContainsFunc(rep.PerSequence, func(s simulation.Sequence) bool { return s.Sequence == name && s.Went > 0 }) {
					t.Errorf("of %s nothing went", name)
				}
			}
		})
	}
}

// exampleOf is an example with its people in a store of its own.
func exampleOf(t *testing.T, name string) (*Engine, *workspace.Workspace) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := Init(dir, name); err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), Options{Dir: dir, Clock: andante.NewJumpClock(exampleDay), Volatile: true, Config: func(c *workspace.Config) { c.Redis = "" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	w := furnish(t, e, filepath.Join(dir, "contacts.csv"), exampleDay)
	if more := filepath.Join(dir, "opt-ins.csv"); fileExists(more) {
		furnish(t, e, more, exampleDay)
	}
	tell(t, e, "C-1002", "login", exampleDay.AddDate(0, 0, -20)) // a customer of adoption, who has gone quiet
	r := reports.Reports{Store: e.Store, Clock: e.Clock, Workspace: w, Hash: e.Ops.Keys.Hash, Plan: e.Ops.Revisions.Plan}
	behind, err := r.Cadence(t.Context(), reports.CadenceQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var turns []ops.Turn
	for i := range behind.Accounts {
		if a := &behind.Accounts[i]; a.Behind() && a.FillWith != "" && w.Sequences[a.FillWith] != nil {
			turns = append(turns, ops.Turn{Account: a.Account, Owner: a.Owner, Sequence: a.FillWith, By: a.DueBy})
		}
	}
	if _, err := e.Ops.Fill(t.Context(), turns, andante.CauseCadence, false); err != nil {
		t.Fatal(err)
	}
	return e, w
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// tell tells what somebody did, if there is somebody of that name.
func tell(t *testing.T, e *Engine, name, event string, at time.Time) {
	t.Helper()
	err := e.Store.Write(t.Context(), func(tx *store.Tx) error {
		people, err := tx.ContactsByExternalID(t.Context(), []string{name})
		if err != nil || len(people) == 0 {
			return err
		}
		c := people[0]
		return e.Ops.Apply(t.Context(), tx, andante.Event{ID: andante.NewID[andante.EventID](at), Contact: c.ID, Account: c.Account, Name: event, At: at})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// exampleDay is a Monday on which all that the examples tell of has happened.
var exampleDay = time.Date(2026, 12, 7, 7, 0, 0, 0, time.UTC)
