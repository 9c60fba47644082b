package scheduler

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// pace spends the throttles of the lanes. A pace is the lane's next free instant; it is
// spent in blocks here, at most what goes out in the time of one lease. What a lane may
// send in an hour or on a day is counted: what went, and what is leased.
type pace struct {
	w          *workspace.Workspace
	now        time.Time
	block      time.Duration
	parts      int // of so many this scheduler spends one part of each throttle
	best       bestDays
	loads      map[store.Lane]store.LaneLoad
	spent      map[store.Lane]time.Time // lanes that must wait
	full       map[store.Lane]time.Time // lanes that have sent what they may in an hour or on a day, as it is written
	dirty      map[store.Lane]time.Time // paces to be written
	rehearsing bool
}

func (s *Scheduler) throttled(ctx context.Context, tx *store.Tx, heads []store.Head, now time.Time) (*pace, error) {
	w, err := s.ops.Workspace(ctx, tx)
	if err != nil {
		return nil, err
	}
	p := &pace{w: w, now: now, block: s.o.LeaseTime, parts: s.o.Parts, best: s.best, spent: map[store.Lane]time.Time{}, full: map[store.Lane]time.Time{}, dirty: map[store.Lane]time.Time{}, rehearsing: s.o.Rehearsing}
	if p.loads, err = tx.LaneLoads(ctx); err != nil {
		return nil, err
	}
	list, err := tx.Throttles(ctx, now)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		switch {
		case t.Domain == store.FullLane:
			p.full[t.Lane] = t.Next
		case t.Domain == "" && p.waits(t.Lane, t.Next):
			p.spent[t.Lane] = t.Next
		}
	}
	return p, p.countAll(ctx, tx, heads)
}

// throttle returns the lane's; nil if it has none.
func (p *pace) throttle(lane store.Lane) *workspace.Throttle {
	return p.w.Config.Throttle(lane.Kind, lane.Sender)
}

// each is the time that one message of a lane takes up here.
func (p *pace) each(t *workspace.Throttle) time.Duration { return t.Each() * time.Duration(p.parts) }

// waits tells whether a lane's next free instant keeps it waiting. It is never spent
// further ahead than a block: beyond that a clock was wrong.
func (p *pace) waits(lane store.Lane, next time.Time) bool {
	t := p.throttle(lane)
	return t.Each() > 0 && next.After(p.now) && !next.After(p.now.Add(p.block+p.each(t)))
}

// ready returns the heads that are due and whose lane need not wait. A throttled one
// waits for its last lease of the same urgency to be taken too: what piles up while no
// worker is there must not go out at once.
func (p *pace) ready(heads []store.Head) (list []store.Head) {
	for _, h := range heads {
		_, waits := p.spent[h.Lane]
		untaken := p.loads[h.Lane].BulkWaiting
		if h.Priority == andante.High {
			untaken = p.loads[h.Lane].UrgentWaiting
		}
		t := p.throttle(h.Lane)
		waits = waits || untaken && t != nil || p.busy(t, h.Lane)
		if !waits && !h.Due.After(p.now) {
			list = append(list, h)
		}
	}
	return list
}

// busy tells whether a lane whose messages keep apart has one on its way: only when that has left
// is it known when the next one may.
func (p *pace) busy(t *workspace.Throttle, lane store.Lane) bool {
	return t != nil && t.Apart > 0 && p.loads[lane].Bulk+p.loads[lane].Urgent > 0
}

// next returns when there is something to do again: a due time, or the end of the
// throttle that a touch waits for; waiting tells that one is due and waits.
func (p *pace) next(heads []store.Head) (next time.Time, waiting bool) {
	for _, h := range heads {
		at := h.Due
		if free, waits := p.spent[h.Lane]; waits && free.After(at) {
			waiting = waiting || !at.After(p.now)
			at = free
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, waiting
}

// allow returns those touches of a batch that the lane's throttle lets out now and spends it for
// them.
func (s *Scheduler) allow(ctx context.Context, tx *store.Tx, p *pace, b batch) ([]store.DueTouch, error) {
	lane, touches, t := b.lane, b.touches, p.throttle(b.lane)
	if t == nil {
		return touches, nil
	}
	next, ok := p.dirty[lane]
	if !ok {
		spent, err := tx.LockThrottle(ctx, lane, "")
		if err != nil {
			return nil, err
		}
		if p.waits(lane, spent) {
			p.spent[lane] = spent
			return nil, nil
		}
		next = p.now
	}
	room, err := p.room(ctx, tx, lane, next)
	if err != nil {
		return nil, err
	}
	if len(t.Toward) > 0 {
		touches, err = s.spaced(ctx, tx, p, b, room)
	} else {
		touches = touches[:min(room, len(touches))]
	}
	if err != nil {
		return nil, err
	}
	p.dirty[lane] = next.Add(time.Duration(len(touches)) * p.each(t))
	return touches, nil
}

// room is how many messages of a lane may be leased that is free from an instant on. Its
// throttle must be locked.
func (p *pace) room(ctx context.Context, tx *store.Tx, lane store.Lane, free time.Time) (int, error) {
	t, room := p.throttle(lane), int(^uint(0)>>1)
	if each := p.each(t); each > 0 {
		room = 0
		if end := p.now.Add(p.block); free.Before(end) {
			room = int((end.Sub(free) + each - 1) / each)
		}
		if t.Apart > 0 { // a block would leave in one go
			room = min(room, 1)
			if free.After(p.now) {
				room = 0
			}
		}
	}
	if !t.Counts() && t.Apart == 0 {
		return room, nil
	}
	var err error
	if p.loads, err = tx.LaneLoads(ctx); err != nil { // what this round and others have leased meanwhile
		return 0, err
	}
	if p.busy(t, lane) {
		return 0, nil
	}
	if !t.Counts() {
		return room, nil
	}
	left, again, err := p.left(ctx, tx, lane)
	if err != nil || left > 0 {
		return min(room, max(left, 0)), err
	}
	return 0, p.fill(ctx, tx, lane, again)
}

func (p *pace) write(ctx context.Context, tx *store.Tx) error {
	for lane, next := range p.dirty {
		if err := tx.PutThrottle(ctx, store.Throttle{Lane: lane, Next: next}); err != nil {
			return err
		}
	}
	return nil
}
