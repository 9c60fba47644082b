package ops

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/store"
)

// A drip spreads beginnings over days of the company's calendar, at most so many on
// each. A day is the one on which a first touch is really due, so that what a weekend
// holds back does not come on Monday all at once.
type drip struct {
	perDay int // 0: any number
	now    time.Time
	zone   *time.Location
	begun  map[string]int       // by day; those of earlier calls included
	from   map[string]time.Time // by the hours of those who enter: before it there is no room for them any more
}

// drip returns the days as they are taken already.
func (o *Ops) drip(ctx context.Context, r EnrollRequest) (*drip, error) {
	d := &drip{perDay: r.PerDay, now: o.now(), begun: map[string]int{}, from: map[string]time.Time{}}
	if r.PerDay == 0 {
		return d, nil
	}
	return d, o.Store.Read(ctx, func(tx *store.Tx) error {
		w, err := o.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		if d.zone, err = calendar.LoadZone(w.Config.Company.Zone); err != nil {
			return err
		}
		q, err := r.sequence(w)
		if err != nil || len(q.Steps) == 0 {
			return err
		}
		begun, err := tx.Beginnings(ctx, q.Name, q.Steps[0].ID, d.now.AddDate(0, 0, -2))
		for _, at := range begun {
			d.begun[d.day(at)]++
		}
		return err
	})
}

// enterNow enters contacts within a transaction in which their accounts are locked, all at
// once.
func (o *Ops) enterNow(ctx context.Context, tx *store.Tx, r EnrollRequest, contacts []andante.Contact) (*EnrollReport, error) {
	days := &drip{now: o.now(), begun: map[string]int{}, from: map[string]time.Time{}}
	return o.enrollPage(ctx, tx, r, slices.Clone(contacts), days)
}

func (d *drip) day(at time.Time) string { return at.In(d.zone).Format(time.DateOnly) }

func (d *drip) clone() *drip {
	c := *d
	c.begun, c.from = maps.Clone(d.begun), maps.Clone(d.from)
	return &c
}

// drips bounds the days that are tried for one contact.
const drips = 5000

// place plans a first touch on the first day that has room, not before the given
// instant; the zero time: whenever. Those with the same hours share what is known of full
// days. False if no such touch can be planned.
func (d *drip) place(hours string, notBefore time.Time, plan func(from time.Time) (andante.Touch, bool)) (andante.Touch, bool) {
	start, known := d.from[hours]
	if !known {
		start = d.now
	}
	own := start
	if notBefore.After(own) {
		own = notBefore
	}
	for range drips {
		t, ok := d.plan(own, plan)
		if !ok || d.perDay == 0 {
			return t, ok
		}
		day := d.day(t.Due)
		if d.begun[day] < d.perDay {
			d.begun[day]++
			return t, true
		}
		y, m, date := own.In(d.zone).Date()
		next := calendar.StartOf(y, m, date+1, d.zone)
		if own.Equal(start) {
			start, d.from[hours] = next, next
		}
		own = next
	}
	return andante.Touch{}, false
}

// plan plans from an instant. Where nothing is closed, a later day begins at the hour of
// today, not at midnight.
func (d *drip) plan(from time.Time, plan func(from time.Time) (andante.Touch, bool)) (andante.Touch, bool) {
	t, ok := plan(from)
	if !ok || d.perDay == 0 || from.Equal(d.now) {
		return t, ok
	}
	if midnight, _ := calendar.PeriodStart("day", t.Due, d.zone); !t.Due.Equal(midnight) {
		return t, ok
	}
	y, m, date := from.In(d.zone).Date()
	clock := d.now.In(d.zone)
	later, also := plan(time.Date(y, m, date, clock.Hour(), clock.Minute(), 0, 0, d.zone))
	if also && d.day(later.Due) == d.day(t.Due) {
		return later, true
	}
	return t, true
}
