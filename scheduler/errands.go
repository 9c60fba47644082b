package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
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

// daily asks once a day, by the company's calendar, whom a rule or a date lets in. Who
// enters is decided contact by contact, so two schedulers that ask at once do no harm.
func (s *Scheduler) daily(ctx context.Context) error {
	now := s.clock.Now()
	if since := now.Sub(s.looked); since >= 0 && since < resumeEvery && (s.midnight.IsZero() || now.Before(s.midnight)) {
		return nil
	}
	s.looked = now
	var last, today time.Time
	err := s.store.Read(ctx, func(tx *store.Tx) error {
		w, err := s.ops.Workspace(ctx, tx)
		if errors.Is(err, ops.ErrNothingPublished) {
			return nil
		}
		if err != nil {
			return err
		}
		zone := w.Config.Home()
		y, m, d := now.In(zone).Date()
		s.midnight = time.Time{}
		if slices.ContainsFunc(w.Names(), func(name string) bool {
			e := w.Sequences[name].Enter
			return e != nil && (e.Each != "" || e.When != "")
		}) {
			s.midnight = time.Date(y, m, d+1, 0, 0, 0, 0, zone)
		}
		if today = time.Date(y, m, d, 0, 0, 0, 0, time.UTC); !today.After(s.asked) {
			return nil
		}
		last, err = tx.Daily(ctx)
		return err
	})
	if err != nil || !today.After(s.asked) {
		return err
	}
	if last.Before(today) {
		rules := int(today.Unix()/(24*60*60))%s.o.RuleDays == 0
		if err := s.ops.Daily(ctx, last, today, rules); err != nil {
			return fmt.Errorf("ask who enters today: %w", err)
		}
		if err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.SetDaily(ctx, today) }); err != nil {
			return err
		}
	}
	s.asked = today
	return nil
}
