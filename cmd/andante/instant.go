package main

import (
	"time"

	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/engine"
)

// inZone ends the help of a flag that takes a time.
const inZone = ", in the company's zone unless it says Z or +01:00"

// instants are the ways in which a time may be written; one without a zone is of the
// company's.
var instants = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

// instant reads the time that a flag gives; the zero time if it is empty.
func instant(flag, text string, loc *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range instants {
		if t, err := time.ParseInLocation(layout, text, loc); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("--%s is a time such as 2027-01-15T13:30, of the company's zone (%s), or 2027-01-15T13:30Z, or a date for its beginning, not %q", flag, loc, text)
}

// moment reads a time to come that a flag gives: an instant, or how long until then, such as 2d.
func moment(flag, text string, e *engine.Engine) (time.Time, error) {
	loc := zone(e.Config)
	if o, err := calendar.ParseOffset(text); err == nil && !o.IsZero() {
		return o.From(e.Clock.Now(), loc, calendar.HolidaysOf(e.Config.Company.Country)), nil
	}
	return instant(flag, text, loc)
}

// backwards reads how far back --since looks, such as 7d.
func backwards(since string) (calendar.Offset, error) {
	back, err := calendar.ParseOffset(since)
	if err != nil {
		return back, usagef("--since: %v", err)
	}
	return back.Before(), nil
}

// ago returns when it was so long ago, by the company's calendar.
func ago(e *engine.Engine, back calendar.Offset) time.Time {
	return back.From(e.Clock.Now(), zone(e.Config), nil)
}
