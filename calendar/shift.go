package calendar

import "time"

// From returns the instant that lies the offset away from t, in t's location.
//
// Days, months and years are counted on the wall of zone (nil: UTC) and keep
// its hour: 1d is the same hour tomorrow, 24h is 24 hours. A month or year that
// lacks the day ends on its last one (31 January + 1mo is 28 or 29 February).
// Business days skip Saturdays, Sundays and what off says; nil skips weekends
// only. A local time that the clocks skip moves forward to the first that
// exists; of one that they repeat the first is meant.
func (o Offset) From(t time.Time, zone *time.Location, off Holidays) time.Time {
	if o.IsZero() {
		return t
	}
	if o.Back {
		o.Months, o.Days, o.BusinessDays, o.Exact = -o.Months, -o.Days, -o.BusinessDays, -o.Exact
	}
	if o.Months != 0 || o.Days != 0 || o.BusinessDays != 0 {
		t = o.shiftDate(t, orUTC(zone), off)
	}
	return t.Add(o.Exact)
}

// shiftDate moves the local date and keeps the local hour.
func (o Offset) shiftDate(t time.Time, zone *time.Location, off Holidays) time.Time {
	local := t.In(zone)
	year, month, day := local.Date()
	date := addMonths(year, month, day, o.Months).AddDate(0, 0, o.Days)
	date = addBusinessDays(date, o.BusinessDays, zone, off)
	hour, minute, second := local.Clock()
	wall := date.Unix() + int64(hour*3600+minute*60+second)
	return time.Unix(instantOf(wall, zone), int64(t.Nanosecond())).In(t.Location())
}

// addMonths returns the date n months away as midnight UTC, on the last day of
// the month where it lacks the day.
func addMonths(year int, month time.Month, day, n int) time.Time {
	first := time.Date(year, month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day, last)-1)
}

// addBusinessDays returns the n-th business day after (or before) date, which
// is midnight UTC. It stops after a year without one: a calendar on which every
// day is a holiday is a mistake, and must not hang the program.
func addBusinessDays(date time.Time, n int, zone *time.Location, off Holidays) time.Time {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for idle := 0; n > 0 && idle < 366; {
		date = date.AddDate(0, 0, step)
		if isBusinessDay(date, zone, off) {
			n, idle = n-1, 0
		} else {
			idle++
		}
	}
	return date
}

func isBusinessDay(date time.Time, zone *time.Location, off Holidays) bool {
	if day := date.Weekday(); day == time.Saturday || day == time.Sunday {
		return false
	}
	if off == nil {
		return true
	}
	// Noon exists on every date, midnight doesn't.
	year, month, day := date.Date()
	_, holiday := off(time.Date(year, month, day, 12, 0, 0, 0, zone))
	return !holiday
}

// StartOf returns the first instant of a date in a zone (nil: UTC). Where clocks skip
// midnight that is 1 o'clock; [time.Date] would answer 23:00 of the day before.
func StartOf(year int, month time.Month, day int, zone *time.Location) time.Time {
	zone = orUTC(zone)
	return time.Unix(instantOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), zone), 0).In(zone)
}

// PeriodStart returns the calendar period of the zone (nil: UTC) that contains
// t: its first instant and the first of the next. The unit is day, week (from
// Monday), month or year; both times are zero for any other.
func PeriodStart(unit string, t time.Time, zone *time.Location) (start, end time.Time) {
	zone = orUTC(zone)
	year, month, day := t.In(zone).Date()
	date := func(y int, m time.Month, d int) time.Time { return StartOf(y, m, d, zone) }
	switch unit {
	case "day":
		return date(year, month, day), date(year, month, day+1)
	case "week":
		monday := day - (int(t.In(zone).Weekday())+6)%7
		return date(year, month, monday), date(year, month, monday+7)
	case "month":
		return date(year, month, 1), date(year, month+1, 1)
	case "year":
		return date(year, time.January, 1), date(year+1, time.January, 1)
	}
	return time.Time{}, time.Time{}
}
