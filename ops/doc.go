// Package ops holds every change that a person or an outside event may make,
// one transaction each: publish, enroll, stop, hold, suppress, unsubscribe, take
// in contacts, apply an event; and what follows when a touch is settled.
//
// The worker's record and a webhook end here alike: a 550 at SMTP and a bounce by
// mail take the same path through [Ops.Apply].
//
// Whatever can change a decision locks the accounts concerned first and raises
// their version, so that a claim that was made ready before sees that it must
// look again.
package ops
