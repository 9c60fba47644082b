package scheduler

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
)

// remindEvery is how often it is asked who is to be told of a task.
const remindEvery = time.Minute

// remind has people told of their tasks.
func (s *Scheduler) remind(ctx context.Context) error {
	now := s.clock.Now()
	if since := now.Sub(s.reminded); s.o.Quiet || since >= 0 && since < remindEvery {
		return nil
	}
	more, err := s.ops.Remind(ctx)
	if !more {
		s.reminded = now
	}
	return err
}

// noticesAtOnce is how many notices are leased in one go.
const noticesAtOnce = 100

// notices leases the notices that are due, those of each person together.
func (s *Scheduler) notices(ctx context.Context, tx *store.Tx, wall time.Time, r *Round) (items []queue.Item, err error) {
	due, err := tx.DueNotices(ctx, s.clock.Now(), noticesAtOnce)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	epoch, err := tx.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	theirs := map[string][]andante.TouchID{}
	var people []string
	for _, n := range due {
		if theirs[n.Person] == nil {
			people = append(people, n.Person)
		}
		theirs[n.Person] = append(theirs[n.Person], n.ID)
	}
	for _, person := range people {
		l := store.Lease{
			ID: andante.NewID[andante.LeaseID](wall), Epoch: epoch, Attempt: 1, Kind: store.NoticeLane, Sender: person, Size: len(theirs[person]),
			Created: wall, Queued: wall, Expires: wall.Add(s.o.LeaseTime),
		}
		if err := tx.AddLease(ctx, l); err != nil {
			return nil, err
		}
		if err := tx.LeaseNotices(ctx, theirs[person], l.ID); err != nil {
			return nil, err
		}
		r.Leased, r.Out = r.Leased+l.Size, r.Out+1
		items = append(items, queue.Item{Lease: l.ID, Attempt: 1})
	}
	return items, nil
}
