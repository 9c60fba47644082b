// Package sandbox delivers into a folder: what would be sent is there to be
// looked at, and nothing leaves the machine.
//
// It takes every kind, and it obeys its recipients: an address whose local part
// ends in a magic suffix gets the outcome that the suffix names, so that the
// whole program can be seen to cope without a mail server. See [Outcomes].
//
// It decides nothing and talks to nobody. Its invariant: a file is complete or
// not there, and one touch has one file, however often it is delivered.
//
//	ch, err := sandbox.New("outbox", clock, sandbox.Prepares{andante.Email: emailChannel.Prepare}, nil)
package sandbox
