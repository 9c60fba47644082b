package calendar

import (
	"math"
	"time"
)

// horizon bounds every search: what doesn't open within it never does, and what
// doesn't close within it is said to close at its end.
const horizon = 400 * daySeconds

var utcOnly = []*time.Location{time.UTC}

// Hours are the windows of one touch, read in all zones that its contact may be in, but for
// those that stand on somebody else's clock. They are open only when every window is open in every zone and, with
// Holidays, no zone has a holiday. No windows means always open; no zones, UTC.
// Safe for concurrent use if Holidays is.
type Hours struct {
	Windows  []Window
	Zones    []*time.Location
	Holidays Holidays // nil: none
}

// Open tells whether the hours are open at t and, if so, the instant at which
// they close (exclusive, at most 400 days away). until is zero when closed.
func (h Hours) Open(t time.Time) (until time.Time, open bool) {
	s := newScan(&h)
	from := t.Unix()
	if open, change := s.state(from); open {
		return time.Unix(s.closes(change, from+horizon), 0).In(t.Location()), true
	}
	return time.Time{}, false
}

// Next returns the first opening that isn't over at t: opens is t itself when
// it is open then. ok is false when nothing opens within 400 days.
func (h Hours) Next(t time.Time) (opens, closes time.Time, ok bool) {
	s := newScan(&h)
	from := t.Unix()
	for at := from; at <= from+horizon; {
		open, change := s.state(at)
		if !open {
			at = change
			continue
		}
		opens = t
		if at > from {
			opens = time.Unix(at, 0).In(t.Location())
		}
		return opens, time.Unix(s.closes(change, at+horizon), 0).In(t.Location()), true
	}
	return time.Time{}, time.Time{}, false
}

// Blocked returns the name of the holiday that t falls on in one of the zones;
// empty on other days. It says nothing of the windows.
func (h Hours) Blocked(t time.Time) (holiday string) {
	if h.Holidays == nil {
		return ""
	}
	for _, zone := range h.zones() {
		if name, off := h.Holidays(t.In(orUTC(zone))); off {
			if name == "" {
				return "holiday"
			}
			return name
		}
	}
	return ""
}

// spreadOver is the open time over which touches of one hour are spread.
const spreadOver = 3 * 60 * 60

// Spread places a touch on a whole minute within the first three open hours
// from an instant, without leaving the opening that contains or follows it. The
// fraction, in [0,1), says where; equal ones get equal minutes. An opening with
// no whole minute left is passed over. It is false when nothing opens within
// 400 days.
func (h Hours) Spread(from time.Time, fraction float64) (time.Time, bool) {
	if !(fraction > 0) { // also NaN
		fraction = 0
	}
	last := from.Add(horizon * time.Second)
	for at := from; !at.After(last); {
		opens, closes, ok := h.Next(at)
		if !ok {
			break
		}
		first := ceilMinute(opens)
		end := min(closes.Unix(), opens.Unix()+spreadOver)
		if minutes := (end - first + 59) / 60; minutes > 0 {
			chosen := min(int64(fraction*float64(minutes)), minutes-1)
			return time.Unix(first+chosen*60, 0).In(from.Location()), true
		}
		at = closes
	}
	return time.Time{}, false
}

// ceilMinute returns the first whole minute that isn't before t.
func ceilMinute(t time.Time) int64 {
	u := t.Unix()
	if t.Nanosecond() > 0 {
		u++
	}
	return u + floorMod(-u, 60)
}

func (h Hours) zones() []*time.Location {
	if len(h.Zones) == 0 {
		return utcOnly
	}
	return h.Zones
}

// A scan walks through time from change to change. It keeps the current segment
// of the first zones: a look-up in a zone costs more than all the rest.
type scan struct {
	hours *Hours
	zones []*time.Location
	cache [4]segment
}

func newScan(h *Hours) scan { return scan{hours: h, zones: h.zones()} }

func (s *scan) segment(zone int, u int64) segment {
	if zone >= len(s.cache) {
		return segmentAt(u, orUTC(s.zones[zone]))
	}
	seg := &s.cache[zone]
	if u < seg.start || u >= seg.end {
		*seg = segmentAt(u, orUTC(s.zones[zone]))
	}
	return *seg
}

// state tells whether all is open at the Unix time u, and until when that
// surely stays so: nothing opens before change if it is closed, nothing closes
// before change if it is open. It may be the same after it.
func (s *scan) state(u int64) (open bool, change int64) {
	opened, closed := int64(math.MaxInt64), int64(math.MinInt64)
	look := func(w Window, seg segment) {
		open, next := w.at(u + seg.offset)
		if next = min(next-seg.offset, seg.end); open {
			opened = min(opened, next)
		} else {
			closed = max(closed, next)
		}
	}
	for i := range s.zones {
		seg := s.segment(i, u)
		for _, w := range s.hours.Windows {
			if w.zone == nil {
				look(w, seg)
			}
		}
	}
	for _, w := range s.hours.Windows {
		if w.zone != nil {
			look(w, segmentAt(u, w.zone))
		}
	}
	if closed > u {
		return false, closed
	}
	return s.holidays(u, opened)
}

// holidays refines the state of an instant at which every window is open. It
// comes last because it is the dearest question.
func (s *scan) holidays(u, opened int64) (open bool, change int64) {
	if s.hours.Holidays == nil {
		return true, opened
	}
	closed := int64(math.MinInt64)
	for i, zone := range s.zones {
		seg := s.segment(i, u)
		next := min(nextMidnight(u+seg.offset)-seg.offset, seg.end)
		if _, off := s.hours.Holidays(time.Unix(u, 0).In(orUTC(zone))); off {
			closed = max(closed, next)
		} else {
			opened = min(opened, next)
		}
	}
	if closed > u {
		return false, closed
	}
	return true, opened
}

// closes follows an opening that lasts until change at least to its end, or to
// the limit.
func (s *scan) closes(change, limit int64) int64 {
	for change < limit {
		open, next := s.state(change)
		if !open {
			return change
		}
		change = next
	}
	return limit
}
