package andante

import "time"

// Signals are the last instants at which a contact, or anybody of an account, gave a
// sign of life, and when their stage changed. A zero time means never.
type Signals struct {
	Responded time.Time `json:"responded,omitzero"` // a reply, a human click, an answer, a meeting, a purchase or a request
	Replied   time.Time `json:"replied,omitzero"`   // a human wrote back
	Answered  time.Time `json:"answered,omitzero"`  // and a colleague took care of it
	Met       time.Time `json:"met,omitzero"`       // a conversation: a meeting, or a call that was answered
	Requested time.Time `json:"requested,omitzero"` // they asked for something
	Staged    time.Time `json:"staged,omitzero"`    // the stage changed
}

// Choice is what a contact decided about what they get. The zero Choice decides
// nothing.
type Choice struct {
	Max    int       `json:"max,omitempty"`    // at most so many touches Per; 0: any number
	Per    string    `json:"per,omitempty"`    // a period such as 30d or month
	Pause  time.Time `json:"pause,omitzero"`   // nothing before it
	Only   []Kind    `json:"only,omitempty"`   // no other kinds; empty: all
	Not    []string  `json:"not,omitempty"`    // nothing about these topics
	At     time.Time `json:"at,omitzero"`      // when they chose
	Source string    `json:"source,omitempty"` // who took it down, or which page
}

// IsZero tells whether nothing was chosen.
func (c Choice) IsZero() bool {
	return c.Max == 0 && c.Pause.IsZero() && len(c.Only) == 0 && len(c.Not) == 0
}
