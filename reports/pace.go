package reports

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// An OverPace is a day on which more of a sender's mails are due than it sends on one. What
// is over goes on the days after, and is due then besides.
type OverPace struct {
	Date   string `json:"date"` // 2026-01-31, of the sender's zone
	Sender string `json:"sender"`
	Due    int    `json:"due"`
	Most   int    `json:"most"`
}

// paces are what senders may send on a day, and until when their lanes have sent what they
// may now.
type paces struct {
	free map[store.Lane]time.Time
	days map[string]*paced // by sender, of mails
}

// paced is one sender that may send so many mails on a day.
type paced struct {
	throttle *workspace.Throttle
	zone     *time.Location
	best     int            // of the days before today, for the warm-up
	due      map[string]int // by day; what was sent today is among it
}

func (r *Reports) loadPaces(ctx context.Context, tx *store.Tx, now time.Time) (*paces, error) {
	p := &paces{free: map[store.Lane]time.Time{}, days: map[string]*paced{}}
	list, err := tx.Throttles(ctx, now)
	for _, t := range list {
		if t.Domain == "" || t.Domain == store.FullLane {
			p.free[t.Lane] = calendar.Later(p.free[t.Lane], t.Next)
		}
	}
	c := r.Workspace.Config
	for _, key := range slices.Concat(slices.Collect(maps.Keys(c.Senders)), slices.Collect(maps.Keys(c.People))) {
		t := c.Throttle(andante.Email, key)
		if err != nil || t == nil || t.Day == 0 && t.WarmUp == nil {
			continue
		}
		id, _ := c.Identity(key)
		d := &paced{throttle: t, zone: r.Workspace.ZoneOf(id), due: map[string]int{}}
		p.days[key] = d
		var hours []store.Rate
		hours, err = tx.SentBy(ctx, store.Lane{Kind: andante.Email, Sender: key}, now.Add(-workspace.WarmFor), c.Deliver.Mode != "live")
		y, m, date := now.In(d.zone).Date()
		today := calendar.StartOf(y, m, date, d.zone)
		d.best = store.BestDay(hours, today)
		for _, h := range hours {
			if h.At.Add(time.Hour).After(today) {
				d.due[today.Format(time.DateOnly)] += h.Sent
			}
		}
	}
	return p, err
}

// goes counts a touch that goes out.
func (p *paces) goes(t andante.Touch, at time.Time) {
	if d := p.days[t.Sender]; d != nil && t.Kind == andante.Email {
		d.due[at.In(d.zone).Format(time.DateOnly)]++
	}
}

// over lists the days on which more is due than goes.
func (p *paces) over() (list []OverPace) {
	for key, d := range p.days {
		left, best := 0, d.best
		for _, day := range slices.Sorted(maps.Keys(d.due)) {
			due, most := left+d.due[day], d.throttle.Today(best)
			if most < 0 {
				most = due
			}
			if left = max(due-most, 0); left > 0 {
				list = append(list, OverPace{Date: day, Sender: key, Due: due, Most: most})
			}
			best = max(best, min(due, most))
		}
	}
	slices.SortFunc(list, func(a, b OverPace) int {
		return cmp.Or(strings.Compare(a.Date, b.Date), strings.Compare(a.Sender, b.Sender))
	})
	return list
}
