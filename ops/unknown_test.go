package ops

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/testdb"
	"github.com/andante-hq/andante/store"
)

// touch returns a contact's touch of a step.
func (w *world) touch(id andante.ContactID, step string) (found andante.Touch) {
	w.t.Helper()
	w.read(func(tx *store.Tx) error {
		all, err := tx.TouchesOfContact(w.t.Context(), id)
		for _, t := range all {
			if t.Step == step {
				found = t
			}
		}
		return err
	})
	if found.ID == "" {
		w.t.Fatalf("%s has no touch of step %s", id, step)
	}
	return found
}

// permitted takes a contact's planned touch up to the wire, and leaves it there.
func (w *world) permitted(id andante.ContactID, step string) andante.Touch {
	w.t.Helper()
	t := w.touch(id, step)
	if wait := t.Due.Sub(w.clock.Now()); wait > 0 {
		w.clock.Jump(t.Due)
	}
	ctx, now := w.t.Context(), w.clock.Now()
	l := store.Lease{ID: andante.NewID[andante.LeaseID](now), Attempt: 1, Kind: andante.Email, Sender: "news", Size: 1, Touches: []andante.TouchID{t.ID}, Created: now, Queued: now, Expires: now.Add(LeaseTime)}
	w.write(func(tx *store.Tx) error {
		if err := tx.AddLease(ctx, l); err != nil {
			return err
		}
		if err := tx.MarkLeased(ctx, []andante.TouchID{t.ID}, l.ID); err != nil {
			return err
		}
		t.State, t.Lease, t.NotAfter, t.Counted, t.MessageID = andante.Claimed, l.ID, now.Add(time.Minute), now.Add(time.Minute), string(t.ID)+"@acme.example"
		people, err := tx.Contacts(ctx, []andante.ContactID{id})
		if err != nil {
			return err
		}
		t.Address = w.Keys.Hash(people[0].Email)
		if _, err := tx.Change(ctx, []store.Change{{Touch: t, Was: andante.Leased}}); err != nil {
			return err
		}
		_, err = tx.MarkAttempted(ctx, l.ID, []andante.TouchID{t.ID}, "", now)
		return err
	})
	return w.touch(id, step)
}

// lost has a worker lost a minute after it had a contact's touch on the wire.
func (w *world) lost(id andante.ContactID, step string) andante.Touch {
	w.t.Helper()
	t := w.permitted(id, step)
	w.clock.Jump(w.clock.Now().Add(time.Minute))
	w.write(func(tx *store.Tx) error {
		_, unknown, err := w.ReturnLease(w.t.Context(), tx, t.Lease, time.Time{})
		if unknown != 1 {
			w.t.Errorf("%d touches became unknown", unknown)
		}
		return err
	})
	return w.touch(id, step)
}

// sendNext has a contact's planned touch sent.
func (w *world) sendNext(id andante.ContactID, step string) {
	w.t.Helper()
	t := w.permitted(id, step)
	now, lease := w.clock.Now(), t.Lease
	t.State, t.Counted, t.Settled, t.Lease = andante.Sent, now, now, ""
	w.write(func(tx *store.Tx) error {
		_, err := w.Settle(w.t.Context(), tx, []Settled{{Change: store.Change{Touch: t, Was: andante.Attempted, Lease: lease}}})
		if err != nil {
			return err
		}
		return tx.EndLease(w.t.Context(), lease)
	})
}

func (w *world) settle(d Decision, ids ...andante.TouchID) *UnknownReport {
	w.t.Helper()
	rep, err := w.SettleUnknown(w.t.Context(), UnknownRequest{Decision: d, Touches: ids, By: "tess"})
	if err != nil {
		w.t.Fatal(err)
	}
	return rep
}

func (w *world) attempts(id andante.TouchID) (list []andante.Attempt) {
	w.t.Helper()
	w.read(func(tx *store.Tx) (err error) {
		list, err = tx.AttemptsOf(w.t.Context(), []andante.TouchID{id})
		return err
	})
	return list
}

