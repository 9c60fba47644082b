// Package yamldoc reads YAML strictly and reports every mistake at once, each
// with its line and column. It is the one user of the YAML library.
//
// It decides how written scalars become Go values: a field of type string gets
// the scalar as it was written (a zip code 02134 and a phone number +1512... stay
// what they are), a bool is yes, no, true or false, and a type that parses itself
// or has a parser ([With]) gets the words. It knows nothing of what keys mean.
//
// One document a file, at most 1 MB, anchors within reason.
//
//	doc, findings := yamldoc.Parse("governor.yaml", 1, src)
//	var policy struct {
//		Limits    []Limit                `yaml:"limits"`
//		LookAhead calendar.Offset        `yaml:"look_ahead"`
//		Kinds     yamldoc.OneOrMany[string] `yaml:"kinds"` // one or several
//	}
//	findings = append(findings, doc.Decode(&policy, yamldoc.With(calendar.ParseOffset))...)
//
// Findings come from the rules yaml (not YAML, or the wrong type), unknown-key,
// duplicate-key and bad-value (a parser said no).
package yamldoc
