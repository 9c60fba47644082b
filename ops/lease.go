package ops

import (
	"context"
	"errors"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// ReturnLost settles a lease whose worker is gone, as [Ops.ReturnLease] does, in
// transactions of its own. still is asked in each of them whether the lease is still
// lost; nil: it is. If the store refuses the whole, each touch that may have been sent
// is settled by itself, so that one with a fault keeps no other waiting.
func (o *Ops) ReturnLost(ctx context.Context, id andante.LeaseID, still func(*store.Tx) (bool, error)) (returned, unknown int, err error) {
	write := func(f func(*store.Tx) error) error {
		return o.Store.Write(ctx, func(tx *store.Tx) error {
			if still != nil {
				if ok, err := still(tx); err != nil || !ok {
					return err
				}
			}
			return f(tx)
		})
	}
	whole := func(tx *store.Tx) (err error) {
		returned, unknown, err = o.ReturnLease(ctx, tx, id, time.Time{})
		return err
	}
	if err = write(whole); !store.DataFault(err) {
		return returned, unknown, err
	}
	var touches []andante.Touch
	err = o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		touches, err = tx.TouchesIn(ctx, id)
		return err
	})
	alone := 0
	for _, t := range touches {
		if t.State != andante.Attempted {
			continue
		}
		e := write(func(tx *store.Tx) error { return o.lose(ctx, tx, id, t.ID, true) })
		if store.DataFault(e) {
			e = write(func(tx *store.Tx) error { return o.lose(ctx, tx, id, t.ID, false) })
		}
		if err = errors.Join(err, e); e == nil {
			alone++
		}
	}
	if err != nil {
		return 0, alone, err
	}
	err = write(whole)
	return returned, unknown + alone, err
}

// lose makes one attempted touch of a lost lease unknown. follow: with the step that
// follows; else its enrollment is marked for [Ops.Resume].
func (o *Ops) lose(ctx context.Context, tx *store.Tx, id andante.LeaseID, touch andante.TouchID, follow bool) error {
	var list []andante.Touch
	err := Lock(ctx, tx, func() (accounts []andante.AccountID, err error) {
		list, err = tx.Touches(ctx, []andante.TouchID{touch})
		return unique(list, accountOfTouch), err
	})
	if err != nil || len(list) == 0 || list[0].State != andante.Attempted || list[0].Lease != id || o.ownHands(list[0].Kind) {
		return err
	}
	s, a := o.lost(list[0])
	var done map[andante.TouchID]bool
	if follow {
		done, err = o.Settle(ctx, tx, []Settled{s})
	} else if done, err = tx.Change(ctx, []store.Change{s.Change}); err == nil {
		err = tx.MarkUnfollowed(ctx, []andante.EnrollmentID{s.Touch.Enrollment})
	}
	if err != nil {
		return err
	}
	o.note(tx, []store.Change{s.Change}, done)
	if done[s.Touch.ID] {
		if err := o.CountUsed(ctx, tx, store.RateLane, []andante.Touch{s.Touch}, string(id)); err != nil {
			return err
		}
	}
	return tx.EndAttempts(ctx, []andante.Attempt{a})
}

// ownHands tells whether a touch stays in our hands when it is delivered: it becomes a task, or
// a piece that waits to be printed.
func (o *Ops) ownHands(k andante.Kind) bool { return k.ByHuman() || k.Mailed() && !o.Carried }

// WorkerLost is what the ledger says of an attempt whose worker was lost.
const WorkerLost = "the worker was lost before it recorded an outcome"

// lost makes a touch unknown that was permitted and has no outcome. It was begun by its
// not_after and may have taken until now, though no longer than a relay has time: that is
// where it counts.
func (o *Ops) lost(t andante.Touch) (Settled, andante.Attempt) {
	now, id := o.now(), t.Lease
	landed := now
	if last := t.Counted.Add(LongestTrip); landed.After(last) {
		landed = last
	}
	if landed.After(t.Counted) {
		t.Counted = landed
	}
	t.State, t.Reason, t.Settled, t.Lease = andante.Unknown, andante.ReasonUnknown, now, ""
	return Settled{Change: store.Change{Touch: t, Was: andante.Attempted, Lease: id, StateOnly: true}}, andante.Attempt{
		Touch: t.ID, Number: t.Attempts, Ended: now, Outcome: andante.OutcomeUnknown, Response: WorkerLost,
	}
}

