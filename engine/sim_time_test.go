package engine

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// splitWords takes a line apart at spaces; "…" keeps words together, also within
// a word, and # begins a remark.
func splitWords(line string) (words []string, err error) {
	var word strings.Builder
	begun, quoted := false, false
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	for _, r := range line {
		switch {
		case r == '"':
			quoted, begun = !quoted, true
		case quoted:
			word.WriteRune(r)
		case r == '#' && !begun:
			return words, nil
		case r == ' ' || r == '\t':
			end()
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quoted {
		return nil, errors.New("a quotation mark is not closed")
	}
	end()
	return words, nil
}

// A span is the time from an instant to another, exclusive.
type span struct{ from, to time.Time }

func (s span) holds(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

const simClock = "Mon 2006-01-02 15:04:05 MST"

// parseSpan reads the time at the end of a statement: a minute, a day, or two of
// them with .. between; a zone may follow.
func parseSpan(words []string, loc *time.Location) (span, error) {
	if n := len(words); n > 0 && (strings.Contains(words[n-1], "/") || words[n-1] == "UTC") {
		var err error
		if loc, err = calendar.LoadZone(words[n-1]); err != nil {
			return span{}, err
		}
		words = words[:n-1]
	}
	first, second, ranged := strings.Cut(strings.Join(words, " "), "..")
	from, date, err := parseHalf(first, "", loc)
	if err != nil || !ranged {
		return from, err
	}
	to, _, err := parseHalf(second, date, loc)
	if err == nil && !from.from.Before(to.from) {
		err = errors.New("the span ends before it begins")
	}
	return span{from.from, to.from}, err
}

// parseHalf reads [WEEKDAY] DATE [CLOCK], or CLOCK alone on the given date.
func parseHalf(s, date string, loc *time.Location) (span, string, error) {
	words := strings.Fields(s)
	weekday := ""
	if len(words) > 0 && len(words[0]) == 3 {
		weekday, words = words[0], words[1:]
	}
	if len(words) > 0 && strings.Contains(words[0], "-") && !strings.Contains(words[0], ":") {
		date, words = words[0], words[1:]
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil || len(words) > 1 {
		return span{}, date, fmt.Errorf("%q is no time: write 2026-01-05 09:00, 2026-01-05, or two with .. between", s)
	}
	if weekday != "" && day.Format("Mon") != weekday {
		return span{}, date, fmt.Errorf("%s is a %s", date, day.Format("Mon"))
	}
	if len(words) == 0 {
		from, err := onWall(day, loc)
		if err != nil {
			return span{}, date, err
		}
		to, err := onWall(day.AddDate(0, 0, 1), loc)
		return span{from, to}, date, err
	}
	at, err := parseClock(date, words[0], loc)
	return span{at, at.Add(time.Minute)}, date, err
}

func parseClock(date, clock string, loc *time.Location) (time.Time, error) {
	if at, err := time.Parse("2006-01-02 15:04Z07:00", date+" "+clock); err == nil {
		return at, nil
	}
	wall, err := time.Parse("2006-01-02 15:04", date+" "+clock)
	if err != nil {
		return wall, fmt.Errorf("%q is no time of day", clock)
	}
	return onWall(wall, loc)
}

// onWall returns the first instant at which the zone's clocks show what wall
// shows in UTC. It tries the offsets of the days around and asks the clocks back;
// it shares nothing with package calendar, which the stories are to test.
func onWall(wall time.Time, loc *time.Location) (time.Time, error) {
	var at []time.Time
	for _, around := range []time.Duration{-36 * time.Hour, 36 * time.Hour} {
		_, offset := wall.Add(around).In(loc).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		if t.In(loc).Format(time.DateTime) == wall.Format(time.DateTime) {
			at = append(at, t)
		}
	}
	if len(at) == 0 {
		return wall, fmt.Errorf("the clocks of %s skip %s", loc, wall.Format("2006-01-02 15:04"))
	}
	return slices.MinFunc(at, time.Time.Compare), nil
}

// parseAfter reads "7d after SEQUENCE/STEP": so long, in days of 24 hours, after
// the contact's mail of that step.
func (w *simWorld) parseAfter(args []string, who andante.ContactID) (span, bool, error) {
	if len(args) != 3 || args[1] != "after" {
		return span{}, false, nil
	}
	d, err := parseLength(args[0])
	if err != nil {
		return span{}, true, err
	}
	for _, m := range slices.Backward(w.mails) {
		if m.touch.Contact == who && m.touch.Sequence+"/"+m.touch.Step == args[2] {
			return span{m.At.Add(d), m.At.Add(d + time.Minute)}, true, nil
		}
	}
	return span{}, true, fmt.Errorf("%s has not come yet", args[2])
}

// parseLength reads 90min, 24h or 7d; a day is 24 hours.
func parseLength(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(strings.Replace(s, "min", "m", 1))
}

func TestParseSpan(t *testing.T) {
	t.Parallel()
	ny, err := calendar.LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ src, from, to, err string }{
		{src: "2026-01-05 09:00", from: "2026-01-05T14:00:00Z", to: "2026-01-05T14:01:00Z"},
		{src: "Mon 2026-01-05", from: "2026-01-05T05:00:00Z", to: "2026-01-06T05:00:00Z"},
		{src: "Mon 2026-01-05 09:00..12:00", from: "2026-01-05T14:00:00Z", to: "2026-01-05T17:00:00Z"},
		{src: "2026-01-05 23:00..2026-01-06 01:00 Europe/Berlin", from: "2026-01-05T22:00:00Z", to: "2026-01-06T00:00:00Z"},
		{src: "2026-01-05..Wed 2026-01-07", from: "2026-01-05T05:00:00Z", to: "2026-01-07T05:00:00Z"},
		{src: "2026-03-08", from: "2026-03-08T05:00:00Z", to: "2026-03-09T04:00:00Z"},
		{src: "2026-11-01 01:30", from: "2026-11-01T05:30:00Z", to: "2026-11-01T05:31:00Z"},
		{src: "2026-11-01 01:30-05:00", from: "2026-11-01T06:30:00Z", to: "2026-11-01T06:31:00Z"},
		{src: "2026-03-08 02:30", err: "skip"},
		{src: "Tue 2026-01-05", err: "is a Mon"},
		{src: "2026-01-05 12:00..09:00", err: "ends before it begins"},
		{src: "tomorrow", err: "is no time"},
		{src: "2026-01-05 9am", err: "no time of day"},
		{src: "2026-01-05 Europe/Bonn", err: "no time zone"},
	} {
		got, err := parseSpan(strings.Fields(test.src), ny)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v, want %q", test.src, err, test.err)
			}
			continue
		}
		if from, to := got.from.UTC().Format(time.RFC3339), got.to.UTC().Format(time.RFC3339); err != nil || from != test.from || to != test.to {
			t.Errorf("%s: %s to %s, %v", test.src, from, to, err)
		}
	}
}
