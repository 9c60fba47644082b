package scheduler

import (
	"context"
	"time"

	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// bestDays remembers each lane's best day before today.
type bestDays map[store.Lane]bestDay

type bestDay struct {
	today time.Time // when the day began on which it was read
	mails int
}

// countAll looks at each lane that has something due and may send so many in an hour or on
// a day: one that has sent them waits, and its throttle says until when.
func (p *pace) countAll(ctx context.Context, tx *store.Tx, heads []store.Head) error {
	seen := map[store.Lane]bool{}
	for _, h := range heads {
		if seen[h.Lane] || h.Due.After(p.now) || !p.throttle(h.Lane).Counts() {
			continue
		}
		seen[h.Lane] = true
		left, again, err := p.left(ctx, tx, h.Lane)
		if err != nil {
			return err
		}
		if left > 0 {
			again = time.Time{}
		}
		if err := p.fill(ctx, tx, h.Lane, again); err != nil {
			return err
		}
	}
	return nil
}

// fill notes until when a lane has sent what it may; the zero time: it has not. Its pace stands
// apart, for what is full is counted anew in each round, and the pace is not.
func (p *pace) fill(ctx context.Context, tx *store.Tx, lane store.Lane, until time.Time) error {
	if until.After(p.spent[lane]) {
		p.spent[lane] = until
	}
	if p.full[lane].Equal(until) {
		return nil
	}
	if p.full[lane] = until; until.IsZero() {
		until = p.now
	}
	return tx.PutThrottle(ctx, store.Throttle{Lane: lane, Domain: store.FullLane, Next: until})
}

// left returns how many mails a lane may still send in this hour of the clock and on this
// day of its sender, and when it may send more. What is leased counts as sent.
func (p *pace) left(ctx context.Context, tx *store.Tx, lane store.Lane) (left int, again time.Time, err error) {
	t := p.throttle(lane)
	today, tomorrow := p.dayOf(lane.Sender)
	best, err := p.bestOf(ctx, tx, lane, today, t)
	if err != nil {
		return 0, again, err
	}
	sent, err := tx.SentBy(ctx, lane, today, p.rehearsing)
	if err != nil {
		return 0, again, err
	}
	hour := p.now.Truncate(time.Hour)
	inHour, onDay := p.loads[lane].Bulk+p.loads[lane].Urgent, p.loads[lane].Bulk+p.loads[lane].Urgent
	for _, n := range sent {
		onDay += n.Sent
		if n.At.Equal(hour) {
			inHour += n.Sent
		}
	}
	left = int(^uint(0) >> 1)
	if t.Hour > 0 {
		left, again = p.share(t.Hour)-inHour, hour.Add(time.Hour)
	}
	if most := t.Today(best * p.parts); most >= 0 {
		if most = p.share(most) - onDay; most <= 0 || most < left {
			left, again = min(left, most), tomorrow
		}
	}
	return left, again, nil
}

// share is this scheduler's part of a number.
func (p *pace) share(n int) int { return (n + p.parts - 1) / p.parts }

// dayOf returns when the sender's day began, and when the next one does.
func (p *pace) dayOf(sender string) (today, tomorrow time.Time) {
	id, _ := p.w.Config.Identity(sender)
	zone := p.w.ZoneOf(id)
	y, m, d := p.now.In(zone).Date()
	return calendar.StartOf(y, m, d, zone), calendar.StartOf(y, m, d+1, zone)
}

// bestOf returns how many mails a lane sent on its best day before today.
func (p *pace) bestOf(ctx context.Context, tx *store.Tx, lane store.Lane, today time.Time, t *workspace.Throttle) (int, error) {
	if t.WarmUp == nil {
		return 0, nil
	}
	if known, ok := p.best[lane]; ok && known.today.Equal(today) {
		return known.mails, nil
	}
	hours, err := tx.SentBy(ctx, lane, today.Add(-workspace.WarmFor), p.rehearsing)
	if err != nil {
		return 0, err
	}
	best := store.BestDay(hours, today)
	p.best[lane] = bestDay{today, best}
	return best, nil
}