// doubtful is a world with one contact, of whose first mail nobody knows whether it went.
func doubtful(t *testing.T) (*world, andante.ContactID, andante.Touch) {
	t.Helper()
	w := newWorld(t)
	w.sequence("brief", "")
	w.publish()
	ana := w.contact("ana")
	w.enroll("brief")
	return w, ana, w.lost(ana, "one")
}

// Somebody finds the mail in the relay's log: it is sent, and counts where it did; the
// ledger says who settled it, when, and what was known before.
func TestSettledAsSent(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	next, version := w.touch(ana, "two"), w.version(ana)
	w.clock.Jump(w.clock.Now().Add(time.Hour))
	rep := w.settle(DecideSent, lost.ID)
	if len(rep.Settled) != 1 || len(rep.Left) > 0 || rep.Settled[0].Touch != lost.ID {
		t.Errorf("%+v", rep)
	}
	want := lost
	want.State, want.Reason, want.NotAfter = andante.Sent, "", time.Time{}
	if diff := cmp.Diff(want, w.touch(ana, "one")); diff != "" {
		t.Errorf("the touch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(next, w.touch(ana, "two")); diff != "" {
		t.Errorf("the next step (-before +after):\n%s", diff)
	}
	a := w.attempts(lost.ID)[0]
	if a.Outcome != andante.OutcomeSent || a.Response != "settled by tess: the worker was lost before it recorded an outcome" || !a.Ended.Equal(w.clock.Now()) {
		t.Errorf("the ledger: %+v", a)
	}
	if w.version(ana) == version {
		t.Error("the account's version is as it was: a claim that was made ready would not look again")
	}
}

// The relay's log tells the instant: there it counts from now on.
func TestSettledWithItsReceipt(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	settle := func(at time.Time) *UnknownReport {
		t.Helper()
		rep, err := w.SettleUnknown(t.Context(), UnknownRequest{Decision: DecideSent, Touches: []andante.TouchID{lost.ID}, By: "tess", At: at})
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	tried := w.attempts(lost.ID)[0].Started
	for at, why := range map[time.Time]string{
		tried.Add(-2 * time.Minute):        "the time of its receipt is before it can have left",
		w.clock.Now().Add(2 * time.Minute): "the time of its receipt is in the future",
	} {
		if rep := settle(at); len(rep.Settled) > 0 || rep.Left[0].Why != why {
			t.Errorf("received at %s, tried at %s: %+v", at, tried, rep)
		}
	}
	at := tried.Add(-time.Second) // a log of whole seconds
	settle(at)
	if got := w.touch(ana, "one"); got.State != andante.Sent || !got.Counted.Equal(at) || !got.Settled.Equal(at) {
		t.Errorf("%+v", got)
	}
}

// It did not go: its place is free, and the sequence goes on as it was.
func TestSettledAsFailed(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	w.settle(DecideFailed, lost.ID)
	got := w.touch(ana, "one")
	if got.State != andante.Failed || got.Reason != andante.ReasonNotSent || !got.Counted.IsZero() || !got.Settled.Equal(lost.Settled) {
		t.Errorf("%+v", got)
	}
	if a := w.attempts(lost.ID)[0]; a.Outcome != andante.OutcomePermanent {
		t.Errorf("the ledger: %+v", a)
	}
	if diff := cmp.Diff([]string{"brief active"}, w.enrollments(ana)); diff != "" {
		t.Error(diff)
	}
}

// It shall go again: not before a late answer would have come, and counted no more; the
// step after it waits for it.
func TestResend(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	next := w.touch(ana, "two")
	rep := w.settle(DecideResend, lost.ID)
	due := lost.Settled.Add(16 * time.Minute)
	want := []SettledTouch{{Touch: lost.ID, Contact: ana, Sequence: "brief", Step: "one", Due: due, Moved: &MovedStep{next.ID, "two", next.Due.Add(16 * time.Minute)}}}
	if diff := cmp.Diff(want, rep.Settled); diff != "" || len(rep.Left) > 0 {
		t.Errorf("%+v (-want +got):\n%s", rep.Left, diff)
	}
	got := w.touch(ana, "one")
	if got.State != andante.Planned || !got.Due.Equal(due) || !got.Counted.IsZero() || !got.Settled.IsZero() || got.Lease != "" || got.MessageID != lost.MessageID ||
		got.Reason != andante.ReasonResend || got.Attempts != 1 || !got.FirstDue.Equal(lost.FirstDue) {
		t.Errorf("%+v", got)
	}
	if moved := w.touch(ana, "two"); !moved.Due.Equal(next.Due.Add(16*time.Minute)) || moved.State != andante.Planned {
		t.Errorf("the next step: %+v", moved)
	}
	if a := w.attempts(lost.ID); len(a) != 1 || a[0].Outcome != andante.OutcomeUnknown {
		t.Errorf("the ledger: %+v", a)
	}
}

// Somebody finds the mail in the relay's log after it was asked for again: the resend is taken
// back, it counts where it can have left at the latest, and the ledger says who found out.
func TestResendTakenBack(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	w.settle(DecideResend, lost.ID)
	version := w.version(ana)
	w.clock.Jump(w.clock.Now().Add(time.Minute))
	rep := w.settle(DecideSent, lost.ID)
	if len(rep.Settled) != 1 || len(rep.Left) > 0 {
		t.Errorf("%+v", rep)
	}
	got := w.touch(ana, "one")
	if got.State != andante.Sent || got.Reason != "" || !got.Counted.Equal(lost.Settled) || !got.Settled.Equal(lost.Settled) {
		t.Errorf("%+v", got)
	}
	if w.version(ana) == version {
		t.Error("the account's version stayed: a claim that is under way does not look again")
	}
	a := w.attempts(lost.ID)
	if who, _ := a[0].Settler(); len(a) != 1 || who != "tess" || a[0].Outcome != andante.OutcomeSent {
		t.Errorf("the ledger: %+v", a)
	}
	if n := len(w.touches(ana)); n != 2 {
		t.Errorf("%d touches", n)
	}
	if diff := cmp.Diff([]string{"brief active"}, w.enrollments(ana)); diff != "" {
		t.Error(diff)
	}
}

// A resend is put off, noted for another address that the contact has by now; then the
// receipt of the first try comes after all. It says whom that went to.
func TestReceiptOfAResendElsewhere(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	w.settle(DecideResend, lost.ID)
	later := w.touch(ana, "one")
	later.Address, later.Subject = "bb", "for another address"
	w.write(func(tx *store.Tx) error {
		_, err := tx.Change(t.Context(), []store.Change{{Touch: later, Was: andante.Planned}})
		return err
	})
	receipt := lost
	receipt.State, receipt.Address, receipt.Subject, receipt.Counted = andante.Sent, "aa", "as it went", lost.Settled
	w.write(func(tx *store.Tx) error {
		done, err := w.TakeBack(t.Context(), tx, []store.Change{{Touch: receipt, Attempt: lost.Attempts, StateOnly: true}})
		if !done[lost.ID] {
			t.Error("it was not taken back")
		}
		return err
	})
	if got := w.touch(ana, "one"); got.State != andante.Sent || got.Address != "aa" || got.Subject != "as it went" {
		t.Errorf("%+v", got)
	}
}

// The last step's sequence, which went on for the resend, is over again; with a receipt it
// counts there.
func TestResendOfTheLastStepTakenBack(t *testing.T) {
	t.Parallel()
	w, ana, _ := doubtful(t)
	last := w.lost(ana, "two")
	w.settle(DecideResend, last.ID)
	at := w.attempts(last.ID)[0].Started.Add(time.Second)
	rep, err := w.SettleUnknown(t.Context(), UnknownRequest{Decision: DecideSent, Touches: []andante.TouchID{last.ID}, By: "tess", At: at})
	if err != nil || len(rep.Settled) != 1 {
		t.Errorf("%+v, error %v", rep, err)
	}
	if got := w.touch(ana, "two"); got.State != andante.Sent || !got.Counted.Equal(at) || !got.Settled.Equal(at) {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"brief finished finished"}, w.enrollments(ana)); diff != "" {
		t.Error(diff)
	}
}

// A resend that a worker has is left to it.
func TestResendNotTakenBackFromAWorker(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	w.settle(DecideResend, lost.ID)
	w.permitted(ana, "one")
	before := w.touch(ana, "one")
	rep := w.settle(DecideSent, lost.ID)
	if len(rep.Settled) > 0 || len(rep.Left) != 1 || rep.Left[0].Why != "it is being sent again just now; look again in a minute" {
		t.Errorf("%+v", rep)
	}
	if diff := cmp.Diff(before, w.touch(ana, "one")); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// A worker takes the resend while it is taken back: nothing of the decision is written.
func TestTakeBackBesideAWorker(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	w.settle(DecideResend, lost.ID)
	resent := w.touch(ana, "one")
	lease := andante.NewID[andante.LeaseID](w.clock.Now())
	w.write(func(tx *store.Tx) error { return tx.MarkLeased(t.Context(), []andante.TouchID{lost.ID}, lease) })
	resent.State = andante.Sent
	err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
		s := &settling{Ops: w.Ops, tx: tx, r: UnknownRequest{Decision: DecideSent}, back: []Settled{{Change: store.Change{Touch: resent, Was: andante.Planned}}}}
		return s.write(t.Context())
	})
	if got := w.touch(ana, "one"); !errors.Is(err, errTaken) || got.State != andante.Leased {
		t.Errorf("%s, error %v", got.State, err)
	}
}

