package sequences

import (
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// What a contact asked for is not limited by the governor, so it must stay what
// was asked for: an answer, soon, without an offer.
const (
	requestedSteps = 3
	requestedDays  = 7
)

func checkRequested(d *draft) {
	if d.Purpose != andante.Requested {
		return
	}
	if d.Enter == nil || d.Enter.Event == "" {
		f := d.say(d.Sequence.where("purpose"), "what is requested begins with an event")
		f.Suggestion = "add enter: {event: form.benchmark}, or say purpose: marketing"
	}
	if len(d.Steps) > requestedSteps {
		d.say(d.Steps[requestedSteps].At0, "a requested sequence has at most %d steps", requestedSteps)
	}
	var due time.Duration
	late := false
	d.steps(func(s *Step) {
		if s.Value.Sort == "offer" {
			d.say(s.where("value"), "an offer is not what they asked for").Suggestion = "say purpose: marketing"
		}
		if s.On != "" {
			d.say(s.where("on"), "a requested step is due within %d days of the event, not on a date", requestedDays)
		}
		for _, wait := range []struct {
			key string
			o   *calendar.Offset
		}{{"after", s.After}, {"up_to", s.UpTo}} {
			if wait.o == nil {
				continue
			}
			if due += longest(*wait.o); due > requestedDays*24*time.Hour && !late {
				late = true
				d.say(s.where(wait.key), "a requested step is due within %d days of the event", requestedDays)
			}
		}
	})
}

// longest estimates an offset from above, but for holidays: five business days
// are seven days.
func longest(o calendar.Offset) time.Duration {
	days := 31*o.Months + o.Days + o.BusinessDays + 2*((o.BusinessDays+4)/5)
	return time.Duration(days)*24*time.Hour + o.Exact
}
