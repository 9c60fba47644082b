package andante

import (
	"regexp"
	"strings"
	"time"
)

// A Contact is a person who may be touched.
type Contact struct {
	ID         ContactID
	Account    AccountID
	ExternalID string // the id in the user's own system; unique when not empty
	FirstName  string
	LastName   string
	JobTitle   string
	Email      string // normalised by [NormalizeEmail]; unique neither here nor outside
	Phone      string // E.164
	Persona    string
	Stage      string // overrides the account's when not empty
	Language   string // BCP 47
	Country    string // ISO 3166-1 alpha-2, upper case
	Street     string // with the number
	Street2    string // a second line, such as the flat
	City       string
	Region     string // state or province, where the country's addresses have one
	PostalCode string
	Zone       string            // IANA time zone
	Fields     map[string]string // declared fields in their written form
	Created    time.Time
	Signals    Signals
	Choice     Choice
	// PersonaByRule: nobody gave the persona; andante.yaml's rules choose it.
	PersonaByRule bool
	// Import brought the mailbox, if nobody was known to write to it before.
	Import ImportID
	// ByHand: no rule and no date lets them into a sequence, only a person of ours, or what they do
	// themselves.
	ByHand bool
}

// Name returns first and last name, or what there is of them.
func (c Contact) Name() string { return strings.TrimSpace(c.FirstName + " " + c.LastName) }

// AddressFor returns the address that a touch of kind k goes to; empty if the
// contact has none.
func (c Contact) AddressFor(k Kind) string {
	switch k {
	case Email:
		return c.Email
	case SMS, Call:
		return c.Phone
	case Postcard, Card, Letter:
		return c.Post(c.Country).Line()
	default:
		return ""
	}
}

// Post returns the postal address, in the country that is the contact's as far as anybody
// knows.
func (c Contact) Post(country string) PostalAddress {
	return PostalAddress{
		Name: c.Name(), Street: c.Street, Street2: c.Street2, City: c.City, Region: c.Region, PostalCode: c.PostalCode, Country: country,
	}
}

// An Account is the company or household of one or more contacts. It is the
// unit of locking: whoever decides about one of its contacts holds its row.
type Account struct {
	ID       AccountID
	Key      string // the name by which imports join it; unique
	Name     string
	Domain   string
	Stage    string
	Owner    string // key of a person in andante.yaml; empty: orphaned
	Tier     string
	Industry string
	Revenue  float64
	Business bool
	Country  string
	Zone     string
	Fields   map[string]string
	Created  time.Time
	Signals  Signals // of everybody in it
	Version  int64   // raised by every change that can alter a decision
	// TierByRule: nobody gave the tier; andante.yaml's rules choose it.
	TierByRule bool
}

// StageOf returns the stage that holds for a contact of the account.
func (a Account) StageOf(c Contact) string {
	if c.Stage != "" {
		return c.Stage
	}
	return a.Stage
}

// NormalizeEmail trims the address and lowers its case, so that one mailbox has
// one form. Local parts are case-sensitive on paper (RFC 5321 section 2.4) and
// nowhere else.
func NormalizeEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Suppression of a contact or an address for a kind, until it is lifted.
type Suppression struct {
	ID      SuppressionID
	Contact ContactID   // empty for an address alone
	Address AddressHash // empty for a contact alone
	Kind    Kind        // empty: every kind
	Purpose Purpose     // empty: every purpose
	Reason  Reason
	Source  string // who or what said so
	At      time.Time
}

// Covers tells whether the suppression bars a touch of this kind and purpose.
func (s Suppression) Covers(k Kind, p Purpose) bool {
	return (s.Kind == "" || s.Kind == k) && (s.Purpose == "" || s.Purpose == p)
}

// AddressHash is the keyed hash of an address in hex (16 bytes): it survives the
// erasure of the address itself and tells nothing without the key.
type AddressHash string

// Consent is the evidence that a contact may be touched.
type Consent struct {
	ID      ConsentID
	Contact ContactID
	Kind    Kind    // empty: every kind
	Purpose Purpose // empty: every purpose
	Basis   Basis
	Source  string
	Wording string
	At      time.Time
}

// Basis is the ground on which a contact may be touched.
type Basis string

// The bases that consent.yaml speaks of.
const (
	OptIn        Basis = "opt_in"
	CustomerOf   Basis = "customer"
	Inquiry      Basis = "inquiry"
	BusinessMail Basis = "business"
	NoBasis      Basis = "none"
)

// Bases lists every basis.
var Bases = []Basis{OptIn, CustomerOf, Inquiry, BusinessMail, NoBasis}

// Hold is a temporary stop.
type Hold struct {
	ID        HoldID    `json:"id"`
	Scope     HoldScope `json:"scope"`
	Key       string    `json:"key,omitempty"`  // contact id, account id, sequence, sender or import; empty for everything
	Kind      Kind      `json:"kind,omitempty"` // of the touches that a hold on a sender stops; empty: every kind
	Author    string    `json:"author"`
	Reason    string    `json:"reason"`
	From      time.Time `json:"from"`
	Until     time.Time `json:"until,omitzero"`       // zero: until released
	Released  time.Time `json:"released,omitzero"`    // zero: it was not
	Allow     string    `json:"allow,omitempty"`      // what goes all the same, such as 1 per 90d; empty: nothing
	Then      string    `json:"then,omitempty"`       // the task that is given when it ends; empty: none
	DropStale bool      `json:"drop_stale,omitempty"` // what is stale when it ends is dropped; else everything goes later by the hold's length
}

