package governor

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

var rollingPeriod = regexp.MustCompile(`^(\d{1,5})(min|h|d|w)$`)

// ParsePeriod reads 24h, 7d, 2w, or a calendar unit such as week.
func ParsePeriod(s string) (Period, error) {
	if slices.Contains(PeriodUnits, s) {
		return Period{Written: s, Unit: s}, nil
	}
	m := rollingPeriod.FindStringSubmatch(s)
	if m == nil {
		return Period{}, fmt.Errorf("write a period such as 24h, 7d or 2w, or a calendar day, week, month or year, not %q", s)
	}
	n, _ := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
	p := Period{Written: s, Length: time.Duration(n) * unit}
	if p.Length <= 0 || p.Length > 3*366*24*time.Hour {
		return p, fmt.Errorf("a period lies between a minute and three years, not %q", s)
	}
	return p, nil
}

// Rough is about how long the period is: a calendar unit has no length of its own.
func (p Period) Rough() time.Duration {
	const day = 24 * time.Hour
	switch p.Unit {
	case "day":
		return day
	case "week":
		return 7 * day
	case "month":
		return 365 * day / 12
	case "year":
		return 365 * day
	}
	return p.Length
}

// ParseRate reads a limit such as "1 per 30d" or "2 per month".
func ParseRate(s string) (most int, per Period, err error) {
	number, period, ok := strings.Cut(s, " per ")
	if ok {
		most, err = strconv.Atoi(strings.TrimSpace(number))
	}
	if !ok || err != nil || most < 1 {
		return 0, Period{}, fmt.Errorf("write how many in which time, such as 1 per 30d or 2 per month, not %q", s)
	}
	per, err = ParsePeriod(strings.TrimSpace(period))
	return most, per, err
}

// Chosen returns the limit that a contact chose for itself.
func Chosen(c andante.Choice) (Limit, bool) {
	per, err := ParsePeriod(c.Per)
	if c.Max < 1 || err != nil {
		return Limit{}, false
	}
	return Limit{Name: "choice", Scope: ScopeContact, Max: c.Max, Per: per, Reason: andante.ReasonChoice, Source: c.Source}, true
}

// Allowed returns what a hold lets through as a limit; false if that is nothing.
func Allowed(h andante.Hold) (Limit, bool) {
	most, per, err := ParseRate(h.Allow)
	if err != nil {
		return Limit{}, false
	}
	l := Limit{
		Name: string(h.Scope), Scope: ScopeContact, Max: most, Per: per, Reason: andante.ReasonHeld, Until: h.Until, Source: h.Author, Because: h.Reason,
	}
	if h.Scope == andante.HoldAccount {
		l.Scope = ScopeAccount
	}
	return l, true
}
