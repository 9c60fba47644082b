// Package agenda writes what somebody has to do as a file for their calendar (RFC 5545), with a
// reminder.
package agenda

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

// An Entry is something to be done at a time.
type Entry struct {
	ID          string // the same entry, written again, replaces what a calendar has
	Summary     string
	Description string
	Place       string // an address, a phone number, or a link
	At          time.Time
	Lasts       time.Duration
	Remind      time.Duration // so long before
}

// Write returns the file. made is when it is written.
func Write(made time.Time, list []Entry) string {
	c := ics.NewCalendarFor("Andante")
	c.SetMethod(ics.MethodPublish)
	for _, e := range list {
		v := c.AddEvent(e.ID + "@andante")
		v.SetDtStampTime(made)
		v.SetStartAt(e.At)
		v.SetEndAt(e.At.Add(e.Lasts))
		v.SetSummary(e.Summary)
		v.SetDescription(e.Description)
		if e.Place != "" {
			v.SetLocation(e.Place)
		}
		a := v.AddAlarm()
		a.SetAction(ics.ActionDisplay)
		a.SetTrigger(fmt.Sprintf("-PT%dM", int(e.Remind.Minutes())))
		a.SetProperty(ics.ComponentPropertyDescription, e.Summary)
	}
	return c.Serialize(ics.WithNewLineWindows)
}
