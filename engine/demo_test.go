package engine

import (
	"fmt"
	"math/rand/v2"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// demoDays is how long the demos of the tests last.
const demoDays = 14

// A played touch is what two plays of a demo must agree on.
type played struct {
	ID       andante.TouchID
	State    andante.State
	Due      time.Time
	Settled  time.Time
	Deferred int
	Reason   andante.Reason
}

// demoTouches reads the touches of a demo, by id.
func demoTouches(t *testing.T, dir string) (list []played) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(dir, workspace.DefaultStore), store.Options{Clock: andante.SystemClock{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Read(t.Context(), func(tx *store.Tx) error {
		people, err := tx.ContactsAfter(t.Context(), "", 10_000)
		if err != nil {
			return err
		}
		for _, c := range people {
			touches, err := tx.TouchesOfContact(t.Context(), c.ID)
			if err != nil {
				return err
			}
			for _, x := range touches {
				list = append(list, played{x.ID, x.State, x.Due, x.Settled, x.Deferred, x.Reason})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b played) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return list
}

func playDemo(t *testing.T, o DemoOptions) *DemoReport {
	t.Helper()
	o.Days = demoDays
	r, err := Demo(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d contacts, %v, %d mails, %d deferred, %d over a limit, %.1fs", r.Contacts, r.Touches, r.Inbox, r.Deferred, r.Over, r.Seconds)
	return r
}

// TestDemo plays the demo once undisturbed and compares other plays with it.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	report := playDemo(t, DemoOptions{Dir: dir})
	touches := demoTouches(t, dir)
	if report.Over != 0 {
		t.Errorf("%d limits broken: %v", report.Over, report.Broken)
	}
	if report.Kinds[andante.Email] != report.Inbox || report.Inbox == 0 {
		t.Errorf("%d sent, %d received", report.Kinds[andante.Email], report.Inbox)
	}
	due := len(touches) - report.Touches[andante.Planned] + report.Deferred // at most
	if report.Deferred*20 < due {                                           // over the whole demo it is a tenth at least
		t.Errorf("only %d of %d touches that came due were deferred: the governor has nothing to do", report.Deferred, due)
	}
	for _, event := range []string{andante.EventReplied, andante.EventAway, andante.EventBounced, andante.EventOptedOut, andante.EventChose} {
		if report.Answers[event] == 0 {
			t.Errorf("nothing came back that is %s: %v", event, report.Answers)
		}
	}
	t.Run("silent", func(t *testing.T) { // what comes back changes what is sent
		t.Parallel()
		r := playDemo(t, DemoOptions{Dir: t.TempDir(), silent: true})
		if r.Spared != 0 || report.Spared == 0 || r.Touches[andante.Sent] <= report.Touches[andante.Sent] || r.Answers[andante.EventReplied] != 0 {
			t.Errorf("%d sent and %d canceled for answers, %d and %d without them", report.Touches[andante.Sent], report.Spared, r.Touches[andante.Sent], r.Spared)
		}
	})
	t.Run("again", func(t *testing.T) {
		t.Parallel()
		again := t.TempDir()
		playDemo(t, DemoOptions{Dir: again})
		if diff := cmp.Diff(touches, demoTouches(t, again)); diff != "" {
			t.Errorf("two plays differ:\n%s", diff)
		}
	})
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		demoKilled(t, report, touches)
	})
	t.Run("ungoverned", func(t *testing.T) { // the count would notice if the governor did nothing
		t.Parallel()
		if r := playDemo(t, DemoOptions{Dir: t.TempDir(), Ungoverned: true}); r.Over == 0 {
			t.Error("nothing is over a limit without the governor: the count sees nothing")
		}
	})
}

// demoKilled kills the demo again and again, plays it on, and wants the same end.
// A throttle that was spent for a killed lease stays spent, so minutes may differ.
func demoKilled(t *testing.T, undisturbed *DemoReport, touches []played) {
	dir := t.TempDir()
	inbox := filepath.Join(dir, "inbox")
	r := rand.New(rand.NewPCG(7, 1))
	kills, child := 0, part{Dir: dir, Demo: demoDays}.start(t)
	for aim := 1; aim < undisturbed.Inbox; aim += 1 + r.IntN(undisturbed.Inbox/6) {
		harness.Until(t, 2*time.Minute, fmt.Sprintf("%d mails", aim), func() bool { return child.over() || mailsIn(t, inbox) >= aim })
		if child.over() {
			break
		}
		child.kill()
		kills++
		child = part{Dir: dir, Demo: demoDays}.start(t)
	}
	child.wait(2 * time.Minute)

	report := playDemo(t, DemoOptions{Dir: dir}) // it is over, and only counted
	t.Logf("killed %d times", kills)
	if got, want := report.Touches[andante.Sent]+report.Touches[andante.Unknown], undisturbed.Touches[andante.Sent]; got != want {
		t.Errorf("%d sent or unknown, %d without kills", got, want)
	}
	if report.Over != 0 {
		t.Errorf("%d limits broken: %v", report.Over, report.Broken)
	}
	if diff := cmp.Diff(keys(touches), keys(demoTouches(t, dir))); diff != "" {
		t.Errorf("other touches than without kills:\n%s", diff)
	}
	for id, n := range messageIDs(t, inbox) {
		if n > 1 {
			t.Errorf("%s was received %d times", id, n)
		}
	}
}

// mailsIn counts the mails of a folder.
func mailsIn(t *testing.T, folder string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// keys returns what identifies the touches: their ids without the instant at
// which they were planned.
func keys(list []played) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x.ID)[len("018f0000-0000"):]
	}
	slices.Sort(out)
	return out
}

// messageIDs counts the mails of a folder by Message-ID.
func messageIDs(t *testing.T, folder string) map[string]int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(f)
		if f.Close(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		count[m.Header.Get("Message-Id")]++
	}
	return count
}
