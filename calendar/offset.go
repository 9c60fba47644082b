package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An Offset is a distance in time as people write it: 30min, 24h, 3d, 2w, 1mo,
// 1y or 5 business days. The zero Offset is no distance at all.
//
// All parts of one Offset point the same way: forward, or backward when Back is
// set. ParseOffset sets one part only.
type Offset struct {
	Months       int           // calendar months; a year is twelve
	Days         int           // calendar days; a week is seven
	BusinessDays int           // days that are neither weekend nor holiday
	Exact        time.Duration // elapsed time, whatever the clocks do
	Back         bool          // counts backward, as in "- 7d"
	Written      string        // without the sign, as the author wrote it
}

// offsetUnits tells what one of each unit adds, and how many days it is at
// most, which bounds what may be written.
var offsetUnits = map[string]struct {
	add  Offset
	days float64
}{
	"min":           {Offset{Exact: time.Minute}, 1.0 / (24 * 60)},
	"h":             {Offset{Exact: time.Hour}, 1.0 / 24},
	"d":             {Offset{Days: 1}, 1},
	"w":             {Offset{Days: 7}, 7},
	"mo":            {Offset{Months: 1}, 31},
	"y":             {Offset{Months: 12}, 366},
	"business day":  {Offset{BusinessDays: 1}, 2},
	"business days": {Offset{BusinessDays: 1}, 2},
}

// spokenUnits are what people write instead, and what they should write.
var spokenUnits = map[string]string{
	"mins": "min", "minute": "min", "minutes": "min",
	"hr": "h", "hrs": "h", "hour": "h", "hours": "h",
	"day": "d", "days": "d", "wk": "w", "week": "w", "weeks": "w",
	"mon": "mo", "mth": "mo", "month": "mo", "months": "mo",
	"yr": "y", "year": "y", "years": "y",
	"bd": " business days", "b": " business days",
	"working day": " business days", "working days": " business days",
	"workday": " business days", "workdays": " business days", "businessdays": " business days",
}

// maxOffsetDays keeps every result within years that all formats can hold.
const maxOffsetDays = 100 * 366

// ParseOffset reads one whole number with its unit. It refuses a bare number, a
// negative one and anything above a hundred years; the error says what to write.
func ParseOffset(s string) (Offset, error) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "-") {
		return Offset{}, fmt.Errorf("%q is negative: write a positive time such as 3d", s)
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	number, unit := s[:digits], strings.Join(strings.Fields(s[digits:]), " ")
	switch {
	case number == "":
		return Offset{}, fmt.Errorf("%q is no time: write a number and a unit, such as 30min, 24h, 3d, 2w, 1mo, 1y or 5 business days", s)
	case unit == "":
		return Offset{}, fmt.Errorf("%q has no unit: write %smin, %sh, %sd, %sw, %smo, %sy or %s business days",
			s, number, number, number, number, number, number, number)
	}
	per, ok := offsetUnits[unit]
	if !ok {
		return Offset{}, unknownUnit(s, number, unit)
	}
	n, err := strconv.Atoi(number)
	if err != nil || float64(n)*per.days > maxOffsetDays {
		return Offset{}, fmt.Errorf("%q is too long: write at most 100y", s)
	}
	return Offset{
		Months:       n * per.add.Months,
		Days:         n * per.add.Days,
		BusinessDays: n * per.add.BusinessDays,
		Exact:        time.Duration(n) * per.add.Exact,
		Written:      s,
	}, nil
}

// unknownUnit guesses what the author meant by a unit that is none.
func unknownUnit(s, number, unit string) error {
	switch first := unit[0]; {
	case first == '.' || first == ',':
		return fmt.Errorf("%q is no whole number: write it in a smaller unit, such as 90min or 36h", s)
	case first == 's':
		return fmt.Errorf("%q counts seconds: the smallest unit is min", s)
	}
	lower := strings.ToLower(unit)
	if unit == "m" || unit == "M" {
		return fmt.Errorf("%q may be minutes or months: write %smin or %smo", s, number, number)
	}
	if better, ok := spokenUnits[lower]; ok {
		return fmt.Errorf("%q has an unknown unit: write %s%s", s, number, better)
	}
	if _, ok := offsetUnits[lower]; ok {
		return fmt.Errorf("%q has capital letters: write %s", s, strings.ToLower(s))
	}
	return fmt.Errorf("%q has an unknown unit: write one number with min, h, d, w, mo, y or business days, such as 3d", s)
}

// Later returns the later of two instants.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// String returns the offset as it was written, with "- " before it when it
// counts backward.
func (o Offset) String() string {
	written := o.Written
	if written == "" {
		written = o.describe()
	}
	if o.Back {
		return "- " + written
	}
	return written
}

// describe writes an offset that no author wrote.
func (o Offset) describe() string {
	var parts []string
	if o.Months != 0 {
		parts = append(parts, strconv.Itoa(o.Months)+"mo")
	}
	if o.Days != 0 {
		parts = append(parts, strconv.Itoa(o.Days)+"d")
	}
	if o.BusinessDays != 0 {
		parts = append(parts, strconv.Itoa(o.BusinessDays)+" business days")
	}
	if o.Exact != 0 {
		parts = append(parts, o.Exact.String())
	}
	if len(parts) == 0 {
		return "0d"
	}
	return strings.Join(parts, " ")
}

// IsZero tells whether the offset leads nowhere, as 0d and 0min do.
func (o Offset) IsZero() bool {
	return o.Months == 0 && o.Days == 0 && o.BusinessDays == 0 && o.Exact == 0
}

// Before returns the same distance in the other direction.
func (o Offset) Before() Offset {
	o.Back = !o.Back
	return o
}

// ByLength is the offset of a length of time: whole days, rounded up, where it lasts for a
// day or longer, so that what is moved by it keeps its hour.
func ByLength(d time.Duration) Offset {
	const day = 24 * time.Hour
	if d < day {
		return Offset{Exact: max(d, 0)}
	}
	return Offset{Days: int((d + day - 1) / day)}
}
