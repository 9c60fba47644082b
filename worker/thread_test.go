package worker_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// A letter of two mails, whose second goes on with the first's conversation or not.
const ownLetter = `---
sequence: own
title: Own
purpose: marketing
sender: owner
---

## Step 1

` + "```yaml step\nkind: email\nafter: 0d\nsubject: One\nvalue: insight - one\n```" + `

Hello.

## Step 2

` + "```yaml step\nkind: email\nafter: 3d\nsubject: Two\nvalue: insight - two\nTHREAD\n```" + `

Hello.
`

const (
	nora = "nora: {name: Nora, email: nora@acme.example}"
	bob  = "bob: {name: Bob, email: bob@acme.example}"
)

// TestSenderOfAThread: between the first mail, as nora, and the second the sequence and
// its people change. The second goes once, as whom today's words and people say.
func TestSenderOfAThread(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		planned, today bool // that the second goes on with the first
		people         []string
		from           string
	}{
		"it goes on as whoever began":           {true, true, []string{nora, bob}, "nora@acme.example"},
		"it stands on its own":                  {false, false, []string{nora, bob}, "bob@acme.example"},
		"it goes on by today's words":           {false, true, []string{nora, bob}, "nora@acme.example"},
		"it stands on its own by today's words": {true, false, []string{nora, bob}, "bob@acme.example"},
		"whoever began has left":                {true, true, []string{bob}, "bob@acme.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFence(t, 1, 1, "brief")
			f.round()
			<-f.start("a", &wire{}) // the brief
			f.ownLetter(tt.planned, "nora", nora, bob)
			if r, err := f.ops.Enroll(t.Context(), ops.EnrollRequest{Sequence: "own"}); err != nil || r.Entered != 1 {
				t.Fatal(r, err)
			}
			f.clock.Tick(time.Minute)
			f.round()
			<-f.start("a", &wire{})
			f.expect("after the first", map[andante.State]int{andante.Sent: 2, andante.Planned: 1})

			f.ownLetter(tt.today, "bob", tt.people...)
			f.clock.Tick(5 * 24 * time.Hour)
			got := &wire{}
			for n := 0; f.round().Leased > 0; n++ {
				if n == 2 {
					t.Fatal("it goes round and round")
				}
				<-f.start("b", got)
			}
			f.expect("in the end", map[andante.State]int{andante.Sent: 3})
			if last := got.from[len(got.from)-1]; last != tt.from {
				t.Errorf("it goes as %v, want %s", got.from, tt.from)
			}
		})
	}
}

// ownLetter publishes the letter and these people, and gives the account an owner.
func (f *fence) ownLetter(thread bool, owner string, people ...string) {
	f.t.Helper()
	key := ""
	if thread {
		key = "thread: true\n"
	}
	text := strings.ReplaceAll(ownLetter, "THREAD\n", key)
	w := f.publishAll(people, map[string]string{"own": text, "brief": strings.ReplaceAll(text, "sequence: own", "sequence: brief")})
	if _, err := f.ops.TakeIn(f.t.Context(), w, []ops.Row{{ExternalID: "c0", Account: "firm", Fields: map[string]string{"account.owner": owner}}}); err != nil {
		f.t.Fatal(err)
	}
}

// A receipt of an attempt is no evidence about the next one, nor a reason to open its
// enrollment again.
func TestLateReceiptOfAnEarlierAttempt(t *testing.T) {
	t.Parallel()
	f := newFence(t, 2, 1, "brief")
	lost := func(name string) (*wire, <-chan struct{}) {
		f.round()
		wire, over := f.onWire(name, false)
		f.clock.Tick(61 * time.Second)
		f.round()
		f.expect(name+" is lost", map[andante.State]int{andante.Unknown: 2})
		return wire, over
	}
	first, over := lost("a")
	f.clock.Tick(20 * time.Minute)
	var unknown []andante.TouchID
	f.read(func(tx *store.Tx) (err error) {
		unknown, err = tx.UnknownTouches(t.Context(), 10)
		return err
	})
	if _, err := f.ops.SettleUnknown(t.Context(), ops.UnknownRequest{Decision: ops.DecideResend, Touches: unknown, By: "me"}); err != nil {
		t.Fatal(err)
	}
	lost("b")
	close(first.goOn)
	<-over
	f.expect("after the first attempt's outcomes", map[andante.State]int{andante.Unknown: 2})
	f.read(func(tx *store.Tx) error {
		counts, err := tx.CountEnrollments(t.Context())
		if slices.ContainsFunc(counts, func(c store.RunCount) bool { return c.State == andante.EnrollmentActive }) {
			t.Errorf("enrollments are active that have nothing to come: %+v", counts)
		}
		return err
	})
}

func (f *fence) read(look func(*store.Tx) error) {
	f.t.Helper()
	if err := f.store.Read(f.t.Context(), look); err != nil {
		f.t.Fatal(err)
	}
}
