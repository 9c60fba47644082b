// Package andante holds the nouns that the whole program shares: contact,
// account, sequence step kinds, enrollment, touch, attempt, verdict and reason.
//
// It decides nothing and does no input or output; it knows the standard
// library only, so that every other package can speak in its words.
//
// Two rules of the house begin here. Time and chance are parameters: a [Clock]
// tells the calendar (Now) from the machine (Wall), and ids of planned work are
// derived from a [Seed] and a key with [DeriveID]. And every "no" and every
// "not yet" carries a [Reason] from one closed list.
package andante
