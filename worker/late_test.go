package worker_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/scheduler"
	"github.com/andante-hq/andante/store"
)

// asleep has a worker sleep with five mails on the wire, of which it has written one,
// until the scheduler calls all of them unknown. The last channel wakes it.
func asleep(t *testing.T, steps int) (f *fence, ids []andante.TouchID, over, wake chan struct{}) {
	t.Helper()
	f = newFence(t, 5, steps, "brief")
	f.round()
	a, over := f.onWire("a", false)
	f.clock.Tick(61 * time.Second)
	f.round()
	err := f.store.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.Unknown(t.Context(), store.UnknownFilter{}, store.Unknown{}, 10)
		for _, u := range all {
			ids = append(ids, u.Touch)
		}
		return err
	})
	if err != nil || len(ids) != 5 {
		t.Fatalf("%d are unknown, error %v", len(ids), err)
	}
	return f, ids, over, a.goOn
}

func (f *fence) settle(d ops.Decision, ids []andante.TouchID) {
	f.t.Helper()
	rep, err := f.ops.SettleUnknown(f.t.Context(), ops.UnknownRequest{Decision: d, Touches: ids, By: "tess"})
	if err != nil || len(rep.Settled) != len(ids) {
		f.t.Fatalf("%+v, error %v", rep, err)
	}
}

// idle wants nothing to be active for which nothing is to come.
func (f *fence) idle() {
	f.t.Helper()
	err := f.store.Read(f.t.Context(), func(tx *store.Tx) error {
		on, err := tx.ActiveOn(f.t.Context(), "brief", "", 10)
		if len(on) > 0 {
			f.t.Errorf("%d enrollments are active with nothing to come", len(on))
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// What a person has settled stays as it is when the worker wakes and tells what it knows:
// one receipt, and four mails that it never wrote.
func TestAReceiptAfterAPerson(t *testing.T) {
	t.Parallel()
	for decision, state := range map[ops.Decision]andante.State{ops.DecideSent: andante.Sent, ops.DecideFailed: andante.Failed} {
		f, ids, over, wake := asleep(t, 1)
		f.settle(decision, ids)
		before := f.books(ids)
		close(wake)
		<-over
		if diff := cmp.Diff(before, f.books(ids)); diff != "" {
			t.Errorf("%s (-settled +woken):\n%s", decision, diff)
		}
		f.expect(string(decision), map[andante.State]int{state: 5})
		f.idle()
		f.clock.Tick(24 * time.Hour)
		if r := f.round(); r != (scheduler.Round{}) {
			t.Errorf("%s: there is something to do: %+v", decision, r)
		}
	}
}

// books are what the store says of touches.
func (f *fence) books(ids []andante.TouchID) (b struct {
	Touches  []andante.Touch
	Attempts []andante.Attempt
},
) {
	f.t.Helper()
	err := f.store.Read(f.t.Context(), func(tx *store.Tx) (err error) {
		if b.Touches, err = tx.Touches(f.t.Context(), ids); err != nil {
			return err
		}
		b.Attempts, err = tx.AttemptsOf(f.t.Context(), ids)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// A person has all five sent again, and the worker wakes before that comes to pass: its
// receipt takes the one back that it wrote; the four others go. Nobody gets two.
func TestAReceiptTakesAResendBack(t *testing.T) {
	t.Parallel()
	for _, steps := range []int{1, 2} {
		f, ids, over, wake := asleep(t, steps)
		f.settle(ops.DecideResend, ids)
		if r := f.round(); r.Leased > 0 {
			t.Errorf("leased at once: %+v", r)
		}
		f.clock.Tick(10 * time.Minute) // as long as a relay may take over the final dot
		close(wake)
		<-over
		want := map[andante.State]int{andante.Sent: 1, andante.Planned: 4}
		if steps == 2 {
			want[andante.Planned] = 4 + 5 // and everybody's second step
		}
		f.expect("after the receipt", want)
		f.clock.Tick(7 * time.Minute)
		f.round()
		<-f.start("b", &wire{})
		for id, n := range f.mails {
			if n != 1 {
				t.Errorf("touch %s was written %d times", id, n)
			}
		}
		if len(f.mails) != 5 {
			t.Errorf("%d of five were written", len(f.mails))
		}
		if steps == 1 {
			f.expect("in the end", map[andante.State]int{andante.Sent: 5})
			f.idle()
		}
	}
}
