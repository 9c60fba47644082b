package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/workspace"
)

func TestSimSpeed(t *testing.T) {
	n, days := 10000, 90
	dir := t.TempDir()
	takeFolder(dir)
	copyExample(dir)
	y, _ := os.ReadFile(filepath.Join(dir, "andante.yaml"))
	os.WriteFile(filepath.Join(dir, "andante.yaml"), []byte(strings.ReplaceAll(string(y), "60 per hour", "3600 per hour")), 0o644)
	debug.SetGCPercent(400)
	f, _ := os.Create(filepath.Join(dir, "many.csv"))
	fmt.Fprintln(f, "id,email,first_name,last_name,job_title,persona,account,account.name,account.stage,account.industry,account.owner,account.buildings,account.revenue,country,zone,consent.basis,consent.source")
	personas := []string{"cfo", "facility-manager", "operations-director"}
	zones := []string{"America/New_York", "America/Chicago", "Europe/Berlin"}
	owners := []string{"nora", "marcus", "lena"}
	for i := range n {
		a := i / 3
		fmt.Fprintf(f, "c%d,c%d@a%d.example,Ann,Lee%d,Boss,%s,a%d,Acme %d,%s,retail,%s,%d,%d,US,%s,opt_in,Fair\n", i, i, a, i, personas[i%3], a, a, []string{"prospect", "customer"}[a%2], owners[a%3], a%50+1, a*100, zones[a%3])
	}
	f.Close()
	ctx := context.Background()
	clock := andante.NewJumpClock(demoStart)
	e, err := Open(ctx, Options{Dir: dir, Clock: clock, Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	w, _ := workspace.Load(e.FS())
	if _, err := e.Ops.Publish(ctx, w, nil, false); err != nil {
		t.Fatal(err)
	}
	in, _ := os.Open(f.Name())
	im := contacts.Importer{Ops: e.Ops, Workspace: w}
	rep, err := im.Import(ctx, in, os.Stderr, contacts.Options{At: clock.Now()})
	fmt.Println(rep, err)
	began := time.Now()
	sim, err := e.Simulate(ctx, SimulateOptions{Workspace: w, Days: days, Sequences: w.Names()})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(time.Since(began))
	js, _ := json.Marshal(sim)
	fmt.Println(string(js))
}
