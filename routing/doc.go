// Package routing decides who takes a reply: a department, or the owner of the account.
//
// It is pure. It knows what stands in the reply and which sequence it answers; what a condition of
// a rule says of the contact it is told. It refuses to know who a department is and how it hears.
//
// Invariants: what no rule and no word speaks of is the owner's, and each answer names the words
// or the rule that it rests on.
package routing
