package andante

import (
	"slices"
	"time"
)

// State is where a touch stands between plan and outcome.
type State string

// The states of a touch. docs/states.md draws them.
const (
	Planned   State = "planned"
	Leased    State = "leased"
	Claimed   State = "claimed"
	Attempted State = "attempted"
	Sent      State = "sent"
	Failed    State = "failed"
	Unknown   State = "unknown"
	Open      State = "open"
	Done      State = "done"
	Review    State = "review"
	Skipped   State = "skipped"
	Canceled  State = "canceled"
)

// States lists every state in the order in which they are shown.
var States = []State{Planned, Leased, Claimed, Attempted, Review, Open, Sent, Done, Unknown, Failed, Skipped, Canceled}

// transitions is the one table of what may follow what. A touch that never left this
// store's hands becomes unknown when the store is taken over: if it is a copy, the
// original may have sent the touch since.
var transitions = map[State][]State{
	Planned:   {Leased, Skipped, Canceled, Unknown, Sent}, // sent: a late receipt or a person's word, though a resend was asked for
	Leased:    {Claimed, Planned, Failed, Review, Skipped, Canceled, Unknown},
	Claimed:   {Attempted, Planned, Failed, Skipped, Canceled, Unknown},
	Attempted: {Sent, Failed, Unknown, Planned, Open},
	Review:    {Planned, Skipped, Canceled},
	Open:      {Done, Skipped, Sent, Canceled},
	Unknown:   {Sent, Failed, Planned},
}

// Next returns the states that may follow s; none for an end.
func (s State) Next() []State { return transitions[s] }

// May tells whether a touch in state s may move to state to.
func (s State) May(to State) bool { return slices.Contains(transitions[s], to) }

// Settled tells whether the step is over, so that the next one may be planned.
// Unknown is settled too: it counts as sent and is never resent by itself.
func (s State) Settled() bool {
	switch s {
	case Sent, Failed, Unknown, Done, Skipped, Canceled:
		return true
	}
	return false
}

// Went tells whether a touch in state s went out, may have gone, or is in somebody's
// hands: an earlier step that is sent now would come after it.
func (s State) Went() bool {
	switch s {
	case Attempted, Open, Sent, Done, Unknown:
		return true
	}
	return false
}

// A Touch is one step for one contact, from plan to outcome. It is the unit of
// scheduling, sending, counting and explaining.
type Touch struct {
	ID         TouchID
	Enrollment EnrollmentID // empty for an imported or logged touch
	Contact    ContactID
	Account    AccountID
	Sequence   string
	Step       string
	Repeat     int
	Kind       Kind
	Purpose    Purpose
	Priority   Priority
	Sender     string      // key of a sender or a person; what the lease is grouped by
	Address    AddressHash // of the address it goes to, known from the first claim on
	Variant    string

	Introduction bool   // it introduces somebody or something: a cool-down follows
	Result       Result // of a call, visit or other task that is done

	State    State
	Due      time.Time // when it is looked at next
	FirstDue time.Time // when it was due at first; valid_for counts from here
	Lease    LeaseID   // set while leased, claimed or attempted
	NotAfter time.Time // set while claimed: after it nothing may be written to a connection
	Counted  time.Time // the instant at which limits count it; zero: it does not count
	Settled  time.Time
	Attempts int

	Reason      Reason   // of the last "no" or "not yet"
	Evidence    Evidence // of the same
	Deferred    int      // how often a verdict put it off
	Yielded     int      // how often it yielded to a more important touch
	MessageID   string   // without angle brackets; one per touch, the same on every attempt
	MessageHash string   // SHA-256 of the sealed bytes in hex
	MessageSize int      // in bytes
	Subject     string
}

// Result is what came of a task.
type Result string

// The results of a task.
const (
	Connected   Result = "connected"
	Voicemail   Result = "voicemail"
	NoAnswer    Result = "no_answer"
	Busy        Result = "busy"
	WrongNumber Result = "wrong_number"
	Gatekeeper  Result = "gatekeeper"
	Refused     Result = "refused"
	MetThem     Result = "met"
)

// What a colleague reads in a reply.
const (
	Interested  Result = "interested"
	NotNow      Result = "not_now"
	WrongPerson Result = "wrong_person"
	Declined    Result = "no"
	HasLeft     Result = "left"
)

// ReplyResults lists what a reply may say.
var ReplyResults = []Result{Interested, NotNow, WrongPerson, Declined, HasLeft}

// Results lists every result of a conversation.
var Results = []Result{Connected, Voicemail, NoAnswer, Busy, WrongNumber, Gatekeeper, Refused, MetThem}

// Unanswered tells whether the call reached nobody: it gives its place in limits back,
// but for those that count what is unanswered.
func (r Result) Unanswered() bool { return r == NoAnswer || r == Busy || r == WrongNumber }

