package sequences

import (
	"regexp"
	"strings"
)

// An Action is what a branch of a decide step does, as it is written.
type Action string

// The actions; the fourth is [Enroll].
const (
	Next     Action = "next"     // the sequence goes on
	End      Action = "end"      // it ends
	Handover Action = "handover" // it ends, and the contact's owner has a task
)

const enroll = "enroll "

var enrollForm = regexp.MustCompile(`^` + enroll + `[a-z0-9][a-z0-9_-]*$`)

// parseAction reads an action; false if there is none such.
func parseAction(s string) (Action, bool) {
	a := Action(strings.Join(strings.Fields(s), " "))
	return a, a == Next || a == End || a == Handover || enrollForm.MatchString(string(a))
}

// Enroll is the action by which a contact leaves a sequence for another one.
func Enroll(sequence string) Action { return Action(enroll + sequence) }

// Enrolls returns the name of the sequence that the contact leaves for.
func (a Action) Enrolls() (sequence string, ok bool) { return strings.CutPrefix(string(a), enroll) }
