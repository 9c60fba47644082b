package channels

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/andante-hq/andante"
)

// A flight is what one permit covers: at most FlightSize messages, and at most
// FlightTime of sending. What is not written when the time is over is reported
// as [Untried] and asked for again under a later permit.
const (
	FlightSize = 50
	FlightTime = 2 * time.Second
)

// SmallFlight is the size of a flight of what is a request of its own, texts and pieces of post:
// beside one a permit costs little, and a worker that is lost leaves no more in doubt.
const SmallFlight = 5

// A Channel delivers messages of one or more kinds. Safe for concurrent use.
type Channel interface {
	// Features tells what the channel can do. It never changes.
	Features() Features

	// Prepare builds the final bytes. It is pure: the same message gives the
	// same bytes, and nothing outside is asked. It makes every refusal that
	// needs no network; an error of Prepare is a fault of the content, which no
	// retry mends, or a [RecipientError].
	Prepare(m andante.Message) (Sealed, error)

	// Deliver sends a batch of one sender. It has whatever connection it needs
	// before it asks the first permit, asks the gate for a permit before each
	// flight, and calls Done for every permitted touch. It never retries; the
	// caller does, under a new claim.
	//
	// It returns an error only if it gave up before it had asked permits for
	// the whole batch; touches that were never asked for are then untouched.
	// The error is one of:
	//   - what Permit returned, wrapped;
	//   - the context's error, wrapped;
	//   - a *SendError of kind [Temporary] or [Sender], wrapped: no connection
	//     could be had (dial, greeting, EHLO, STARTTLS, AUTH), so nothing was
	//     written. Temporary: try the batch later. Sender: stop this sender and
	//     tell the operator.
	//
	// When ctx ends, Deliver finishes the message that is being written, waits
	// for its answer within the channel's time-outs, reports the rest of the
	// flight as Untried and returns.
	Deliver(ctx context.Context, batch []Sealed, gate Gate) error
}

// A Gate stands between a channel and the network; the worker implements it.
// Its methods are called from the goroutine that runs Deliver, one at a time.
type Gate interface {
	// Permit is asked before each flight. It returns the touches of ids that
	// may be written now: a subset, in the same order. After an error nothing
	// may be written and Deliver ends.
	Permit(ctx context.Context, ids []andante.TouchID) ([]andante.TouchID, error)

	// Open is asked right before a permitted message is written, and again before
	// its last part where that comes later. If false it must not be written, or not
	// be finished, and is reported as [Untried]. A permitted message's envelope may be
	// said before, together with the end of the message that it follows.
	Open(id andante.TouchID) bool

	// Done is called exactly once for each permitted touch, as soon as its
	// outcome is known and before the next Permit. err is nil (accepted) or a
	// *SendError.
	Done(id andante.TouchID, r Receipt, err error)
}

// A Finder is a channel of which the other side can be asked what became of a message that it
// may have taken.
type Finder interface {
	Channel

	// FarEnd is how people call the other side; empty: it can't be asked.
	FarEnd() string

	// Find looks for a message. Nothing can come of asking, so what goes wrong is for another
	// try.
	Find(ctx context.Context, l Lost) (Receipt, Whereabouts, error)
}

// Lost is a message of which nobody knows whether it went.
type Lost struct {
	Touch andante.TouchID
	Kind  andante.Kind
	To    string    // as Deliver was told
	Hash  string    // SHA-256 of its bytes in hex
	Began time.Time // when it was permitted, of the machine
	Known []string  // receipts of other messages to the same address: it is none of theirs
}

// Whereabouts is what the other side knows of a message.
type Whereabouts string

// The whereabouts. Unclear: there may be such a message, and nobody can tell.
const (
	Taken    Whereabouts = "taken"
	NotTaken Whereabouts = "not taken"
	Unclear  Whereabouts = "unclear"
)

// Features tells what a channel can do.
type Features struct {
	Kinds []andante.Kind
	// Idempotent: the other side recognises a message that it has seen, so a
	// person may resend an unknown one without fear of a double.
	Idempotent bool
}

// Sealed is a message as final bytes.
type Sealed struct {
	Touch     andante.TouchID
	Kind      andante.Kind
	Sender    string   // key of the connection pool and of the batch; Prepare fills in the From address
	From, To  string   // envelope: what MAIL and RCPT, or the gateway, are told
	Cc        []string // who else RCPT is told of; one that is refused stops nothing
	MessageID string   // without angle brackets
	Bytes     []byte   // not to be changed
	Hash      string   // SHA-256 of Bytes in hex
	Segments  int      // of a text message; 1 for other kinds
	Cost      int64    // in millionths of the account's currency; 0 if unknown
}

// HashOf returns the SHA-256 of b in hex, the form that Sealed.Hash has.
func HashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A Receipt is what the other side said when it took a message.
type Receipt struct {
	Code       int    // the server's reply code; 0 without one
	Response   string // its words, cleaned with [andante.CleanText]
	ProviderID string // its own id for the message, if it named one
	Open       bool   // a person has it as a task now, or it waits to be printed: it is not done yet
	Format     string // of what waits to be printed: which others it is printed with
}
