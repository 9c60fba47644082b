package andante

import (
	"fmt"
	"strings"
	"time"
)

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

// String tells the choice in words.
func (c Choice) String() string {
	var list []string
	if c.Max > 0 {
		list = append(list, fmt.Sprintf("at most %d in any %s", c.Max, c.Per))
	}
	if !c.Pause.IsZero() {
		list = append(list, "nothing before "+c.Pause.Format("2 Jan 2006"))
	}
	if len(c.Only) > 0 {
		kinds := make([]string, len(c.Only))
		for i, k := range c.Only {
			kinds[i] = string(k)
		}
		list = append(list, "only "+strings.Join(kinds, ", "))
	}
	if len(c.Not) > 0 {
		list = append(list, "nothing about "+strings.Join(c.Not, ", "))
	}
	said := strings.Join(list, "; ")
	if said == "" {
		said = "everything as usual"
	}
	if c.Source != "" {
		said += " (" + c.Source + ")"
	}
	return said
}

// Note keeps what an event says of those whom it is about and tells whether it says
// anything. What comes late changes nothing that came after it.
func (s *Signals) Note(event string, at time.Time) bool {
	switch event {
	case EventReplied:
		return latest(&s.Replied, at, &s.Responded)
	case EventMet, EventTalked:
		return latest(&s.Met, at, &s.Responded)
	case EventRequested:
		return latest(&s.Requested, at, &s.Responded)
	case EventClicked, EventAnswered, EventPurchased:
		return latest(&s.Responded, at)
	case EventHandled:
		return latest(&s.Answered, at)
	case EventStageChanged:
		return latest(&s.Staged, at)
	}
	return false
}

// Join keeps what others say besides, of each sign the latest. A change of stage is nobody
// else's.
func (s *Signals) Join(other Signals) {
	latest(&s.Replied, other.Replied)
	latest(&s.Met, other.Met)
	latest(&s.Requested, other.Requested)
	latest(&s.Responded, other.Responded)
	latest(&s.Answered, other.Answered)
}

// latest moves instants forward to one and tells whether any moved.
func latest(first *time.Time, at time.Time, more ...*time.Time) (moved bool) {
	for _, t := range append(more, first) {
		if at.After(*t) {
			*t, moved = at, true
		}
	}
	return moved
}
