package calendar_test

import (
	"fmt"
	"time"

	"github.com/andante-hq/andante/calendar"
)

func Example() {
	berlin, _ := calendar.LoadZone("Europe/Berlin")
	window, _ := calendar.ParseWindow("Tue-Thu 09:00-11:00")
	after, _ := calendar.ParseOffset("2 business days")
	hours := calendar.Hours{
		Windows:  []calendar.Window{window},
		Zones:    []*time.Location{berlin},
		Holidays: calendar.HolidaysOf("DE"),
	}

	settled := time.Date(2026, time.April, 30, 16, 0, 0, 0, berlin) // a Thursday before a holiday
	due := after.From(settled, berlin, hours.Holidays)
	opens, closes, _ := hours.Next(due)
	fmt.Println(due.Format(time.RFC1123))
	fmt.Println(opens.Format(time.RFC1123), "until", closes.Format("15:04"))
	// Output:
	// Tue, 05 May 2026 16:00:00 CEST
	// Wed, 06 May 2026 09:00:00 CEST until 11:00
}
