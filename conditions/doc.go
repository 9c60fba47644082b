// Package conditions reads and weighs the expressions that authors write under
// when, wait_for, enter and exit:
//
//	account.stage == "prospect" and account.industry != ""
//	clicked("step-id") and not replied()
//	account.revenue >= 100000 and days_since("purchase") > 30
//
// It decides whether a condition is well formed, in the author's words, and
// whether it holds for what is known of a contact now. It refuses to know where
// values and history come from, and it reaches no file, network, environment or
// clock. It is the only user of the expression library, and hands it nothing
// that its own check hasn't understood: fields, literals, lists, comparisons,
// arithmetic and the functions of this package.
//
// Invariants:
//
//   - A condition that compiled has the answer yes or no.
//   - An empty field is "", 0 or no, so it compares like any other and never
//     fails. A date is empty when it equals ""; it is then neither before nor
//     after any day.
//   - Neither Compile nor Eval panics, whatever the source.
package conditions