// Free takes the touch out of its lease and out of the limits.
func (t *Touch) Free() { t.Lease, t.Counted, t.NotAfter = "", time.Time{}, time.Time{} }

// An Attempt is one try at a touch. Attempts are appended, never changed but for
// their outcome; together they are the ledger.
type Attempt struct {
	Touch    TouchID
	Contact  ContactID
	Account  AccountID
	Number   int
	Sender   string
	Policy   string // hash of the policy that let it go
	Started  time.Time
	Ended    time.Time
	Outcome  Outcome
	Code     int    // the server's reply code; 0 without one
	Response string // the server's words, cleaned and cut
}

// What the response of an attempt begins with where the mode of delivery took the
// message elsewhere than to its contact.
const (
	WrittenOnly = "2.0.0 sandbox: written"
	Redirected  = "redirected to "
)

// Logged is the sequence of touches that nobody planned, and somebody told of afterwards.
const Logged = "logged"

// LaidOut is the response of the attempt that made a piece of post, which waits for its batch
// from then on.
const LaidOut = "laid out"

// TakenOver is the response of an attempt that may have been made before the store was
// taken over: by the original of a copy, or after the backup.
const TakenOver = "the store was taken over; it may have been sent since the backup"

// Outcome of one attempt.
type Outcome string

// The outcomes. Pending stands in the ledger between permit and record.
const (
	OutcomePending   Outcome = "pending"
	OutcomeSent      Outcome = "sent"
	OutcomeTemporary Outcome = "temporary"
	OutcomePermanent Outcome = "permanent"
	OutcomeAddress   Outcome = "address"
	OutcomeSender    Outcome = "sender"
	OutcomeUnknown   Outcome = "unknown"
	OutcomeUntried   Outcome = "untried"
)

// An Enrollment is one contact on one sequence.
type Enrollment struct {
	ID        EnrollmentID
	Contact   ContactID
	Account   AccountID
	Sequence  string
	Plan      string // hash of the sequence file whose plan it keeps
	State     EnrollmentState
	Reason    Reason // why it finished
	Step      string // the step that its open touch belongs to
	Variant   string
	HeldOut   bool // drawn for the hold-out of a test: nothing is sent
	Exclusive string
	Cause     string // what it began with: one of the causes, or event NAME
	Entered   time.Time
	Finished  time.Time
}

// What an enrollment may begin with.
const (
	CauseHand    = "hand"    // somebody enrolled the contact
	CauseRule    = "rule"    // the sequence's condition came true
	CauseDate    = "date"    // the day came that its sequence waits for
	CauseStage   = "stage"   // its condition came true with a change of stage
	CauseEvent   = "event"   // the event that its sequence waits for
	CauseCadence = "cadence" // the account was behind its cadence
	CauseAdopted = "adopted" // the account has a new owner
	CauseDecided = "decided" // a decision of another sequence
)

// EnrollmentState is active, held or finished.
type EnrollmentState string

// The states of an enrollment.
const (
	EnrollmentActive   EnrollmentState = "active"
	EnrollmentHeld     EnrollmentState = "held"
	EnrollmentFinished EnrollmentState = "finished"
)

// A Message is what is rendered for a touch, before it becomes bytes.
type Message struct {
	Touch       TouchID
	Kind        Kind
	From        Mailbox
	ReplyTo     Mailbox // empty: From
	To          Mailbox
	Cc          []Mailbox // colleagues who get a copy of a mail
	Subject     string
	HTML        string
	Text        string
	MessageID   string   // without angle brackets
	InReplyTo   string   // likewise
	References  []string // likewise
	Parts       []Part   // images and attachments
	Post        *Post    // of what goes by post
	Unsubscribe string   // the https URI of RFC 8058; empty for a notice
	LeaveTo     string   // an address that means the same; empty: none
	Bounces     string   // envelope sender: where mail systems answer; empty: From
	Date        time.Time
}

// OnTrial tells whether the touch shows if a mailbox is there of which nobody knows: a mail,
// but for one that its reader asked for.
func (t Touch) OnTrial() bool { return t.Kind == Email && t.Purpose != Requested }

// A Part is a file that goes with a message: an image that its text shows, or an attachment.
type Part struct {
	Name      string
	MediaType string
	ContentID string // by which the text shows it, without angle brackets; empty: an attachment
	Bytes     []byte // not to be changed
}

// Post is what a message has besides its text that goes by post.
type Post struct {
	To, From PostalAddress
	Signed   []string // lines below the text: who wrote it
	Link     string   // shown as a code; empty: none
	WayOut   string   // how to get no more
	Front    *Part    // picture on the front of a card; nil: none
	// Requested: who gets it asked for it, so that it is no advertising.
	Requested bool
}

// A Mailbox is a name and an address.
type Mailbox struct {
	Name    string
	Address string
}
