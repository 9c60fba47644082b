// Package harness is what the tests of the core promises are told with: a small
// workspace, a town of contacts written straight into the store, and two oracles
// that look at nothing but the evidence.
//
// [Books] compares what a mail server received with what the store says: each
// touch once, none lost, none doubled. [Rules] counts the received mails again,
// from the definition of a limit and without a line of the governor's code.
//
// Neither oracle knows how a send works. Both are seen to fail in the tests that
// break the engine on purpose.
package harness
