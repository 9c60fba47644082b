package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/scheduler"
)

// TestSimulationComesTrue: what a rehearsal foretells is what happens. The same people enter
// the same sequences, once rehearsed and once for real, on a calendar that jumps from one
// due time to the next. A step of the rehearsal's calendar shifts a few of them.
func TestSimulationComesTrue(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it plays two months twice")
	}
	e, w := rehearsing(t, 60, "")
	const days = 60
	s := rehearse(t, e, SimulateOptions{Workspace: w, Days: days, Sequences: w.ByHand()}, false)
	foretold := daysOf(t, s.strands[0].engine)

	live(t, e, w.ByHand(), s.to)
	happened := daysOf(t, e)
	var off []string
	for step, what := range happened {
		if foretold[step] != what {
			off = append(off, fmt.Sprintf("%s: foretold %q, came %q", step, foretold[step], what))
		}
	}
	for step, what := range foretold {
		if happened[step] == "" {
			off = append(off, fmt.Sprintf("%s: foretold %q, did not come", step, what))
		}
	}
	if len(happened) < 400 || len(off) > len(happened)/10 {
		t.Errorf("of %d steps %d came otherwise:\n%s", len(happened), len(off), strings.Join(off, "\n"))
	}
	t.Logf("%d steps, %d of them otherwise", len(happened), len(off))
}

// daysOf returns what became of each step, and on which day.
func daysOf(t *testing.T, e *Engine) map[string]string {
	t.Helper()
	list := map[string]string{}
	for _, x := range touchesOf(t, e) {
		if !x.Settled.IsZero() {
			list[fmt.Sprint(x.Contact, " ", x.Sequence, "/", x.Step)] = fmt.Sprint(x.State, " ", x.Settled.Format(time.DateOnly))
		}
	}
	return list
}

// live enrolls and works until an instant, and does tasks as a rehearsal does.
func live(t *testing.T, e *Engine, names []string, end time.Time) {
	t.Helper()
	ctx := t.Context()
	for _, name := range names {
		if _, err := e.Ops.Enroll(ctx, ops.EnrollRequest{Sequence: name}); err != nil {
			t.Fatal(err)
		}
	}
	clock := e.Clock.(*andante.JumpClock)
	err := e.Run(ctx, RunOptions{Roles: []Role{RoleScheduler, RoleWorker}, demo: true, idle: func(ctx context.Context, r scheduler.Round) error {
		did, task, err := e.doTasks(ctx, clock.Now(), onVoicemail)
		if err != nil || did > 0 {
			return err
		}
		next := r.Next
		if next.IsZero() || !task.IsZero() && task.Before(next) {
			next = task
		}
		if next.IsZero() || next.After(end) {
			return errIdle
		}
		clock.Jump(next)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}
