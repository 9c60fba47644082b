package conditions

import "time"

// History is what has happened with a contact, as the functions of conditions
// see it. Steps are ids of the enrollment's sequence. It is read only; nil maps
// are empty.
type History struct {
	Now       time.Time            // the calendar, for days_since
	Sent      map[string]bool      // by step
	Skipped   map[string]bool      // by step
	Opened    map[string]bool      // by step
	Clicked   map[string]bool      // by step
	Replied   bool                 // a human replied
	Met       bool                 // a meeting took place
	Qualified bool                 // sales may take over
	Outcome   map[string]string    // by step: what came of a task
	Answered  map[string]string    // by need: what the contact said
	Events    map[string]time.Time // by name: the last time it happened
}

// Never is what days_since gives for an event that never happened: more days
// than any condition waits for.
const Never = 1e9

func (h *History) daysSince(event string) float64 {
	last, ok := h.Events[event]
	if !ok {
		return Never
	}
	return h.Now.Sub(last).Hours() / 24
}
