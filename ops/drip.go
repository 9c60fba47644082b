package ops

import (
	"context"
	"maps"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/store"
)

// A drip spreads beginnings over days of the company's calendar, at most so many on
// each. A day is the one on which a first touch is really due, so that what a weekend
// holds back does not come on Monday all at once.
type drip struct {
	perDay int       // 0: any number
	from   time.Time // from where on there may be room
	zone   *time.Location
	begun  map[string]int // those of earlier calls included
}

// drip returns the days as they are taken already.
func (o *Ops) drip(ctx context.Context, r EnrollRequest) (*drip, error) {
	d := &drip{perDay: r.PerDay, from: o.now(), begun: map[string]int{}}
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
		q, ok := w.Sequences[r.Sequence]
		if !ok || len(q.Steps) == 0 {
			return unknownSequence(w, r.Sequence)
		}
		begun, err := tx.Beginnings(ctx, q.Name, q.Steps[0].ID, d.from.AddDate(0, 0, -2))
		for _, at := range begun {
			d.begun[d.day(at)]++
		}
		return err
	})
}

func (d *drip) day(at time.Time) string { return at.In(d.zone).Format(time.DateOnly) }

func (d *drip) clone() *drip {
	c := *d
	c.begun = maps.Clone(d.begun)
	return &c
}

// drips bounds the days that are tried for one contact.
const drips = 5000

var tomorrow = calendar.Offset{Days: 1}

// place plans a first touch on the first day that has room, not before the given
// instant; the zero time: whenever. False if no such touch can be planned.
func (d *drip) place(notBefore time.Time, plan func(from time.Time) (andante.Touch, bool)) (andante.Touch, bool) {
	own := d.from
	if notBefore.After(own) {
		own = notBefore
	}
	for range drips {
		t, ok := plan(own)
		if !ok || d.perDay == 0 {
			return t, ok
		}
		day := d.day(t.Due)
		if d.begun[day] < d.perDay {
			d.begun[day]++
			return t, true
		}
		next := tomorrow.From(own, d.zone, nil)
		if own.Equal(d.from) && day == d.day(own) {
			d.from = next // nobody finds room there any more
		}
		own = next
	}
	return andante.Touch{}, false
}
