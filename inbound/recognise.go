package inbound

import "time"

// Class is what a mail is.
type Class string

// The classes.
const (
	Bounce      Class = "bounce"        // it did not arrive, and nobody tries any more
	Delay       Class = "delay"         // it has not arrived yet
	Receipt     Class = "receipt"       // it arrived, or was opened
	Complaint   Class = "complaint"     // somebody pressed the spam button (RFC 5965)
	OutOfOffice Class = "out_of_office" // away, until [Finding.Until] if it says so
	Left        Class = "left"          // no longer works there
	Moved       Class = "moved"         // has another address now
	AutoReply   Class = "auto_reply"    // another answer of a machine
	OptOut      Class = "opt_out"       // a human wants no more mail
	Reply       Class = "reply"         // a human wrote
	Notice      Class = "notice"        // of a machine, and no answer: newsletters, invitations, reports
)

// Finding is what a mail was found to be.
type Finding struct {
	Class    Class
	Why      string    // what told it: a name and the words that were found
	Failures []Failure // of Bounce, Delay and Receipt: one for each recipient
	Until    time.Time // of OutOfOffice: the first day on which they are back, at midnight UTC; zero: nobody says
	Contacts []string  // of Left and Moved: whom else to write to, or where
	Text     string    // of OptOut and Reply: what they wrote themselves, without quote and signature
}

// recogniser is one piece of recognition. It says nothing of what it doesn't know for sure.
type recogniser func(m *Mail, now time.Time) (Finding, bool)

// recognisers in the order in which they are asked: what machines say of themselves comes
// before what words may mean.
var recognisers = []recogniser{complaint, report, receipt, bounceInWords, notice, automatic, optOut}

// Recognise says what a mail is. Where it names days it is read as of its own date, or of now if
// it has none or one to come.
func Recognise(m *Mail, now time.Time) Finding {
	at := m.Date
	if at.IsZero() || at.After(now) || at.Before(now.AddDate(0, 0, -30)) {
		at = now
	}
	for _, r := range recognisers {
		if f, ok := r(m, at); ok {
			return f
		}
	}
	return Finding{Class: Reply, Why: "nothing says that a machine wrote it", Text: m.Own()}
}