// ReturnLease settles a lease whose worker is gone: what was permitted and has
// no outcome becomes unknown, for it may have been sent; everything else provably
// never left and is planned again, not before the given instant (zero: at once).
func (o *Ops) ReturnLease(ctx context.Context, tx *store.Tx, id andante.LeaseID, notBefore time.Time) (returned, unknown int, err error) {
	var touches []andante.Touch
	err = Lock(ctx, tx, func() ([]andante.AccountID, error) {
		touches, err = tx.TouchesIn(ctx, id)
		return unique(touches, accountOfTouch), err
	})
	if err != nil {
		return 0, 0, err
	}
	var back []store.Change
	var lost []Settled
	var attempts []andante.Attempt
	for _, t := range touches {
		was := t.State
		if was != andante.Attempted || o.ownHands(t.Kind) {
			if was == andante.Attempted {
				attempts = append(attempts, andante.Attempt{Touch: t.ID, Number: t.Attempts, Ended: o.now(), Outcome: andante.OutcomeUntried})
			}
			t.State = andante.Planned
			t.Free()
			if t.Due.Before(notBefore) {
				t.Due = notBefore
			}
			back = append(back, store.Change{Touch: t, Was: was, Lease: id, StateOnly: true})
			continue
		}
		l, a := o.lost(t)
		lost, attempts = append(lost, l), append(attempts, a)
	}
	if _, err := tx.Change(ctx, back); err != nil {
		return 0, 0, err
	}
	done, err := o.Settle(ctx, tx, lost)
	if err != nil {
		return 0, 0, err
	}
	var gone []andante.Touch
	for _, s := range lost {
		o.note(tx, []store.Change{s.Change}, done)
		if done[s.Touch.ID] {
			gone = append(gone, s.Touch)
		}
	}
	if err := o.CountUsed(ctx, tx, store.RateLane, gone, string(id)); err != nil {
		return 0, 0, err
	}
	if err := tx.EndAttempts(ctx, attempts); err != nil {
		return 0, 0, err
	}
	if len(back) > 0 {
		if err := o.Refund(ctx, tx, store.Lane{Kind: back[0].Touch.Kind, Sender: back[0].Touch.Sender}, len(back)); err != nil {
			return 0, 0, err
		}
	}
	notices, err := o.returnNotices(ctx, tx, id, notBefore)
	if err != nil {
		return 0, 0, err
	}
	return len(back) + notices, len(lost), tx.EndLease(ctx, id)
}

// returnNotices settles the notices of a lease that is over: one that may have gone is not sent
// again, the others wait for the next lease.
func (o *Ops) returnNotices(ctx context.Context, tx *store.Tx, id andante.LeaseID, notBefore time.Time) (returned int, err error) {
	list, err := tx.NoticesIn(ctx, id)
	if err != nil {
		return 0, err
	}
	for _, n := range list {
		was := n.State
		n.State, n.Lease = andante.Planned, ""
		if was == andante.Attempted {
			n.State, n.Settled, n.Answer = andante.Unknown, o.now(), WorkerLost
		} else if returned++; n.Due.Before(notBefore) {
			n.Due = notBefore
		}
		if _, err := tx.ChangeNotice(ctx, n, was, id); err != nil {
			return 0, err
		}
	}
	return returned, nil
}

// Apart keeps the next message of a lane apart from one that left at an instant, where its
// throttle wants that: a lease may have waited for its worker.
func (o *Ops) Apart(ctx context.Context, tx *store.Tx, lane store.Lane, left time.Time) error {
	w, err := o.Workspace(ctx, tx)
	if err != nil {
		return nil // without a workspace no throttle is known; what was sent matters more
	}
	if t := w.Config.Throttle(lane.Kind, lane.Sender); t != nil && t.Apart > 0 {
		return tx.DelayThrottle(ctx, lane, left.Add(time.Duration(t.Apart)))
	}
	return nil
}

// Refund gives a lane's throttle back what was spent of it for n touches that were not
// sent after all.
func (o *Ops) Refund(ctx context.Context, tx *store.Tx, lane store.Lane, n int) error {
	w, err := o.Workspace(ctx, tx)
	if err != nil || n <= 0 {
		return nil // without a workspace no throttle is known; what is returned matters more
	}
	each := w.Config.Throttle(lane.Kind, lane.Sender).Each()
	if each == 0 {
		return nil
	}
	return tx.RefundThrottle(ctx, lane, time.Duration(n)*each, o.now())
}
