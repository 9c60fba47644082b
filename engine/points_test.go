package engine

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/andante-hq/andante/internal/failpoint"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/worker"
)

// dieAt has this process die at the nth point that its worker or its scheduler passes,
// counted from 1, or name every point and live (0). A point is told by the pass and the
// statement that come next there.
func dieAt(n int, in string) {
	at := 0
	failpoint.Hook = func(next string) {
		where := place(next, in)
		if where == "" {
			return
		}
		at++ // one worker: nobody else is here
		fmt.Println("point", where)
		if at == n {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

// place names a point by the functions that lead to it, the pass first; empty if it is
// not in the package that is asked about.
func place(next, in string) string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	statement, pass := "", ""
	for {
		f, more := frames.Next()
		_, name, _ := strings.Cut(f.Function, "andante-hq/andante/")
		if rest, ok := strings.CutPrefix(name, "store.(*Tx)."); ok && rest[0] >= 'A' && rest[0] <= 'Z' {
			statement, _, _ = strings.Cut(rest, ".")
		}
		if rest, ok := strings.CutPrefix(name, in+".("); ok && pass == "" {
			_, rest, _ = strings.Cut(rest, ").")
			pass, _, _ = strings.Cut(rest, ".")
		}
		if !more {
			break
		}
	}
	if pass == "" {
		return ""
	}
	if statement != "" {
		next = statement
	}
	return pass + ": " + next
}

// TestDiesAtEveryPoint kills a process at every boundary between passes and between any
// two statements of claim, permit and record, in turn, each time in a world of its own.
// Whoever comes after finds every touch once.
func TestDiesAtEveryPoint(t *testing.T) {
	for _, in := range []string{"worker", "scheduler"} {
		t.Run(in, func(t *testing.T) { diesAtEveryPoint(t, in, onSQLite, 1, 16) })
	}
}

// TestDiesAtEveryPointOnPostgres is the same where nothing but the end of a lease tells
// that its worker is gone, which takes its time: at length it visits each fourth point.
func TestDiesAtEveryPointOnPostgres(t *testing.T) {
	for _, in := range []string{"worker", "scheduler"} {
		t.Run(in, func(t *testing.T) { diesAtEveryPoint(t, in, (*scene).onPostgres, 4, 8) })
	}
}

// diesAtEveryPoint visits each point of so many at length, else about so few, beginning with
// another one each day.
func diesAtEveryPoint(t *testing.T, in string, setting func(*scene), each, few int) {
	t.Parallel()
	points, breaches := playDying(t, part{DieIn: in}, setting)
	report(t, breaches)
	for _, must := range mustPass[in] {
		if !slices.ContainsFunc(points, func(p string) bool { return strings.HasSuffix(p, ": "+must) }) {
			t.Errorf("no point is called %q; there are:\n%s", must, strings.Join(slices.Compact(slices.Sorted(slices.Values(points))), "\n"))
		}
	}
	step := atLength(each, max(len(points)/few, 1))
	for n := 1 + time.Now().YearDay()%step; n <= len(points); n += step {
		t.Run(fmt.Sprintf("%d %s", n, points[n-1]), func(t *testing.T) {
			t.Parallel()
			_, breaches := playDying(t, part{DieIn: in, DieAt: n}, setting)
			report(t, breaches)
		})
	}
	t.Logf("%d points, every %d. is visited", len(points), step)
}

// TestDiesAtEveryPointTwin: a worker that drops its outcomes is noticed.
func TestDiesAtEveryPointTwin(t *testing.T) {
	if _, breaches := playDying(t, part{Breakage: worker.Breakage{NoRecord: true}}, onSQLite); len(breaches) == 0 {
		t.Error("outcomes were dropped, and the oracle has nothing to say")
	}
}

// mustPass names what the sweep would be nothing without.
var mustPass = map[string][]string{
	"worker": {
		"PickLease", "eligible", "render", "claim", "Counted", "LockWideHolds", "Change", "commit", "committed", "deliver", "MarkAttempted",
		"the envelope", "the mail", "the answer to the mail", "the outcome", "EndAttempts", "AddTouches", "MoveEnrollments", "FinishEnrollments", "EndLease",
	},
	"scheduler": {"LostLeases", "Heads", "Due", "AddLease", "MarkLeased", "commit", "committed"},
}

// playDying plays one world with a process that dies as it is told, and another one after it.
// It returns the points that the first has passed, and every broken promise.
func playDying(t *testing.T, as part, setting func(*scene)) (points, breaches []string) {
	t.Helper()
	const people, steps = 12, 2
	s := newScene(t, harness.Workspace{Sequences: map[string]string{
		"walk": harness.Sequence("walk", "", harness.Mail{}, harness.Mail{After: "2d"}),
	}}, harness.NewTown(people/2, 2), inbox.Options{})
	s.part.Jumps, s.part.Connections = true, 1
	setting(s)
	s.enroll("walk")

	first := s.part
	first.DieAt, first.DieIn, first.Breakage = as.DieAt, as.DieIn, as.Breakage
	process := first.start(t)
	<-process.ended
	switch dead := process.err != nil; {
	case as.DieAt > 0 && !dead && as.DieIn == "scheduler":
		t.Skip("it had less rounds this time, and lived")
	case dead != (as.DieAt > 0):
		t.Fatalf("it was to die at point %d, and ended with %v", as.DieAt, process.err)
	}
	if as.DieAt > 0 {
		s.start().wait(time.Minute)
	}
	points = process.printed("point ")
	doubt := people // at most one flight, which is at most one step of everybody
	if as.DieIn == "worker" && !permitted(points) {
		doubt = 0
	}
	audit := s.books().Audit()
	audit.AllTold(0, doubt)
	if audit.Touches != people*steps || audit.Once+audit.Unknown < audit.Touches {
		audit.Breaches = append(audit.Breaches, audit.String())
	}
	return points, audit.Breaches
}

// permitted tells whether a worker that has passed these points had a flight permitted
// whose outcomes were not recorded.
func permitted(points []string) (open bool) {
	var marks, ends bool // in the transaction that runs
	for _, p := range points {
		_, statement, _ := strings.Cut(p, ": ")
		switch statement {
		case "MarkAttempted":
			marks = true
		case "EndAttempts":
			ends = true
		case "committed":
			open = marks || open && !ends
			marks, ends = false, false
		}
	}
	return open
}
