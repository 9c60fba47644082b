package scheduler

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// How often enrollments are resumed, and how many are looked up at a time.
const (
	resumeEvery = 10 * time.Minute
	resumePage  = 200
)

// resume plans the next step where the store has refused it, in a transaction each. One
// that is refused again waits for the next time.
func (s *Scheduler) resume(ctx context.Context) {
	now := s.clock.Now()
	if since := now.Sub(s.resumed); since >= 0 && since < resumeEvery {
		return
	}
	s.resumed = now
	failed := 0
	var first error
	for after, more := andante.EnrollmentID(""), true; more && ctx.Err() == nil; {
		var ids []andante.EnrollmentID
		err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
			ids, err = tx.Unfollowed(ctx, after, resumePage)
			return err
		})
		for _, id := range ids {
			if e := s.store.Write(ctx, func(tx *store.Tx) error { return s.ops.Resume(ctx, tx, id) }); e != nil {
				failed++
				err = cmp.Or(err, e)
			}
			after = id
		}
		more = len(ids) == resumePage
		first = cmp.Or(first, err)
	}
	if first != nil && ctx.Err() == nil {
		s.log.Error("the store refuses the next step of enrollments still", "enrollments", failed, "err", first)
	}
}

// followHolds gives the tasks that follow holds which are over.
func (s *Scheduler) followHolds(ctx context.Context) error {
	var over []andante.Hold
	err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
		over, err = tx.FollowUps(ctx, s.clock.Now())
		return err
	})
	for _, h := range over {
		err = errors.Join(err, s.ops.FollowHold(ctx, h))
	}
	return err
}

// errands has the next look come when something besides touches is to be done.
func (s *Scheduler) errands(ctx context.Context, tx *store.Tx, r *Round) error {
	follow, err := tx.NextFollowUp(ctx)
	if err != nil {
		return err
	}
	remind, err := s.nextReminder(ctx, tx)
	if err != nil {
		return err
	}
	for _, at := range []time.Time{follow, remind} {
		if r.Next.IsZero() || !at.IsZero() && at.Before(r.Next) {
			r.Next = at
		}
	}
	return nil
}
