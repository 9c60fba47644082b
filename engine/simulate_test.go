package engine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/simulation"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// fast are so many contacts that three people can't write to them at the example's pace.
const fast = 10_000

// rehearsing opens the example workspace with n contacts, three in each account, on an
// SQLite store or another one.
func rehearsing(t testing.TB, n int, dsn string) (*Engine, *workspace.Workspace) {
	t.Helper()
	dir := t.TempDir()
	if err := copyExample(dir); err != nil {
		t.Fatal(err)
	}
	if n >= fast {
		config := filepath.Join(dir, workspace.ConfigFile)
		text, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(config, bytes.ReplaceAll(text, []byte("60 per hour"), []byte("3600 per hour")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	b.WriteString("id,email,first_name,persona,account,account.name,account.stage,account.industry,account.owner,account.buildings,country,zone,consent.basis,consent.source\n")
	personas, zones, owners := []string{"cfo", "facility-manager", "operations-director"}, []string{"America/New_York", "America/Chicago", "Europe/Berlin"}, []string{"nora", "marcus", "lena"}
	for i := range n {
		a := i / 3
		fmt.Fprintf(&b, "c%d,c%d@a%d.example,Ann,%s,a%d,Acme %d,%s,retail,%s,%d,US,%s,opt_in,Fair\n", i, i, a, personas[i%3], a, a, []string{"prospect", "customer"}[a%2], owners[a%3], a%50+1, zones[a%3])
	}
	file := filepath.Join(dir, "many.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), Options{Dir: dir, Clock: andante.NewJumpClock(demoStart), Volatile: true, Config: func(c *workspace.Config) {
		c.Redis = ""
		if dsn != "" {
			c.Store = dsn
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e, furnish(t, e, file, demoStart)
}

// furnish publishes the folder of an engine and takes in a file of contacts on a day.
func furnish(t testing.TB, e *Engine, file string, at time.Time) *workspace.Workspace {
	t.Helper()
	w, found := workspace.Load(e.FS())
	if bad := workspace.Errors(found); len(bad) > 0 {
		t.Fatal(bad)
	}
	if _, err := e.Ops.Publish(t.Context(), w, nil, false); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	im := contacts.Importer{Ops: e.Ops, Workspace: w}
	if rep, err := im.Import(t.Context(), in, os.Stderr, contacts.Options{At: at}); err != nil || rep.Rejected > 0 {
		t.Fatalf("%d rejected, %v", rep.Rejected, err)
	}
	return w
}

func touchesOf(t *testing.T, e *Engine) (list []andante.Touch) {
	t.Helper()
	err := e.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		list, err = tx.TouchesAfter(t.Context(), "", 100_000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestSimulate: a simulation leaves the store as it is, breaks no limit, comes out the same
// for one seed and otherwise for another, and goes on with what runs.
func TestSimulate(t *testing.T) {
	t.Parallel()
	e, w := rehearsing(t, 450, "") // more than are played in one part
	if _, err := e.Ops.Enroll(t.Context(), ops.EnrollRequest{Sequence: "building-brief"}); err != nil {
		t.Fatal(err)
	}
	before := touchesOf(t, e)
	rates, found := simulation.ParseRates("rates", []byte("email: {reply: 5%, opt_out: 2%}"))
	if len(found) > 0 {
		t.Fatal(found)
	}
	play := func(seed andante.Seed, r simulation.Rates) *simulation.Report {
		t.Helper()
		got, err := e.Simulate(t.Context(), SimulateOptions{Workspace: w, Days: 24, Sequences: []string{"facility-benchmark"}, Seed: seed, Rates: r})
		if err != nil {
			t.Fatal(err)
		}
		if got.OverLimit > 0 {
			t.Errorf("%d touches break a limit", got.OverLimit)
		}
		return got
	}
	silent, one, again, other := play("one", nil), play("one", rates), play("one", rates), play("other", rates)
	if diff := cmp.Diff(before, touchesOf(t, e)); diff != "" {
		t.Error("the store is another one:", diff)
	}
	if diff := cmp.Diff(one, again, cmpopts.IgnoreFields(simulation.Report{}, "Seconds")); diff != "" {
		t.Error("one seed, two plays:", diff)
	}
	if cmp.Equal(one.PerWeek, other.PerWeek) {
		t.Error("another seed plays the same")
	}
	if one.Contacts != 450 || one.Accounts != 150 || one.Went() < 700 || len(one.PerSequence) != 3 {
		t.Errorf("%d contacts in %d accounts, %d touches of %d sequences", one.Contacts, one.Accounts, one.Went(), len(one.PerSequence))
	}
	if n := one.Answers; n[andante.EventReplied] < 12 || n[andante.EventOptedOut] < 3 || one.Went() >= silent.Went() {
		t.Errorf("answers %v, %d touches, and %d where nobody answers", n, one.Went(), silent.Went())
	}
}

// rehearse plays a simulation and leaves its parts open until the test ends.
func rehearse(t *testing.T, e *Engine, o SimulateOptions, ungoverned bool) *rehearsal {
	t.Helper()
	s := &rehearsal{source: e, o: o, from: e.Clock.Now().Add(time.Millisecond), dir: t.TempDir(), ungoverned: ungoverned}
	s.to = s.from.AddDate(0, 0, o.Days)
	t.Cleanup(s.close)
	if err := s.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.strands {
		if err := p.play(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestSimulateUngoverned: counted again, limits that are not kept are found broken.
func TestSimulateUngoverned(t *testing.T) {
	t.Parallel()
	e, w := rehearsing(t, 30, "")
	limits := w.Policy.Limits
	loose := w.Ungoverned()
	s := rehearse(t, e, SimulateOptions{Workspace: w, Days: 60, Sequences: w.Names()}, true)
	got, err := s.report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.OverLimit == 0 || len(limits) == 0 || len(loose.Policy.Limits) > 0 {
		t.Errorf("%d touches break %d limits", got.OverLimit, len(limits))
	}
}

// TestSimulateWhere: those who are not counted are played all the same.
func TestSimulateWhere(t *testing.T) {
	t.Parallel()
	e, w := rehearsing(t, 60, "")
	got, err := e.Simulate(t.Context(), SimulateOptions{Workspace: w, Days: 30, Sequences: w.Names(), Where: `contact.persona == "cfo"`})
	if err != nil {
		t.Fatal(err)
	}
	if got.Contacts != 20 || got.Went() == 0 || slices.ContainsFunc(got.PerSequence, func(q simulation.Sequence) bool { return q.Sequence == "facility-benchmark" && q.Went > 0 }) {
		t.Errorf("%d contacts, %d touches, %+v", got.Contacts, got.Went(), got.PerSequence)
	}
}

// TestSimulateOnPostgres: the copy of a Postgres store is played like that of any other.
func TestSimulateOnPostgres(t *testing.T) {
	t.Parallel()
	e, w := rehearsing(t, 30, testdb.Postgres(t))
	if _, err := e.Ops.Enroll(t.Context(), ops.EnrollRequest{Sequence: "building-brief"}); err != nil {
		t.Fatal(err)
	}
	got, err := e.Simulate(t.Context(), SimulateOptions{Workspace: w, Days: 60})
	if err != nil {
		t.Fatal(err)
	}
	if got.Contacts != 30 || got.Went() < 30 || got.OverLimit > 0 {
		t.Errorf("%d contacts, %d touches, %d over a limit", got.Contacts, got.Went(), got.OverLimit)
	}
}

// BenchmarkSimulate plays a year of 10 000 contacts who enter every sequence of the example,
// with people who may send as many letters as so many contacts ask for.
func BenchmarkSimulate(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the command does
	e, w := rehearsing(b, 10_000, "")
	for b.Loop() {
		got, err := e.Simulate(b.Context(), SimulateOptions{Workspace: w, Days: 365, Sequences: w.ByHand()})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(got.Went()), "touches")
		b.ReportMetric(float64(got.Went())/got.Seconds, "touches/s")
	}
}
