// Package worker sends what the scheduler leased. A lease is worked in passes,
// one file each, in this order:
//
//	load      read the touches and everything around them
//	eligible  exits, conditions, suppression, consent, hold; the governor asked without a lock
//	render    the text for this contact, as final bytes
//	claim     with the accounts locked, the governor decides; what goes becomes claimed
//	permit    what is still claimed and allowed may be written: attempted
//	deliver   the channel writes it
//	record    outcomes into the ledger, and the next steps (recording.go says what each means)
//
// A pass may stop a touch and say why ([fate]); the others go on. A batch is for
// speed, never for fate: one bad touch in it fails alone.
//
// Only what a permit names may be written to a connection, and the next permit of
// a connection is given when its last flight is recorded, in that same
// transaction. So a worker that dies leaves at most one flight a connection in
// doubt, and the scheduler makes just those touches unknown.
//
// What a lost worker left is unknown; where the other side can be asked, the next worker asks
// (inquire.go).
//
// A lease of notices, mails to colleagues, takes a way of its own (notices.go): permit and
// deliver, and nothing else.
package worker
