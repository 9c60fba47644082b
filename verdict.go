package andante

import (
	"strings"
	"time"
)

// Action is what a verdict tells the worker to do.
type Action string

// The actions.
const (
	Go     Action = "go"
	Defer  Action = "defer"
	Skip   Action = "skip"
	Finish Action = "end" // skip, and finish the enrollment
)

// A Verdict answers whether a touch may go now.
type Verdict struct {
	Action   Action
	Reason   Reason    // empty when it goes
	Barrier  Reason    // what stands in the way: Reason, but for a skip for want of room
	Until    time.Time // when deferred: the next free instant
	NotAfter time.Time // when it goes: the instant until which the verdict holds
	Counts   time.Time // when it goes: the latest instant at which limits count it
	Evidence Evidence
}

// Evidence is what a verdict rests on, kept so that `why` can tell it in
// sentences. Fields that don't apply are empty.
type Evidence struct {
	Rule   string     `json:"rule,omitempty"`   // name of the limit, gap, window, cool-down or hold
	Scope  string     `json:"scope,omitempty"`  // contact, account or address
	Max    float64    `json:"max,omitempty"`    // of a limit: touches or points
	Unit   string     `json:"unit,omitempty"`   // points, if Max counts them
	Period string     `json:"period,omitempty"` // as written in the policy
	Filled []Filler   `json:"filled,omitempty"` // the touches that filled it, oldest first; at most 20, the latest
	More   int        `json:"more,omitempty"`   // and so many before them
	Zone   string     `json:"zone,omitempty"`   // in which the window was read
	Source string     `json:"source,omitempty"` // where the zone, or a choice, came from
	Until  *time.Time `json:"until,omitempty"`
	Since  *time.Time `json:"since,omitempty"` // when a cool-down or a choice began
	Detail string     `json:"detail,omitempty"`

	Reserved  float64 `json:"reserved,omitempty"`   // places of a limit that are kept for others
	Ignored   int     `json:"ignored,omitempty"`    // touches without a response
	YieldedTo TouchID `json:"yielded_to,omitempty"` // the more important touch that takes the place
	// SwitchedTo is the kind that it goes as instead.
	SwitchedTo Kind `json:"switched_to,omitempty"`
}

// FollowingID names the step that will follow a touch and has no touch yet.
func FollowingID(t TouchID, step string) TouchID { return t + "/" + TouchID(step) }

// Following takes such a name apart; false if it is a touch's own id.
func (t TouchID) Following() (first TouchID, step string, ok bool) {
	a, b, ok := strings.Cut(string(t), "/")
	return TouchID(a), b, ok
}

// A Filler is a touch that takes a place in a limit.
type Filler struct {
	Touch   TouchID   `json:"touch"`
	Contact ContactID `json:"contact,omitempty"`
	Kind    Kind      `json:"kind"`
	At      time.Time `json:"at"`
}
