package ops

import (
	"maps"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// A drip spreads beginnings over days, at most so many on each. A day is the one
// on which a first touch is really due, so that what a weekend holds back does
// not come on Monday all at once.
type drip struct {
	perDay int       // 0: any number
	from   time.Time // from where on there may be room
	begun  map[string]int
}

func (d drip) clone() drip {
	d.begun = maps.Clone(d.begun)
	return d
}

// drips bounds the days that are tried for one contact.
const drips = 5000

var tomorrow = calendar.Offset{Days: 1}

// place plans a first touch on the first day that has room, not before the given
// instant; the zero time: whenever. False if no such touch can be planned.
func (d *drip) place(notBefore time.Time, zone *time.Location, plan func(from time.Time) (andante.Touch, bool)) (andante.Touch, bool) {
	own := d.from
	if notBefore.After(own) {
		own = notBefore
	}
	for range drips {
		t, ok := plan(own)
		if !ok || d.perDay == 0 {
			return t, ok
		}
		day := t.Due.In(zone).Format(time.DateOnly)
		if d.begun[day] < d.perDay {
			if d.begun == nil {
				d.begun = map[string]int{}
			}
			d.begun[day]++
			return t, true
		}
		next := tomorrow.From(own, zone, nil)
		if own.Equal(d.from) {
			d.from = next // nobody finds room there any more
		}
		own = next
	}
	return andante.Touch{}, false
}