// Days later there is nothing to wait for.
func TestResendDaysLater(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	w.clock.Jump(w.clock.Now().Add(48 * time.Hour))
	w.settle(DecideResend, lost.ID)
	if got := w.touch(ana, "one"); !got.Due.Equal(w.clock.Now()) {
		t.Errorf("due %s, and it is %s", got.Due, w.clock.Now())
	}
}

// The last mail of a sequence: the enrollment, which is over, goes on for it, and is over
// again when it is sent.
func TestResendOfTheLastStep(t *testing.T) {
	t.Parallel()
	w, ana, first := doubtful(t)
	last := w.lost(ana, "two")
	if diff := cmp.Diff([]string{"brief finished finished"}, w.enrollments(ana)); diff != "" {
		t.Fatal(diff)
	}
	rep := w.settle(DecideResend, first.ID, last.ID)
	if len(rep.Settled) != 1 || !rep.Settled[0].Reopened || rep.Settled[0].Touch != last.ID {
		t.Errorf("%+v", rep)
	}
	if want := "a later step, two, is unknown: it would come in the wrong order"; len(rep.Left) != 1 || rep.Left[0].Why != want {
		t.Errorf("%+v", rep.Left)
	}
	if diff := cmp.Diff([]string{"brief active"}, w.enrollments(ana)); diff != "" {
		t.Error(diff)
	}
	w.sendNext(ana, "two")
	if diff := cmp.Diff([]string{"brief finished finished"}, w.enrollments(ana)); diff != "" {
		t.Error(diff)
	}
}

