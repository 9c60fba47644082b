// Package simulation makes a report of a sequence of touches that were played on a
// calendar that jumps: how many in which week, to whom, by whose hand, what was held back
// and why. It draws what people answer, and counts limits again with code of its own.
//
// It is pure: it is told of touches and verdicts, one by one, and asks nothing. Whoever
// plays is the engine.
package simulation
