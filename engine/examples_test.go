package engine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/examples"
	"github.com/andante-hq/andante/simulation"
	"github.com/andante-hq/andante/workspace"
)

// TestExamplesForAYear plays every example for a year with its own people: each sequence has
// something to send, nothing fails, no limit breaks, and every kind that is written goes.
func TestExamplesForAYear(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays a year of every example")
	}
	for _, example := range examples.All() {
		t.Run(example.Name, func(t *testing.T) {
			t.Parallel()
			e, w := exampleOf(t, example.Name)
			const days = 365
			rep, err := e.Simulate(t.Context(), SimulateOptions{Workspace: w, Days: days, Sequences: w.ByHand()})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v, %d put off, %v", rep.Touches, rep.Deferred, rep.Reasons)
			if rep.Went() == 0 || rep.Touches[andante.Failed] > 0 || rep.OverLimit > 0 {
				t.Errorf("%d went, %d failed, %d over a limit", rep.Went(), rep.Touches[andante.Failed], rep.OverLimit)
			}
			for _, name := range w.ByHand() {
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
	e, err := Open(t.Context(), Options{Dir: dir, Clock: andante.NewJumpClock(demoStart), Volatile: true, Config: func(c *workspace.Config) { c.Redis = "" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	w, found := workspace.Load(e.FS())
	if bad := workspace.Errors(found); len(bad) > 0 {
		t.Fatal(bad)
	}
	if _, err := e.Ops.Publish(t.Context(), w, nil, false); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(filepath.Join(dir, "contacts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	im := contacts.Importer{Ops: e.Ops, Workspace: w}
	if _, err := im.Import(t.Context(), in, os.Stderr, contacts.Options{At: demoStart}); err != nil {
		t.Fatal(err)
	}
	return e, w
}
