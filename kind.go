package andante

import "slices"

// Kind is what a touch is made of.
type Kind string

// The kinds of touch. Decide is a step without a touch: it only chooses what
// comes next.
const (
	Email    Kind = "email"
	SMS      Kind = "sms"
	Postcard Kind = "postcard"
	Card     Kind = "card"
	Letter   Kind = "letter"
	Call     Kind = "call"
	Visit    Kind = "visit"
	Video    Kind = "video"
	Other    Kind = "other"
	Decide   Kind = "decide"
)

// Kinds lists every kind in the order in which they are shown.
var Kinds = []Kind{Email, SMS, Postcard, Card, Letter, Call, Visit, Video, Other, Decide}

// Valid tells whether k is one of [Kinds].
func (k Kind) Valid() bool { return slices.Contains(Kinds, k) }

// ByHuman tells whether a person carries the touch out, as a task.
func (k Kind) ByHuman() bool { return k == Call || k == Visit || k == Video || k == Other }

// Mailed tells whether the touch is paper that lands days after it is posted.
func (k Kind) Mailed() bool { return k == Postcard || k == Card || k == Letter }

// Purpose is why a touch is made; it decides what stops and what limits it.
type Purpose string

// The purposes. Requested is what the contact asked for; it is not limited.
const (
	Marketing    Purpose = "marketing"
	Relationship Purpose = "relationship"
	Requested    Purpose = "requested"
)

// Purposes lists every purpose.
var Purposes = []Purpose{Marketing, Relationship, Requested}

// Valid tells whether p is one of [Purposes].
func (p Purpose) Valid() bool { return slices.Contains(Purposes, p) }

// Priority orders touches that want the same slot. A smaller number goes first.
type Priority int

// The priorities.
const (
	High Priority = iota
	Normal
	Low
)

// Priorities gives the name of each priority.
var Priorities = []string{High: "high", Normal: "normal", Low: "low"}

// String returns high, normal or low.
func (p Priority) String() string {
	if p < High || p > Low {
		return "normal"
	}
	return Priorities[p]
}

// Stages of the relation with an account, in their usual order.
var Stages = []string{"prospect", "evaluation", "customer", "former"}

// Tiers by which accounts are cared for.
var Tiers = []string{"key", "commercial", "residential"}