// What may not be sent again stays as it is, and is told why.
func TestNoResend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(*world, andante.ContactID)
		why     string
	}{
		"a later step went": {
			func(w *world, ana andante.ContactID) { w.sendNext(ana, "two") },
			"a later step, two, is sent: it would come in the wrong order",
		},
		"a later step is on the wire": {
			func(w *world, ana andante.ContactID) { w.permitted(ana, "two") },
			"a later step, two, is attempted: it would come in the wrong order",
		},
		"a later step is leased": {
			func(w *world, ana andante.ContactID) {
				lease := andante.NewID[andante.LeaseID](w.clock.Now())
				two := w.touch(ana, "two").ID
				w.write(func(tx *store.Tx) error { return tx.MarkLeased(w.t.Context(), []andante.TouchID{two}, lease) })
			},
			"a later step, two, is with a worker; look again in a minute",
		},
		"the contact opted out": {
			func(w *world, ana andante.ContactID) {
				c := w.find("ana")
				if err := w.Unsubscribe(w.t.Context(), Token{Contact: ana, Kind: andante.Email, Address: w.Keys.Hash(c.Email)}, "link"); err != nil {
					w.t.Fatal(err)
				}
			},
			"its sequence has ended: the contact opted out",
		},
		"the contact is on it anew": {
			func(w *world, ana andante.ContactID) {
				w.lost(ana, "two")
				w.sequence("brief", "reenter: after 1d")
				w.publish()
				w.clock.Jump(w.clock.Now().Add(48 * time.Hour))
				if rep := w.enroll("brief"); rep.Entered != 1 {
					w.t.Fatalf("%+v", rep)
				}
			},
			"its sequence has ended, and the contact has entered it, or another of its group, since",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ana, lost := doubtful(t)
			c.happens(w, ana)
			if strings.Contains(c.why, "since") { // it is about the last step
				w.read(func(tx *store.Tx) error {
					all, err := tx.Unknown(t.Context(), store.UnknownFilter{}, store.Unknown{}, 9)
					lost.ID = all[1].Touch
					return err
				})
			}
			before := w.touches(ana)
			rep := w.settle(DecideResend, lost.ID)
			if len(rep.Settled) > 0 || len(rep.Left) != 1 || rep.Left[0].Why != c.why || rep.Left[0].State != andante.Unknown {
				t.Errorf("%+v", rep)
			}
			if diff := cmp.Diff(before, w.touches(ana)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

// The second of two people hears who was first, and changes nothing, unless it turns out that
// what is to be sent again had gone.
func TestSettledTwice(t *testing.T) {
	t.Parallel()
	for first, want := range map[Decision]string{
		DecideSent: "it is settled as sent already", DecideFailed: "it is settled as failed already", DecideResend: "it is to be sent again already",
	} {
		for _, second := range []Decision{DecideSent, DecideFailed, DecideResend} {
			w, ana, lost := doubtful(t)
			w.settle(first, lost.ID)
			at, after := w.clock.Now(), w.touches(ana)
			w.clock.Jump(at.Add(time.Minute))
			rep, err := w.SettleUnknown(t.Context(), UnknownRequest{Decision: second, Touches: []andante.TouchID{lost.ID}, By: "ben"})
			if err != nil {
				t.Fatal(err)
			}
			if first == DecideResend && second == DecideSent {
				if got := w.touch(ana, "one").State; len(rep.Settled) != 1 || got != andante.Sent {
					t.Errorf("%s, then %s: %s, %+v", first, second, got, rep)
				}
				continue
			}
			if l := rep.Left; len(rep.Settled) > 0 || len(l) != 1 || l[0].By != "tess" || !l[0].At.Equal(at) || l[0].Why != want {
				t.Errorf("%s, then %s: %+v", first, second, rep)
			}
			if diff := cmp.Diff(after, w.touches(ana)); diff != "" {
				t.Errorf("%s, then %s (-first +second):\n%s", first, second, diff)
			}
		}
	}
}

// What never was unknown, or never was, is told apart.
func TestNothingToSettle(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	next := w.touch(ana, "two").ID
	none := andante.NewID[andante.TouchID](w.clock.Now())
	rep := w.settle(DecideSent, none, next, lost.ID, lost.ID)
	want := []LeftTouch{
		{Touch: none, Why: "there is no touch with this id"},
		{Touch: next, State: andante.Planned, Why: "it is planned, and nothing about it is unknown"},
	}
	if diff := cmp.Diff(want, rep.Left); diff != "" || len(rep.Settled) != 1 {
		t.Errorf("%d settled (-want +got):\n%s", len(rep.Settled), diff)
	}
}

// A dry run tells the same and changes nothing.
func TestSettleDryRun(t *testing.T) {
	t.Parallel()
	for _, d := range []Decision{DecideSent, DecideFailed, DecideResend} {
		w, ana, lost := doubtful(t)
		before, version := w.touch(ana, "one"), w.version(ana)
		r := UnknownRequest{Decision: d, Touches: []andante.TouchID{lost.ID}, By: "tess", DryRun: true}
		dry, err := w.SettleUnknown(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, w.touch(ana, "one")); diff != "" || w.version(ana) != version {
			t.Errorf("%s, dry (-before +after):\n%s", d, diff)
		}
		if diff := cmp.Diff(dry, w.settle(d, lost.ID)); diff != "" {
			t.Errorf("%s (-dry +done):\n%s", d, diff)
		}
	}
}

// Several people at the same moment: one of them settles each touch, and one who knows that it
// went may take back another's resend.
func TestSettleAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); settleAtOnce(newWorld(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); settleAtOnce(newWorldOn(t, testdb.Postgres(t))) })
}

