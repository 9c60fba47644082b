package inbox

import (
	"time"
)

// A Stage of the conversation that a script may answer.
type Stage string

// The stages. Body lies between the answer to DATA and the final dot.
const (
	Connect  Stage = "connect"
	Ehlo     Stage = "ehlo"
	StartTLS Stage = "starttls"
	Auth     Stage = "auth"
	MailFrom Stage = "mail"
	RcptTo   Stage = "rcpt"
	Data     Stage = "data"
	Body     Stage = "body"
	Dot      Stage = "dot"
	Rset     Stage = "rset"
	Noop     Stage = "noop"
	Quit     Stage = "quit"
)

// A Command is what a script is asked to answer.
type Command struct {
	Stage Stage
	Line  string // as received; empty at connect, body and dot
	Conn  int    // number of the connection, from 1
	Mail  int    // number of MAIL commands seen on it, this one included
	From  string // envelope, from the mail stage on
	To    string // the last recipient, from the rcpt stage on
}

// A Reply overrides the server's answer. It is carried out in the order of the
// fields.
type Reply struct {
	Wait  <-chan struct{} // hold everything until it is closed
	Delay time.Duration   // then wait this long

	// After is read at stage body only: the connection is cut once so many
	// bytes of the mail have come in (0: at once). The other fields but Wait
	// and Delay don't apply there.
	After int

	DropBefore bool          // hang up without answering
	Raw        []byte        // sent as it is instead of code and text
	Code       int           // 0 with empty Raw: the server's own answer
	Text       string        // lines are joined as the protocol asks
	Slow       time.Duration // between two bytes of the answer
	DropAfter  bool          // hang up after answering

	// Keep takes the mail in at stage dot whatever the answer is. Without it a
	// mail is kept if the answer is the server's own or begins with 2.
	Keep bool
}
