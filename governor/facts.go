package governor

import (
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// Facts are what is known of a contact when a decision is made.
type Facts struct {
	Contact andante.ContactID
	Account andante.AccountID
	Address andante.AddressHash
	Persona string
	Stage   string
	Tier    string
	Country string

	Zones      []*time.Location // all of them must be open; none: UTC
	ZoneSource string           // where they come from
	// PhoneZones are those that the contact's number may be in, where nothing nearer is
	// known of where they are; nil: Zones hold for texts and calls too.
	PhoneZones func() []*time.Location
	Holidays   calendar.Holidays

	Signals  andante.Signals // of the contact
	Together andante.Signals // of everybody in the account
	Choice   andante.Choice
	// Own are limits of this contact alone: what it chose, and what a hold lets
	// through. They carry a reason of their own.
	Own []Limit

	// Touches of the contact, its account and its address that count, each once,
	// in any order; back to the policy's Horizon.
	Touches []Touch
	// Rivals are touches of the account that wait or are on their way to a claim.
	// The candidate itself among them is left out.
	Rivals []Rival
}

// A Touch as the governor sees it.
type Touch struct {
	ID      andante.TouchID
	Contact andante.ContactID
	Account andante.AccountID
	Address andante.AddressHash
	Kind    andante.Kind
	Purpose andante.Purpose
	At      time.Time // the instant at which it counts
	// From is the earliest instant at which it may yet turn out to count: the
	// claim of a touch that has no receipt. Zero: At is certain.
	From time.Time

	Introduction bool // it introduced somebody or something
	Waiting      bool // a task that nobody has done yet: it counts now, and nobody has ignored it
	Unanswered   bool // a call that reached nobody: it counts only where a limit says so
}

// A Candidate is the touch that asks.
type Candidate struct {
	ID       andante.TouchID
	Kind     andante.Kind
	Purpose  andante.Purpose
	Priority andante.Priority
	Due      time.Time // when it was due at first; the earlier goes first
	Topic    string    // what its sequence is about; may be empty
	// ByStage is when the change of stage came that its enrollment began with; zero
	// if it began otherwise.
	ByStage time.Time
	Yielded int // how often it has yielded already

	Introduction bool // it introduces somebody or something

	Narrow []calendar.Window // of sequence and step: they narrow the policy's
	Stale  time.Time         // valid_for's end; zero: none
	// Holds is how long after now the touch may be written to a connection: its
	// not_after.
	Holds time.Duration
}

// OverLimit are the barriers for which a step may say what else to do: they are about how
// much is too much, and not about the hour.
var OverLimit = []andante.Reason{andante.ReasonLimit, andante.ReasonGap, andante.ReasonCoolDown, andante.ReasonEase, andante.ReasonChoice}

// A Rival is a touch that may want the same place as the candidate.
type Rival struct {
	Candidate
	Facts *Facts    // of its contact; its Touches and Rivals are not asked
	Next  time.Time // when it is looked at next
}

func (f *Facts) scopesOf(t *Touch) (s scopeSet) {
	if t.Contact == f.Contact {
		s |= ofContact
	}
	if t.Account == f.Account {
		s |= ofAccount
	}
	if f.Address != "" && t.Address == f.Address {
		s |= ofAddress
	}
	return s
}

// zone is where the contact's calendar days begin.
func (f *Facts) zone() *time.Location {
	if len(f.Zones) > 0 {
		return f.Zones[0]
	}
	return time.UTC
}
