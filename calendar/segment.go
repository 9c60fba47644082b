package calendar

import (
	"math"
	"time"
)

const (
	daySeconds  = 24 * 60 * 60
	weekSeconds = 7 * daySeconds
)

// A segment is a stretch of time in which a zone's clocks run evenly, between
// two changes. Within it wall time is Unix time plus the offset, both in
// seconds, so that windows are mere arithmetic and exact over every change.
type segment struct {
	start, end int64 // Unix seconds; end is exclusive
	offset     int64 // seconds east of UTC
}

// segmentAt returns the segment of the zone that contains the Unix time u.
func segmentAt(u int64, zone *time.Location) segment {
	t := time.Unix(u, 0).In(zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	seg := segment{math.MinInt64, math.MaxInt64, int64(offset)}
	if !start.IsZero() {
		seg.start = start.Unix()
	}
	if !end.IsZero() {
		seg.end = end.Unix()
	}
	// ZoneBounds ends a segment at or before t on the last day of some leap years
	// in which the zone's rule goes on for ever; without this, callers that go from
	// segment to segment would stay where they are.
	for seg.end <= u {
		seg.end += daySeconds
	}
	seg.start = min(seg.start, u)
	return seg
}

// instantOf returns the first Unix time at which the zone's clocks show wall
// (seconds since 1970 as if they showed UTC) or, if they skip it, the instant of
// the skip. time.Date leaves open which side of a skip it answers with.
func instantOf(wall int64, zone *time.Location) int64 {
	// No zone is further from UTC than a day, so this is not after the answer.
	seg := segmentAt(wall-daySeconds, zone)
	for {
		if u := wall - seg.offset; u < seg.end {
			return max(u, seg.start)
		}
		seg = segmentAt(seg.end, zone)
	}
}

// nextMidnight returns the wall time at which the local date changes next.
func nextMidnight(wall int64) int64 {
	return wall - floorMod(wall, daySeconds) + daySeconds
}

func floorMod(a, b int64) int64 {
	if m := a % b; m < 0 {
		return m + b
	} else {
		return m
	}
}

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}