func settleAtOnce(w *world) {
	t := w.t
	w.sequence("brief", "")
	w.publish()
	var ids []andante.TouchID
	var people []andante.ContactID
	for _, name := range []string{"ana", "ben", "cem"} {
		people = append(people, w.contact(name))
	}
	w.enroll("brief")
	for _, id := range people {
		ids = append(ids, w.lost(id, "one").ID)
	}
	var mu sync.Mutex
	settled := map[andante.TouchID][]Decision{}
	var wg sync.WaitGroup
	for i := range 9 {
		d := []Decision{DecideSent, DecideFailed, DecideResend}[i%3]
		order := slices.Clone(ids)
		if i%2 == 1 {
			slices.Reverse(order)
		}
		wg.Go(func() {
			rep, err := w.SettleUnknown(context.WithoutCancel(t.Context()), UnknownRequest{Decision: d, Touches: order, By: "tess"})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, s := range rep.Settled {
				settled[s.Touch] = append(settled[s.Touch], d)
			}
		})
	}
	wg.Wait()
	want := map[Decision]andante.State{DecideSent: andante.Sent, DecideFailed: andante.Failed, DecideResend: andante.Planned}
	for i, id := range ids {
		by, state := settled[id], w.touch(people[i], "one").State
		slices.Sort(by) // those who were told first need not have been first
		if slices.Equal(by, []Decision{DecideResend, DecideSent}) {
			by = []Decision{DecideSent}
		}
		if len(by) != 1 || state != want[by[0]] {
			t.Errorf("settled as %v, and it is %s", settled[id], state)
		}
	}
}

