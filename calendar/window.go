package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Window is the local days and hours in which a contact may be touched, the
// same in every week. The zero Window is always open. It is immutable.
type Window struct {
	spans   []span // sorted, apart from each other
	written string
	zone    *time.Location // where somebody else's clock is meant; nil: the zones of the hours
}

// A span of the week in minutes since Monday 00:00; to is exclusive.
type span struct{ from, to int }

const (
	minutesPerDay = 24 * 60
	everyDay      = 1<<7 - 1
	windowExample = "write days and hours such as Mon-Fri 08:00-17:30"
)

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// ParseWindow reads days and hours: "Mon-Fri 08:00-17:30", "Mon,Wed
// 10:00-12:30, 15:00-19:00", "Sat-Mon 09:00-24:00". Without days every day is
// meant; days written after hours begin a new group, as in "Mon-Thu
// 09:00-17:00, Fri 09:00-12:00". The error says what to write.
func ParseWindow(s string) (Window, error) {
	w := Window{written: strings.TrimSpace(s)}
	if w.written == "" {
		return Window{}, fmt.Errorf("the window is empty: %s", windowExample)
	}
	days, hoursSeen := 0, false
	for part := range strings.SplitSeq(strings.ReplaceAll(w.written, "–", "-"), ",") {
		part = strings.TrimSpace(part)
		digit := strings.IndexAny(part+"0", "0123456789")
		if part == "" {
			return Window{}, fmt.Errorf("%q has a comma with nothing beside it: %s", w.written, windowExample)
		}
		if named := strings.TrimSpace(part[:digit]); named != "" {
			mask, err := parseDays(named)
			if err != nil {
				return Window{}, err
			}
			if hoursSeen {
				days, hoursSeen = 0, false
			}
			days |= mask
		}
		if digit < len(part) {
			if err := w.add(cmp.Or(days, everyDay), part[digit:]); err != nil {
				return Window{}, err
			}
			hoursSeen = true
		}
	}
	if !hoursSeen {
		return Window{}, fmt.Errorf("%q ends without hours: %s", w.written, windowExample)
	}
	return w, w.merge()
}

// add puts the hours into each day of the mask.
func (w *Window) add(days int, hours string) error {
	from, to, err := parseHours(hours)
	if err != nil {
		return err
	}
	for day := range weekdays {
		if days&(1<<day) != 0 {
			w.spans = append(w.spans, span{day*minutesPerDay + from, day*minutesPerDay + to})
		}
	}
	return nil
}

// merge sorts the spans and joins those that touch, so that Tuesday 00:00 is no
// end after a Monday until 24:00. Hours written twice are a mistake.
func (w *Window) merge() error {
	slices.SortFunc(w.spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	merged := w.spans[:1]
	for _, s := range w.spans[1:] {
		last := &merged[len(merged)-1]
		switch {
		case s.from < last.to:
			return fmt.Errorf("%q names some hours twice: write each part once, such as Mon-Fri 10:00-12:30, 15:00-19:00", w.written)
		case s.from == last.to:
			last.to = s.to
		default:
			merged = append(merged, s)
		}
	}
	w.spans = merged
	return nil
}

// parseDays reads "Mon" or "Mon-Fri" into a mask; a range may pass Sunday.
func parseDays(s string) (mask int, err error) {
	first, last, isRange := strings.Cut(s, "-")
	from, err := parseDay(first)
	if err != nil || !isRange {
		return 1 << from, err
	}
	to, err := parseDay(last)
	if err != nil {
		return 0, err
	}
	for day := from; ; day = (day + 1) % len(weekdays) {
		mask |= 1 << day
		if day == to {
			return mask, nil
		}
	}
}

func parseDay(s string) (int, error) {
	name := strings.ToLower(strings.TrimSpace(s))
	if day := slices.Index(weekdays, name); day >= 0 {
		return day, nil
	}
	if len(name) > 3 {
		if day := slices.Index(weekdays, name[:3]); day >= 0 {
			return 0, fmt.Errorf("%q is no day: write %s", s, strings.ToUpper(name[:1])+name[1:3])
		}
	}
	return 0, fmt.Errorf("%q is no day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun, as in Mon-Fri 08:00-17:30", s)
}

// parseHours reads "08:00-17:30" into minutes of the day.
func parseHours(s string) (from, to int, err error) {
	first, last, _ := strings.Cut(s, "-")
	from, ok1 := parseClock(first)
	to, ok2 := parseClock(last)
	switch {
	case !ok1 || !ok2 || from == minutesPerDay:
		return 0, 0, fmt.Errorf("%q is no range of hours: write it such as 08:00-17:30, with a comma before the next", s)
	case from == to:
		return 0, 0, fmt.Errorf("%q is never open: write a later end, such as 08:00-17:30", s)
	case from > to:
		return 0, 0, fmt.Errorf("%q passes midnight: write two ranges, such as 22:00-24:00, 00:00-06:00", s)
	}
	return from, to, nil
}

// parseClock reads 8:00, 08:00 or 24:00.
func parseClock(s string) (minutes int, ok bool) {
	h, m, found := strings.Cut(strings.TrimSpace(s), ":")
	if !found || len(h) == 0 || len(h) > 2 || len(m) != 2 {
		return 0, false
	}
	hour, err1 := strconv.ParseUint(h, 10, 8)
	minute, err2 := strconv.ParseUint(m, 10, 8)
	minutes = int(hour*60 + minute)
	return minutes, err1 == nil && err2 == nil && minute < 60 && minutes <= minutesPerDay
}

// String returns the window as it was written; empty for the zero Window.
func (w Window) String() string { return w.written }

// In returns the window as it stands on somebody else's clock, whatever the zones of the
// hours are. whose names them.
func (w Window) In(zone *time.Location, whose string) Window {
	w.zone = orUTC(zone)
	w.written += " (" + whose + ")"
	return w
}

// Days returns the whole days on which the window opens.
func (w Window) Days() Window {
	if len(w.spans) == 0 {
		return w
	}
	days := Window{written: w.written, zone: w.zone}
	for day := range weekdays {
		from, to := day*minutesPerDay, (day+1)*minutesPerDay
		if slices.ContainsFunc(w.spans, func(s span) bool { return s.from < to && s.to > from }) {
			days.spans = append(days.spans, span{from, to})
		}
	}
	_ = days.merge() // days are apart from each other
	return days
}

// Equal tells whether both windows have the same hours, however written.
func (w Window) Equal(other Window) bool { return slices.Equal(w.spans, other.spans) }

// at tells whether the window is open at a wall time, in seconds since 1970,
// and the wall time at which that changes next.
func (w Window) at(wall int64) (open bool, change int64) {
	if len(w.spans) == 0 {
		return true, wall + weekSeconds
	}
	// The week of 1 January 1970 began on the Monday three days before.
	sinceMonday := floorMod(wall+3*daySeconds, weekSeconds)
	monday := wall - sinceMonday
	for _, s := range w.spans {
		if from := int64(s.from) * 60; sinceMonday < from {
			return false, monday + from
		}
		if to := int64(s.to) * 60; sinceMonday < to {
			return true, monday + to
		}
	}
	return false, monday + weekSeconds + int64(w.spans[0].from)*60
}
