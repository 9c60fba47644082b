package scheduler

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// pace spends the senders' throttles. A throttle is the next free instant of a
// sender; it is spent in blocks here, at most what goes out in the time of one
// lease.
type pace struct {
	w     *workspace.Workspace
	now   time.Time
	block time.Duration
	parts int // of so many this scheduler spends one part of each throttle
	loads map[string]store.SenderLoad
	spent map[string]time.Time // senders that must wait
	dirty map[string]time.Time // to be written
}

func (s *Scheduler) throttled(ctx context.Context, tx *store.Tx, now time.Time) (*pace, error) {
	w, err := s.ops.Workspace(ctx, tx)
	if err != nil {
		return nil, err
	}
	p := &pace{w: w, now: now, block: s.o.LeaseTime, parts: s.o.Parts, spent: map[string]time.Time{}, dirty: map[string]time.Time{}}
	if p.loads, err = tx.SenderLoads(ctx); err != nil {
		return nil, err
	}
	list, err := tx.Throttles(ctx, now)
	for _, t := range list {
		if p.waits(t.Sender, t.Next) {
			p.spent[t.Sender] = t.Next
		}
	}
	return p, err
}

// throttle returns the sender's pace; nil if it has none.
func (p *pace) throttle(sender string) *workspace.Throttle {
	id, ok := p.w.Config.Identity(sender)
	if !ok || id.Throttle == nil {
		return nil
	}
	return &workspace.Throttle{N: id.Throttle.N, Per: id.Throttle.Per * time.Duration(p.parts)}
}

// waits tells whether a sender's next free instant keeps it waiting. It is never spent
// further ahead than a block: beyond that a clock was wrong.
func (p *pace) waits(sender string, next time.Time) bool {
	t := p.throttle(sender)
	return t != nil && next.After(p.now) && !next.After(p.now.Add(p.block+t.Each()))
}

// ready returns the heads that are due and whose sender need not wait. A throttled one
// waits for its last lease of the lane to be taken too: what piles up while no worker is
// there must not go out at once.
func (p *pace) ready(heads []store.Head) (list []store.Head) {
	for _, h := range heads {
		_, waits := p.spent[h.Sender]
		untaken := p.loads[h.Sender].BulkWaiting
		if h.Priority == andante.High {
			untaken = p.loads[h.Sender].UrgentWaiting
		}
		waits = waits || untaken && p.throttle(h.Sender) != nil
		if !waits && !h.Due.After(p.now) {
			list = append(list, h)
		}
	}
	return list
}

// next returns when there is something to do again: a due time, or the end of the
// throttle that a touch waits for; waiting tells that one is due and waits.
func (p *pace) next(heads []store.Head) (next time.Time, waiting bool) {
	for _, h := range heads {
		at := h.Due
		if free, waits := p.spent[h.Sender]; waits && free.After(at) {
			waiting = waiting || !at.After(p.now)
			at = free
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, waiting
}

// allow returns as many touches as the sender's throttle lets out now and spends
// it for them.
func (p *pace) allow(ctx context.Context, tx *store.Tx, sender string, touches []store.DueTouch) ([]store.DueTouch, error) {
	throttle := p.throttle(sender)
	if throttle == nil {
		return touches, nil
	}
	next, ok := p.dirty[sender]
	if !ok {
		spent, err := tx.LockThrottle(ctx, sender)
		if err != nil {
			return nil, err
		}
		if p.waits(sender, spent) {
			p.spent[sender] = spent
			return nil, nil
		}
		next = p.now
	}
	each := throttle.Each()
	room := 0
	if end := p.now.Add(p.block); next.Before(end) {
		room = int((end.Sub(next) + each - 1) / each)
	}
	touches = touches[:min(room, len(touches))]
	p.dirty[sender] = next.Add(time.Duration(len(touches)) * each)
	return touches, nil
}

func (p *pace) write(ctx context.Context, tx *store.Tx) error {
	for sender, next := range p.dirty {
		if err := tx.PutThrottle(ctx, store.Throttle{Sender: sender, Next: next}); err != nil {
			return err
		}
	}
	return nil
}
