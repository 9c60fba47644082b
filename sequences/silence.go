package sequences

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/andante-hq/andante"
)

// An Allow is a comment by which the author accepts findings of one rule, on its
// own line or, when it stands alone, on the line below.
type Allow struct {
	Line   int // of the comment, which begins at Column
	Column int
	For    int // the line that it speaks of: its own, or the next with text of its own
	Rule   string
	Reason string
}

var (
	htmlRemark = regexp.MustCompile(`<!--\s*andante:\s*(.*?)\s*(?:-->|$)`)
	yamlRemark = regexp.MustCompile(`(?:^|\s)#\s*andante:\s*(.*?)\s*$`)
	allowForm  = regexp.MustCompile(`^allow\s+([a-z0-9-]+)(?:\s+[-–—]\s*(.*))?$`)
	rawLine    = regexp.MustCompile(`^\s*(?:- +)*(?:` + strings.Join(textKeys, "|") + `) *:[ \t]+\S`)
)

// Allowed tells whether the author allows findings of the rule on the line.
func (s *Sequence) Allowed(rule string, line int) bool {
	return slices.ContainsFunc(s.Allows, func(a Allow) bool {
		return a.Rule == rule && (a.Line == line || a.For == line)
	})
}

// Filter takes out the findings in this file that the author allows. Firm rules of
// this package can't be: Parse reports the attempt.
func (s *Sequence) Filter(found []*andante.Finding) []*andante.Finding {
	return slices.DeleteFunc(found, func(f *andante.Finding) bool {
		return f.File == s.File && MayAllow(f.Rule, f.Severity) && s.Allowed(f.Rule, f.Line)
	})
}

// MayAllow tells whether an author may allow findings of a rule. Of the rules of
// other packages, by their severity, warnings may be allowed, and two errors: that a
// step is renamed, for only its author knows whether it is another touch, and that a
// field may be empty, for he may know that here it never is.
func MayAllow(rule string, severity andante.Severity) bool {
	if r, ok := ruleByName(rule); ok {
		return !r.Firm
	}
	return severity == andante.SeverityWarning || rule == "renamed-step" || rule == "bare-field"
}

// silence reads the comments to the checker and drops what they allow.
func (d *draft) silence() {
	var code verbatim
	var pending []int // comments that wait for the line that they speak of
	for i, line := range d.lines {
		at := i + 1
		form, own := htmlRemark, d.inYAML(at)
		if own {
			form = yamlRemark
		} else if code.holds(line) {
			continue
		}
		m := form.FindStringSubmatchIndex(line)
		alone := m != nil && strings.TrimSpace(line[:m[0]]) == "" && strings.TrimSpace(line[m[1]:]) == ""
		if !alone {
			for _, p := range pending {
				d.Allows[p].For = at
			}
			pending = nil
		}
		if m == nil {
			continue
		}
		where := Position{at, 1 + utf8.RuneCountInString(line[:m[0]])}
		if own && rawLine.MatchString(line) {
			d.report("silence", where, "this comment is part of the text").Suggestion = "put it on the line before"
			continue
		}
		if d.allow(where, line[m[2]:m[3]]) && alone {
			pending = append(pending, len(d.Allows)-1)
		}
	}
	d.found = d.Sequence.Filter(d.found)
}

// allow notes one comment, and tells whether it is in order.
func (d *draft) allow(at Position, words string) bool {
	m := allowForm.FindStringSubmatch(words)
	switch {
	case m == nil:
		d.report("silence", at, "this comment says nothing to the checker").Suggestion = "write andante: allow RULE - reason"
		return false
	case strings.TrimSpace(m[2]) == "":
		d.report("silence", at, "%s is allowed without a reason", m[1]).Suggestion = "write andante: allow " + m[1] + " - and why"
		return false
	}
	if r, ok := ruleByName(m[1]); ok && r.Firm {
		d.report("silence", at, "%s can't be allowed", m[1])
		return false
	}
	d.Allows = append(d.Allows, Allow{Line: at.Line, Column: at.Column, For: at.Line, Rule: m[1], Reason: strings.TrimSpace(m[2])})
	return true
}

func (d *draft) inYAML(line int) bool {
	return slices.ContainsFunc(d.yaml, func(r [2]int) bool { return r[0] <= line && line <= r[1] })
}
