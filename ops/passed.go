package ops

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// PassedBy tells of a touch whether a later step of its enrollment went out, or is in
// somebody's hands: the earlier one, sent after it, would come in the wrong order.
func PassedBy(ctx context.Context, tx *store.Tx, enrollments []andante.EnrollmentID) (func(andante.Touch) bool, error) {
	all, err := tx.TouchesOf(ctx, enrollments)
	last := map[andante.EnrollmentID]time.Time{} // when the latest step that went was due first
	for _, t := range all {
		if t.State.Went() && t.FirstDue.After(last[t.Enrollment]) {
			last[t.Enrollment] = t.FirstDue
		}
	}
	return func(t andante.Touch) bool { return last[t.Enrollment].After(t.FirstDue) }, err
}

// TakeBack settles touches that a person has asked to send again, and that are not with
// a worker yet, by a receipt of their earlier attempt: it proves that they went. The
// accounts must be locked. It returns those that it settled.
func (o *Ops) TakeBack(ctx context.Context, tx *store.Tx, receipts []store.Change) (map[andante.TouchID]bool, error) {
	var list []Settled
	for _, c := range receipts {
		if c.Touch.State == andante.Sent && c.Attempt > 0 {
			c.Was, c.Lease, c.StateOnly = andante.Planned, "", false // who asked meanwhile may have noted another address
			list = append(list, Settled{Change: c})
		}
	}
	return o.Settle(ctx, tx, list)
}
