package scheduler

import (
	"context"
	"errors"
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
	if !more { // one that can't be reminded of is tried again with the others
		s.reminded = now
	}
	morning, failed := s.ops.NextMorning(ctx)
	if failed == nil {
		s.morning = morning
	}
	return errors.Join(err, failed)
}

// judgeClicks finds out who made the clicks of the last minute.
func (s *Scheduler) judgeClicks(ctx context.Context) error {
	if s.o.Quiet {
		return nil
	}
	_, err := s.ops.JudgeClicks(ctx) // some in each round: what is due to be sent waits for nothing
	return err
}

// nextReminder returns when somebody is to be told of something next; zero: never.
func (s *Scheduler) nextReminder(ctx context.Context, tx *store.Tx) (next time.Time, err error) {
	if s.o.Quiet {
		return next, nil
	}
	mind, err := tx.NextToMind(ctx)
	if err != nil {
		return next, err
	}
	notice, err := tx.NextNotice(ctx)
	for _, at := range []time.Time{mind, notice, s.morning} {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if soon := s.reminded.Add(remindEvery); !next.IsZero() && next.Before(soon) {
		next = soon
	}
	return next, err
}

// noticesAtOnce is how many notices are leased in one go.
const noticesAtOnce = 100

// noticePart are notices that one lease has.
type noticePart struct {
	person string
	ids    []andante.TouchID
}

// notices leases the notices that are due, those of each person together.
func (s *Scheduler) notices(ctx context.Context, tx *store.Tx, wall time.Time, r *Round) (items []queue.Item, err error) {
	due, err := tx.DueNotices(ctx, s.clock.Now(), noticesAtOnce)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	var parts []noticePart
	at := map[string]int{}
	for _, n := range due {
		i, ok := at[n.Person]
		if !ok || n.Large { // a mail that goes along may be large: each has a lease of its own
			i = len(parts)
			parts = append(parts, noticePart{person: n.Person})
		}
		if !n.Large {
			at[n.Person] = i
		}
		parts[i].ids = append(parts[i].ids, n.ID)
	}
	for _, p := range parts {
		l, err := s.newLease(ctx, tx, r, store.Lease{Kind: store.NoticeLane, Sender: p.person, Size: len(p.ids)}, wall)
		if err != nil {
			return nil, err
		}
		if err := tx.LeaseNotices(ctx, p.ids, l.ID); err != nil {
			return nil, err
		}
		items = append(items, queue.Item{Lease: l.ID, Attempt: 1})
	}
	return items, nil
}
