package sequences

import (
	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// A Sequence is one Markdown file, parsed: the plan and the words.
type Sequence struct {
	File  string // as given to Parse
	Hash  string // SHA-256 of the file in hex; identifies the plan
	Name  string // `sequence:`
	Title string
	Notes string // text before the first step; never sent

	Purpose   andante.Purpose
	For       Audience
	Personas  []string // empty: every persona
	Stages    []string // empty: every stage
	Sender    string   // a sender's key or "owner"
	ReplyTo   string
	IfNoOwner string // a sender's key, or "skip"
	Priority  andante.Priority
	Window    *calendar.Window
	Enter     *Enter
	Reenter   *calendar.Offset // nil: never
	Exclusive string
	Account   AccountRule
	Exit      []Exit
	KeepOn    []string
	Test      *Test
	Layout    string // letter or newsletter; filled in by the sender when not written
	Language  string
	PinWords  bool
	Retired   bool

	Steps []Step
	Lines map[string]Position // where each key of the front matter stands
}

// A Position in the sequence's file, counted from 1.
type Position struct{ Line, Column int }

// Audience says who of an account is enrolled.
type Audience string

// The audiences.
const (
	EachContact    Audience = "each contact"
	PrimaryContact Audience = "primary contact"
)

// Enter says what enrolls a contact by itself. Exactly one field is set.
type Enter struct {
	Event string
	When  string
	Each  string // an occasion, such as contact.birthday - 7d
}

// AccountRule binds the enrollments of one account to each other.
type AccountRule struct {
	AtOnce  int              // colleagues enrolled at the same time; 0: no limit
	Apart   *calendar.Offset // between the starts of two colleagues
	ExitAll bool             // an exit ends it for the colleagues too
}

// Exit ends the sequence for a contact: an event's name or a condition.
type Exit struct {
	Event string
	When  string
	At    Position
}

// Test splits contacts between variants.
type Test struct {
	Variants []Variant
	HoldOut  float64 // 0 to 1: the share that gets nothing
}

// Variant is one side of a test, with its weight.
type Variant struct {
	Name   string
	Weight int
}

// A Step is an item of the plan: one touch, or one decision.
type Step struct {
	ID    string
	Title string // the heading
	Kind  andante.Kind
	Label string // of kind other

	// When it comes: After the step before was settled, On a date, or at the
	// end of a wait. Exactly one of After, On and WaitFor is set.
	After   *calendar.Offset
	On      string
	WaitFor string
	UpTo    *calendar.Offset
	At      *calendar.Window

	When         string
	Subject      string
	Preview      string
	Value        Value
	Introduction bool
	Needs        []string
	IfMissing    Missing
	OverLimit    OverLimit
	ValidFor     *calendar.Offset
	Late         Late
	Thread       bool
	NoQuote      bool
	Sender       string // overrides the sequence's
	ReplyTo      string
	Cc           []string
	Attach       []string
	Layout       string
	Front        string
	Review       string
	NoAnswer     *NoAnswer
	IfUndone     string
	Then         []Then

	Body   []Block
	At0    Position            // of the heading
	BodyAt int                 // line of the first line of the body
	Lines  map[string]Position // where each key's value stands
}

// Value is what a touch gives to the contact.
type Value struct {
	Sort string // one of ValueSorts
	Note string
}

// ValueSorts lists what a touch may give.
var ValueSorts = []string{"information", "insight", "idea", "connection", "thanks", "offer"}

// Missing says what happens when a needed field or the address is missing.
type Missing struct {
	Do   string // skip, switch or end; empty: skip
	Kind andante.Kind
}

// OverLimit says what happens when the governor has no room now.
type OverLimit struct {
	Do   string // defer, skip, switch or end; empty: defer
	Kind andante.Kind
}

// Late says what happens to a touch that is overdue because the machine was off.
type Late string

// The ways with late touches. The empty one means LateSend.
const (
	LateSend       Late = "send"
	LateSkip       Late = "skip"
	LateReschedule Late = "reschedule"
)

// NoAnswer repeats a call that nobody answered.
type NoAnswer struct {
	Again int
	Apart calendar.Offset
}

// Then is one branch of a decide step.
type Then struct {
	When string
	Do   string
}

// A Block is a part of a body: plain text for everybody, or text for some.
type Block struct {
	Line      int    // of its first line of text
	Text      string // Markdown with Liquid
	Subject   string // of this block; empty: the step's
	Preview   string
	Choice    int       // blocks with the same number above 0 are alternatives
	Otherwise bool      // stands when no earlier block of its choice did
	For       Selection // zero: everybody
}

// A Selection names the readers of a block. Empty fields match everything.
type Selection struct {
	Persona string
	Variant string
	Lang    string
	Kind    andante.Kind
}

// A Text is what one reader gets of a step, before it is rendered.
type Text struct {
	Subject string
	Preview string
	Body    string
	Lines   []int // Lines[i] is the line in the file of line i of Body
}
