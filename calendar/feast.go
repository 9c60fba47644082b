package calendar

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
)

// feasts are holidays by the name under which authors know them, the same in every country
// whether it closes on them or not.
var feasts = map[string]*cal.Holiday{
	"new-year": aa.NewYear, "epiphany": aa.Epiphany, "good-friday": aa.GoodFriday, "easter": aa.Easter, "easter-monday": aa.EasterMonday,
	"workers-day": aa.WorkersDay, "ascension": aa.AscensionDay, "pentecost": aa.Pentecost, "all-saints": aa.AllSaintsDay,
	"christmas": aa.ChristmasDay, "christmas-eve": fixed(time.December, 24), "new-year-eve": fixed(time.December, 31),
	"valentine": fixed(time.February, 14), "halloween": fixed(time.October, 31),
}

func fixed(m time.Month, day int) *cal.Holiday {
	return &cal.Holiday{Month: m, Day: day, Func: cal.CalcDayOfMonth}
}

// byName are the holidays of every country by the slug of their own name, such as
// thanksgiving-day; the country's of that name, or the first country's that has one.
var byName = sync.OnceValue(func() map[string]map[string]*cal.Holiday {
	countries() // sets the library's zone
	all := map[string]map[string]*cal.Holiday{}
	for country, days := range national {
		all[country] = map[string]*cal.Holiday{}
		for _, d := range days {
			all[country][slug(d.Name)] = d
		}
	}
	return all
})

// slug writes a name as it stands in `holiday NAME`.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(name, "'", "")), func(r rune) bool { return r < 'a' || r > 'z' })
	return strings.Join(words, "-")
}

// Feast returns the date of a holiday in a year: one that is known everywhere, such as
// new-year or easter, or one of the country, such as thanksgiving-day. False if the country
// does not have it. The date is midnight in UTC.
func Feast(name, country string, year int) (time.Time, bool) {
	h, ok := feasts[name]
	if !ok {
		if h, ok = byName()[strings.ToUpper(country)][name]; !ok {
			return time.Time{}, false
		}
	}
	countries()
	day, _ := h.Calc(year)
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC), !day.IsZero()
}

// Feasts lists every name that [Feast] knows in some country, sorted.
func Feasts() []string {
	var list []string
	for name := range feasts {
		list = append(list, name)
	}
	for _, days := range byName() {
		for name := range days {
			if name != "" {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
