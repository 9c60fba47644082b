package calendar

import (
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fi"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/pt"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/us"
)

// Holidays tells whether a day is a holiday, and its name. The day is the local
// calendar date that the time shows in its own location; the hour is ignored.
// nil means that there are none. Safe for concurrent use.
type Holidays func(day time.Time) (name string, off bool)

// HolidaysOf returns the nationwide holidays of a country, by its ISO 3166-1
// alpha-2 code, with the days on which they are observed when they fall on a
// weekend. It is nil for a country that is empty or not among the known ones.
//
// Regions are not told apart: Great Britain has the days of England and Wales,
// Australia those that all its states share, Switzerland some that not every
// canton keeps.
func HolidaysOf(country string) Holidays { return countries()[strings.ToUpper(country)] }

// countries is built once, on first use; each country remembers its answers.
var countries = sync.OnceValue(func() map[string]Holidays {
	// The library computes dates in the machine's zone, where midnight may not
	// exist; a date has no zone here. This package is its only user.
	cal.DefaultLoc = time.UTC
	known := map[string]Holidays{}
	for country, days := range national {
		known[country] = holidaysIn(&cal.Calendar{Name: country, Holidays: days, Cacheable: true})
	}
	return known
})

func holidaysIn(c *cal.Calendar) Holidays {
	return func(day time.Time) (string, bool) {
		actual, observed, holiday := c.IsHoliday(day)
		if !actual && !observed {
			return "", false
		}
		return holiday.Name, true
	}
}

var national = map[string][]*cal.Holiday{
	"AT": at.Holidays,
	"AU": {au.NewYear, au.AustraliaDay, au.GoodFriday, au.EasterMonday, au.AnzacDay, au.ChristmasDay, au.BoxingDay},
	"BE": be.Holidays,
	"CA": ca.Holidays,
	"CH": ch.Holidays,
	"DE": de.Holidays,
	"DK": dk.Holidays,
	"ES": es.Holidays,
	"FI": fi.Holidays,
	"FR": fr.Holidays,
	"GB": gb.Holidays,
	"IE": ie.Holidays,
	"IT": it.Holidays,
	"JP": jp.Holidays,
	"NL": nl.Holidays,
	"NO": no.Holidays,
	"NZ": nz.Holidays,
	"PL": pl.Holidays,
	"PT": pt.Holidays,
	"SE": se.Holidays,
	"US": us.Holidays,
}
