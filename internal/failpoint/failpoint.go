// Package failpoint marks the places at which a process may die: between two statements
// of a transaction, before and after a commit, before and after a message is on the wire.
// Nothing happens there unless a test says so.
package failpoint

// Hook, if set, is called at each point with what comes next there. Only a test sets it,
// before anything runs.
var Hook func(next string)

// Here marks a point.
func Here(next string) {
	if Hook != nil {
		Hook(next)
	}
}
