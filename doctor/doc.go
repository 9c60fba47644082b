// Package doctor looks at an installation as an experienced operator would, and says of
// each thing what it found and what to do about it: the folder and its keys, the store,
// what is published, Redis, the mail server, the DNS of the senders' domains, clocks, and
// what has been left lying about.
//
// It decides what is in order, what deserves a look and what is broken. It refuses to know
// how a store, a queue or a relay is opened: engine hands them over. It changes nothing,
// sends nothing and asks nobody but the servers that are configured and the DNS.
//
// Each check is one function over the [Subject], on the one list in doctor.go. What can't
// be looked at, because something that it needs is broken, is left out: the breakage has a
// finding of its own.
package doctor
