package sequences

import (
	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
)

// A Sequence is one Markdown file, parsed: the plan and the words.
type Sequence struct {
	File  string // as given to Parse
	Hash  string // SHA-256 of the file in hex; identifies the plan
	Name  string `yaml:"sequence"`
	Title string `yaml:"title"`
	Notes string // text before the first step; never sent

	Topic     string           `yaml:"topic"`   // what it is about, for contacts who choose by it; may be empty
	Purpose   andante.Purpose  `yaml:"purpose"` // marketing when not written
	For       Audience         `yaml:"for"`     // each contact when not written
	Personas  []string         // empty: every persona
	Stages    []string         // empty: every stage
	Sender    string           `yaml:"sender"` // a sender's key or "owner"
	ReplyTo   string           `yaml:"reply_to"`
	IfNoOwner string           `yaml:"if_no_owner"` // a sender's key, or "skip"
	Priority  andante.Priority `yaml:"priority"`    // when not written, high for what was requested, else normal
	Window    *calendar.Window `yaml:"window"`
	Enter     *Enter
	Reenter   *calendar.Offset // nil: never
	Exclusive string           `yaml:"exclusive"`
	Account   AccountRule
	Exit      []Exit
	KeepOn    []string
	Test      *Test
	Layout    string `yaml:"layout"` // letter or newsletter; filled in by the sender when not written
	Language  string `yaml:"language"`
	PinWords  bool
	Retired   bool            `yaml:"retired"`
	Fields    []andante.Field // that this file declares for itself

	Steps  []Step
	Allows []Allow             // findings that the author allows, with a reason
	Lines  map[string]Position // where each key of the front matter stands
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
	Each  string   // an [Occasion], such as contact.birthday - 7d
	At    Position // where the text of the one that is set begins
}

// AccountRule binds the enrollments of one account to each other.
type AccountRule struct {
	AtOnce  int              // colleagues enrolled at the same time; 0: no limit
	Apart   *calendar.Offset // between the starts of two colleagues
	ExitAll bool             // an exit ends it for the colleagues too
	// ExitByStage: nothing is written, so ExitAll holds for prospects. See
	// [AccountRule.EndsFor].
	ExitByStage bool
}

// EndsFor tells whether an exit ends the sequence for the colleagues too, for an
// account in the given stage.
func (a AccountRule) EndsFor(stage string) bool {
	return a.ExitAll || a.ExitByStage && stage == "prospect"
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
	ID    string       `yaml:"id"` // the heading's slug when not written
	Title string       // the heading
	Kind  andante.Kind `yaml:"kind"`
	Label string       `yaml:"label"` // of kind other

	// When it comes: After the step before was settled, On a date, or at the
	// end of a wait. Exactly one of After, On and WaitFor is set.
	After   *calendar.Offset `yaml:"after"`
	On      string           `yaml:"on"` // an [Occasion]
	WaitFor string           `yaml:"wait_for"`
	UpTo    *calendar.Offset `yaml:"up_to"`
	At      *calendar.Window `yaml:"at"`

	When         string `yaml:"when"`
	Subject      string `yaml:"subject"`
	Preview      string `yaml:"preview"`
	Value        Value  `yaml:"value"`
	Introduction bool   `yaml:"introduction"`
	Needs        []string
	IfMissing    Missing          `yaml:"if_missing"`
	OverLimit    OverLimit        `yaml:"over_limit"`
	ValidFor     *calendar.Offset `yaml:"valid_for"`
	Late         Late             `yaml:"late"`
	Thread       bool             `yaml:"thread"`
	NoQuote      bool             // quote: no
	Sender       string           `yaml:"sender"` // overrides the sequence's
	ReplyTo      string           `yaml:"reply_to"`
	Cc           []string
	Attach       []string
	Layout       string `yaml:"layout"`
	Front        string `yaml:"front"`
	Review       string `yaml:"review"` // owner
	NoAnswer     *NoAnswer
	IfUndone     Undone `yaml:"if_undone"`
	Then         []Then

	Body   []Block
	Topics []string            // of the nuggets that the body takes up
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

// Undone says what happens to a task that nobody does.
type Undone struct {
	Do   string // wait, skip or switch; empty: wait, or skip where valid_for says how long it is good for
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
	Again int             `yaml:"again"`
	Apart calendar.Offset `yaml:"apart"`
}

// Repeats tells whether a call is made once more that came to a result, and was the n-th,
// counted from 0.
func (s *Step) Repeats(r andante.Result, n int) bool {
	return s.NoAnswer != nil && n < s.NoAnswer.Again && (r == andante.NoAnswer || r == andante.Busy)
}

// Then is one branch of a decide step.
type Then struct {
	When string // empty: whatever is true
	Do   Action
	At   Position // where the condition begins; without one, the branch
}

// A Block is a part of a body: plain text for everybody, or text for some.
type Block struct {
	At        Position // of its ::: line; of plain text, the first line
	Line      int      // of its first line of text
	Text      string   // Markdown with Liquid
	Subject   string   // of this block; empty: the step's
	SubjectAt Position
	Preview   string
	PreviewAt Position
	Choice    int       // blocks with the same number above 0 are alternatives: a reader gets one
	Otherwise bool      // stands when no other block of its choice does
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
	Subject   string
	SubjectAt Position // of the step's heading where no subject is written
	Preview   string
	PreviewAt Position
	Body      string
	Lines     []int // Lines[i] is the line in the file of line i of Body
}
