// Package sequences reads what a marketer writes: one Markdown file with a front
// matter, steps under level-2 headings, and a body for each.
//
// [Parse] turns a file into a [Sequence] and checks every rule that needs this
// one file only; [Step.Compose] chooses the words for one reader. The package
// refuses to know contacts, databases, templates' output and other files: what
// needs those is checked by the workspace.
//
// Invariants: Parse never panics and always returns a sequence, as good as the
// file allows; every finding stands at a line and column of the file, counted in
// characters from 1; the same bytes give the same sequence and findings.
//
//	seq, findings := sequences.Parse("sequences/welcome.md", src)
//	step, ok := seq.Step("a-word-of-thanks")
//	text := step.Compose("cfo", "", "en", step.Kind)
//
// The table in rules.go lists every rule with a line of explanation. An author
// allows a finding with a reason, on its line or the line before:
//
//	<!-- andante: allow checking-in - it is the title of our talk -->
package sequences
