package sequences

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// An Occasion is a date that `on:` or `enter: {each: ...}` names. Exactly one of
// Field, Holiday and Month is set.
type Occasion struct {
	Each    bool       // it comes each year
	Field   string     // path of a date field, such as contact.birthday
	Holiday string     // name of a holiday, such as new-year
	Month   time.Month // of a fixed date
	Day     int
	Offset  calendar.Offset // from that date; Back for "- 7d"
}

var (
	occasionParts = regexp.MustCompile(`^(each\s+)?(holiday\s+)?(\S+)(?:\s*([+-])\s+(\S.*)|\s+([+-])\s*(\S.*))?$`)
	fixedDate     = regexp.MustCompile(`^(\d\d)-(\d\d)$`)
	fieldPath     = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$`)
	slugForm      = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	idForm        = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}][\p{Ll}\p{Lo}\p{N}_-]*$`) // headings have umlauts
)

const occasionExamples = "write a date field with or without an offset, as in contact.customer_since + 1y, or each contact.birthday - 7d, each 03-15, each holiday new-year - 7d"

// ParseOccasion reads what stands after `on:`. `enter: {each: ...}` has no
// "each" of its own: see [ParseYearly].
func ParseOccasion(s string) (Occasion, error) {
	m := occasionParts.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return Occasion{}, &yamldoc.Problem{Message: strconv.Quote(s) + " is no occasion", Suggestion: occasionExamples}
	}
	o := Occasion{Each: m[1] != ""}
	if err := o.base(m[2] != "", m[3]); err != nil {
		return Occasion{}, err
	}
	sign, distance := m[4]+m[6], m[5]+m[7]
	if sign == "" {
		return o, nil
	}
	offset, err := calendar.ParseOffset(distance)
	if err != nil {
		return Occasion{}, err
	}
	if o.Offset = offset; sign == "-" {
		o.Offset = offset.Before()
	}
	return o, nil
}

// ParseYearly reads an occasion that comes each year, with or without "each".
func ParseYearly(s string) (Occasion, error) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "each ") {
		s = "each " + s
	}
	return ParseOccasion(s)
}

// base reads the date itself. A fixed date or a holiday without a year can only
// come each year.
func (o *Occasion) base(holiday bool, s string) error {
	date := fixedDate.FindStringSubmatch(s)
	if (holiday || date != nil) && !o.Each {
		return &yamldoc.Problem{Message: "a day without a year comes each year", Suggestion: "write each before it"}
	}
	switch {
	case holiday && slugForm.MatchString(s):
		o.Holiday = s
		return nil
	case date != nil:
		month, _ := strconv.Atoi(date[1])
		day, _ := strconv.Atoi(date[2])
		// 2024 is a leap year: 02-29 is a date, 02-30 never.
		if t := time.Date(2024, time.Month(month), day, 0, 0, 0, 0, time.UTC); int(t.Month()) != month || t.Day() != day {
			return &yamldoc.Problem{Message: s + " is no day of the year", Suggestion: "write month and day, such as 03-15"}
		}
		o.Month, o.Day = time.Month(month), day
		return nil
	case !holiday && fieldPath.MatchString(s):
		o.Field = s
		return nil
	}
	return &yamldoc.Problem{Message: strconv.Quote(s) + " is no date", Suggestion: occasionExamples}
}

// Dates are what an occasion asks of a contact.
type Dates struct {
	Date     func(path string) (time.Time, bool) // a date field; false: it is empty
	Country  string                              // whose holidays are meant
	Holidays calendar.Holidays                   // days that are no business days
}

// Next returns the first day from a day on at which the occasion comes, as midnight in UTC.
// False if it does not come again, or if its field is empty. A year that lacks the 29th of
// February has the 28th instead. The day itself is no anniversary, unless it is still to
// come: a contract's renewal.
func (o Occasion) Next(from time.Time, c Dates) (time.Time, bool) {
	from = dateOf(from)
	var base time.Time
	if o.Field != "" {
		var ok bool
		if base, ok = c.Date(o.Field); !ok {
			return time.Time{}, false
		}
	}
	if !o.Each {
		day := dateOf(o.Offset.From(dateOf(base), time.UTC, c.Holidays))
		return day, !day.Before(from)
	}
	for year := from.Year() - 1; year <= from.Year()+9; year++ { // a holiday may not come each year
		day, ok := o.inYear(year, base, c.Country)
		if !ok || o.Field != "" && (year < base.Year() || year == base.Year() && !dateOf(base).After(from)) {
			continue
		}
		if day = dateOf(o.Offset.From(day, time.UTC, c.Holidays)); !day.Before(from) {
			return day, true
		}
	}
	return time.Time{}, false
}

// inYear returns the date itself in a year, without its offset.
func (o Occasion) inYear(year int, base time.Time, country string) (time.Time, bool) {
	month, day := o.Month, o.Day
	switch {
	case o.Holiday != "":
		return calendar.Feast(o.Holiday, country, year)
	case o.Field != "":
		_, month, day = base.Date()
	}
	if month == time.February && day == 29 && time.Date(year, time.March, 0, 0, 0, 0, 0, time.UTC).Day() < 29 {
		day = 28
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), true
}

// dateOf returns the date that a time shows as midnight in UTC.
func dateOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// mostEarly is how many days before its day a touch leaves at most: a letter over
// holidays.
const mostEarly = 30

// DueOn returns when a step leaves so that it lands on a day or, where nothing is open that
// would, as shortly before it as can be. It is no earlier than from; false if it is too
// late by then. day is midnight in UTC, lands tells when what leaves at an instant lands.
func (s *Step) DueOn(day, from time.Time, hours calendar.Hours, fraction float64, lands func(time.Time) time.Time) (time.Time, bool) {
	zone := hours.Zones[0]
	for early := range mostEarly {
		d := day.AddDate(0, 0, -early)
		start := calendar.StartOf(d.Year(), d.Month(), d.Day(), zone)
		if start.Before(from) {
			start = from
		}
		if dateOf(start.In(zone)).After(d) {
			return time.Time{}, false // that day is over
		}
		opens, _, ok := hours.Next(start)
		if !ok || dateOf(opens.In(zone)).After(d) || dateOf(lands(opens).In(zone)).After(day) {
			continue
		}
		due, ok := hours.Spread(opens, fraction)
		if !ok || dateOf(due.In(zone)).After(d) || dateOf(lands(due).In(zone)).After(day) {
			due = opens
		}
		return due, true
	}
	return time.Time{}, false
}
