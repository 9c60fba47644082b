package channels

import (
	"errors"
	"fmt"
)

// ErrorKind says what to do about a message that was not accepted.
type ErrorKind string

// The kinds of a [SendError].
const (
	// Temporary: not accepted now; try later under a new claim.
	Temporary ErrorKind = "temporary"
	// Permanent: refused for good; the touch fails.
	Permanent ErrorKind = "permanent"
	// Address: there is no such mailbox or number; fail and suppress it.
	Address ErrorKind = "address"
	// Sender: refused because of who sends; stop that sender, tell the
	// operator, and never suppress the contact.
	Sender ErrorKind = "sender"
	// Unknown: it may have gone. It counts, and is never resent by itself.
	Unknown ErrorKind = "unknown"
	// Untried: permitted, but not one byte of it was written. Back to planned
	// at once, no try counted, its place freed.
	Untried ErrorKind = "untried"
)

// A SendError is the outcome of a message that was not accepted, or the reason
// why no connection could be had.
type SendError struct {
	Kind     ErrorKind
	Code     int    // the server's reply code; 0 without one
	Response string // the server's words, cleaned with andante.CleanText
	Err      error  // what happened underneath; may be nil
	Passing  bool   // of kind Sender: it is a matter of time, and nobody has to mend anything
	Again    bool   // of kind Permanent: perhaps the recipient's state alone; the second time in all its address is dead
	OptOut   bool   // of kind Address: not that it does not exist, but that its owner wants nothing more
}

// Error tells kind, code and words. It never contains an address of ours; the
// server's words may quote one, so it is not for logs above debug.
func (e *SendError) Error() string {
	s := string(e.Kind)
	if e.Code != 0 {
		s = fmt.Sprintf("%s: %d", s, e.Code)
	}
	if e.Response != "" {
		s += ": " + e.Response
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns what happened underneath.
func (e *SendError) Unwrap() error { return e.Err }

// A RecipientError is why a message can't go to its recipient by a channel, though there is an
// address: no fault of the content, so the step does what it says of a missing address.
type RecipientError struct{ Why string }

// Error is why.
func (e *RecipientError) Error() string { return e.Why }

// KindOf returns the kind of the *SendError in err, or "" if there is none.
func KindOf(err error) ErrorKind {
	var e *SendError
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