// HoldAuthor is the author of the holds that are put on a sender when a mail server
// refuses it.
const HoldAuthor = "andante"

// HoldScope is what a hold stops.
type HoldScope string

// The scopes of a hold.
const (
	HoldContact    HoldScope = "contact"
	HoldAccount    HoldScope = "account"
	HoldSequence   HoldScope = "sequence"
	HoldSender     HoldScope = "sender"
	HoldImport     HoldScope = "import" // of the mails to those who came with it
	HoldEverything HoldScope = "everything"
)

// Holds tells whether the hold is in force at t.
func (h Hold) Holds(t time.Time) bool {
	return !t.Before(h.From) && (h.Until.IsZero() || t.Before(h.Until))
}

// Covers tells whether the hold is about a touch of a contact.
func (h Hold) Covers(t Touch, c Contact) bool {
	switch h.Scope {
	case HoldEverything:
		return true
	case HoldSequence:
		return h.Key == t.Sequence
	case HoldSender:
		return h.Key == t.Sender && (h.Kind == "" || h.Kind == t.Kind)
	case HoldImport:
		return h.Key == string(c.Import) && t.OnTrial()
	case HoldContact:
		return h.Key == string(t.Contact)
	case HoldAccount:
		return h.Key == string(t.Account)
	}
	return false
}

// Event is something that happened outside: delivered, bounced, replied,
// opted_out ... It is appended and never changed.
type Event struct {
	ID      EventID
	Contact ContactID
	Account AccountID
	Touch   TouchID // empty if it belongs to none
	Name    string
	At      time.Time
	Detail  string // dirty text, cleaned and cut before it is stored
}

// Names of events that the program itself understands.
const (
	EventReplied     = "replied"
	EventMet         = "met"
	EventHandedOver  = "handed_over"
	EventOptedOut    = "opted_out"
	EventUnreachable = "unreachable"
	EventBounced     = "bounced"
	EventComplained  = "complained"
	EventClicked     = "clicked"
	EventOpened      = "opened"
	EventImported    = "imported"

	EventTalked       = "talked"    // a conversation by phone
	EventAnswered     = "answered"  // the contact answered a question of ours
	EventPurchased    = "purchased" // or bought something
	EventRequested    = "requested" // or asked for something
	EventHandled      = "handled"   // a colleague took care of its reply
	EventStageChanged = "stage_changed"
	EventChose        = "chose" // the contact chose what it gets

	EventSoftBounced = "soft_bounced" // its mailbox takes no mail just now
	EventRefused     = "refused"      // a mail system did not want a mail, for what it says or who sends it
	EventAutoReplied = "auto_replied" // a machine answered
	EventAway        = "away"         // and says that they are away
	EventLeft        = "left"         // or no longer work there
	EventMoved       = "moved"        // or have another address
	EventDelivered   = "delivered"    // a text arrived at the phone
	EventUndelivered = "undelivered"  // or did not

	EventMailed         = "mailed"             // a piece of post left the printing house
	EventReturned       = "returned"           // or came back
	EventMachineClicked = "clicked_by_machine" // a scanner followed links

	EventInterested  = "interested"   // a colleague read a reply: they want to hear more
	EventNotNow      = "not_now"      // or ask to be written to another time
	EventWrongPerson = "wrong_person" // or are not who it is for
	EventDeclined    = "declined"     // or say no to what was offered
	EventReferred    = "referred"     // somebody named them for it

	EventForgotten = "forgotten" // all that was known of them is erased
	EventMerged    = "merged"    // they were two contacts, and are one
	EventLifted    = "lifted"    // an address of theirs is barred no more
)

// Events are the names that somebody may note; the others the program notes by itself.
var Events = []string{
	EventReplied, EventMet, EventHandedOver, EventOptedOut, EventUnreachable, EventBounced, EventComplained, EventClicked, EventOpened,
	EventTalked, EventAnswered, EventPurchased, EventRequested, EventHandled, EventInterested, EventNotNow, EventWrongPerson, EventDeclined,
}

var eventName = regexp.MustCompile(`^[a-z][a-z0-9_]*([.-][a-z0-9_]+)*$`)

// IsEventName tells whether an event may be called so: replied, form.benchmark,
// trade-fair.visited.
func IsEventName(s string) bool { return eventName.MatchString(s) }

// A Person is a colleague: an owner of accounts and a sender of letters.
type Person struct {
	Key   string
	Name  string
	Email string
	Phone string
	Title string
	Zone  string
	// Meeting is the https link of their meeting room.
	Meeting string
}

// FirstName returns the first word of the person's name.
func (p Person) FirstName() string { first, _, _ := strings.Cut(p.Name, " "); return first }