// A worker takes the next step while it is to be moved: nothing of the decision is written,
// and it is looked at anew.
func TestSettleBesideAWorker(t *testing.T) {
	t.Parallel()
	w, ana, lost := doubtful(t)
	resent, next := lost, w.touch(ana, "two")
	resent.State, resent.Settled = andante.Planned, time.Time{}
	lease := andante.NewID[andante.LeaseID](w.clock.Now())
	w.write(func(tx *store.Tx) error { return tx.MarkLeased(t.Context(), []andante.TouchID{next.ID}, lease) })
	err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
		s := &settling{Ops: w.Ops, tx: tx, r: UnknownRequest{Decision: DecideResend}, changes: []store.Change{
			{Touch: resent, Was: andante.Unknown}, {Touch: next, Was: andante.Planned},
		}}
		return s.write(t.Context())
	})
	if got := w.touch(ana, "one"); !errors.Is(err, errTaken) || got.State != andante.Unknown {
		t.Errorf("%s, error %v", got.State, err)
	}
}

// TestResendsSeeEachOther: of two sequences that exclude each other, and that have both come
// to their last step, one goes on.
func TestResendsSeeEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sequence("brief", "exclusive: first")
	w.sequence("other", "exclusive: first")
	w.publish()
	ana := w.contact("ana")
	var last []andante.TouchID
	for _, name := range []string{"brief", "other"} {
		w.enroll(name)
		w.lost(ana, "one")
		last = append(last, w.lost(ana, "two").ID)
	}
	rep := w.settle(DecideResend, last...)
	if len(rep.Settled) != 1 || len(rep.Left) != 1 || !strings.Contains(rep.Left[0].Why, "another of its group") {
		t.Errorf("%+v", rep)
	}
	if diff := cmp.Diff([]string{"brief active", "other finished finished"}, w.enrollments(ana)); diff != "" {
		t.Error(diff)
	}
}
