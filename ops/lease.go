package ops

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// ReturnLease settles a lease whose worker is gone: what was permitted and has
// no outcome becomes unknown, for it may have been sent; everything else provably
// never left and is planned again, not before the given instant (zero: at once).
func (o *Ops) ReturnLease(ctx context.Context, tx *store.Tx, id andante.LeaseID, notBefore time.Time) (returned, unknown int, err error) {
	var touches []andante.Touch
	err = Lock(ctx, tx, func() ([]andante.AccountID, error) {
		touches, err = tx.TouchesIn(ctx, id)
		return unique(touches, func(t andante.Touch) andante.AccountID { return t.Account }), err
	})
	if err != nil {
		return 0, 0, err
	}
	now := o.now()
	var back []store.Change
	var lost []Settled
	var attempts []andante.Attempt
	for _, t := range touches {
		was := t.State
		if was != andante.Attempted {
			t.State = andante.Planned
			t.Free()
			if t.Due.Before(notBefore) {
				t.Due = notBefore
			}
			back = append(back, store.Change{Touch: t, Was: was, Lease: id})
			continue
		}
		// It stays counted at its not_after: the latest instant at which it left.
		t.State, t.Reason, t.Settled, t.Lease = andante.Unknown, andante.ReasonUnknown, now, ""
		lost = append(lost, Settled{Change: store.Change{Touch: t, Was: was, Lease: id}})
		attempts = append(attempts, andante.Attempt{
			Touch: t.ID, Number: t.Attempts, Ended: now, Outcome: andante.OutcomeUnknown, Response: "the worker was lost before it recorded an outcome",
		})
	}
	if _, err := tx.Change(ctx, back); err != nil {
		return 0, 0, err
	}
	done, err := o.Settle(ctx, tx, lost)
	if err != nil {
		return 0, 0, err
	}
	for _, s := range lost {
		o.note(tx, []store.Change{s.Change}, done)
	}
	if err := tx.EndAttempts(ctx, attempts); err != nil {
		return 0, 0, err
	}
	if len(back) > 0 {
		if err := o.Refund(ctx, tx, back[0].Touch.Sender, len(back)); err != nil {
			return 0, 0, err
		}
	}
	return len(back), len(lost), tx.EndLease(ctx, id)
}

// Refund gives a sender's throttle back what was spent of it for n touches that were
// not sent after all.
func (o *Ops) Refund(ctx context.Context, tx *store.Tx, sender string, n int) error {
	w, err := o.Workspace(ctx, tx)
	if err != nil || n <= 0 {
		return nil // without a workspace no throttle is known; what is returned matters more
	}
	id, ok := w.Config.Identity(sender)
	if !ok || id.Throttle == nil {
		return nil
	}
	return tx.RefundThrottle(ctx, sender, time.Duration(n)*id.Throttle.Each(), o.now())
}
