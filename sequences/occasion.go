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
