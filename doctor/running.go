package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// stuckAfter is how long after its end a lease is nobody's: a scheduler returns it within
// a second or two.
const stuckAfter = 5 * time.Minute

// leases looks for those that nobody has given back.
func leases(ctx context.Context, s *Subject) []Finding {
	if !s.usable || s.demo {
		return nil
	}
	n, first := 0, time.Time{}
	found := s.read(ctx, func(tx *store.Tx) error {
		wall, err := tx.Wall(ctx)
		if err != nil {
			return err
		}
		n, first, err = tx.ExpiredLeases(ctx, wall.Add(-stuckAfter))
		return err
	})
	switch {
	case found != nil:
		return found
	case n > 0:
		return one(bad("start a scheduler (`andante run`): it gives them back; what may have been sent becomes unknown, the rest goes again",
			"%s of workers that are gone, the first over since %s", number(n, "lease"), stamp(first)))
	}
	return one(fine("no lease is stuck"))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// How long something may be due before it is told of: until a scheduler that runs has it,
// and until workers that keep up have sent it.
const (
	dueForLong    = 5 * time.Minute
	dueForTooLong = 15 * time.Minute
	notSeen       = 3 * time.Minute // it is noted once a minute
)

// scheduler looks whether somebody sends what is due.
func scheduler(ctx context.Context, s *Subject) []Finding {
	if !s.usable || s.demo {
		return nil
	}
	now := s.Clock.Now()
	var seen, due time.Time
	found := s.read(ctx, func(tx *store.Tx) (err error) {
		if seen, err = tx.LastSeen(ctx); err != nil {
			return err
		}
		_, due, err = tx.OldestDue(ctx, now)
		if errors.Is(err, andante.ErrNotFound) {
			err = nil
		}
		return err
	})
	if found != nil {
		return found
	}
	return one(overdue(now, seen, due))
}

// overdue judges by when a scheduler looked last, and since when a touch is due that
// nothing keeps back; zero: never, and none.
func overdue(now, seen, due time.Time) Finding {
	last, running := "no scheduler has ever looked", false
	if !seen.IsZero() {
		last, running = "a scheduler looked last at "+stamp(seen), now.Sub(seen) <= notSeen
	}
	if due.IsZero() || now.Sub(due) < dueForLong {
		return fine("nothing is overdue; %s", last)
	}
	text := fmt.Sprintf("touches are due since %s, and no throttle or hold keeps them back; %s", stamp(due), last)
	switch {
	case !running:
		return bad("start `andante run`; if a timer starts it, wait for that", "%s", text)
	case now.Sub(due) >= dueForTooLong:
		return bad("does a worker run, and does it reach Redis and the mail server? See its log; more --concurrency, or more workers, catch up faster", "%s", text)
	}
	return look("look again in some minutes: a backlog goes at the pace of the mail server", "%s", text)
}
