package sequences_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/sequences"
)

const plain = `---
sequence: plain
---

## Hello

` + "```yaml step" + `
kind: email
after: 0d
subject: Hello
value: idea - a thought
` + "```" + `

Text.
`

func TestParseOccasion(t *testing.T) {
	t.Parallel()
	week := calendar.Offset{Days: 7, Written: "7d", Back: true}
	tests := []struct {
		src  string
		want sequences.Occasion
		ok   bool
	}{
		{"contact.customer_since + 1y", sequences.Occasion{Field: "contact.customer_since", Offset: calendar.Offset{Months: 12, Written: "1y"}}, true},
		{"each contact.birthday", sequences.Occasion{Each: true, Field: "contact.birthday"}, true},
		{"each account.founded - 7d", sequences.Occasion{Each: true, Field: "account.founded", Offset: week}, true},
		{"each account.founded -7d", sequences.Occasion{Each: true, Field: "account.founded", Offset: week}, true},
		{"each account.founded- 7d", sequences.Occasion{Each: true, Field: "account.founded", Offset: week}, true},
		{"each 03-15", sequences.Occasion{Each: true, Month: time.March, Day: 15}, true},
		{"each 02-29", sequences.Occasion{Each: true, Month: time.February, Day: 29}, true},
		{"each holiday new-year - 7d", sequences.Occasion{Each: true, Holiday: "new-year", Offset: week}, true},
		{"each holiday new-year", sequences.Occasion{Each: true, Holiday: "new-year"}, true},
		{"each 02-30", sequences.Occasion{}, false},
		{"03-15", sequences.Occasion{}, false},
		{"holiday new-year", sequences.Occasion{}, false},
		{"each", sequences.Occasion{}, false},
		{"birthday", sequences.Occasion{}, false},
		{"contact.birthday - 7", sequences.Occasion{}, false},
		{"contact.birthday - ", sequences.Occasion{}, false},
		{"", sequences.Occasion{}, false},
	}
	for _, test := range tests {
		got, err := sequences.ParseOccasion(test.src)
		if (err == nil) != test.ok {
			t.Errorf("%q: error %v", test.src, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q: %s", test.src, diff)
		}
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for heading, want := range map[string]string{
		"Did they say what they need?": "did-they-say-what-they-need",
		"A *bold* `word`":              "a-bold-word",
		"  Für Sie – 10 %  ":           "für-sie--10",
		"snake_case and dash-es":       "snake_case-and-dash-es",
		"- ?!":                         "",
	} {
		if got := sequences.Slug(heading); got != want {
			t.Errorf("%q: got %q, want %q", heading, got, want)
		}
	}
}

func TestAccountExit(t *testing.T) {
	t.Parallel()
	for written, want := range map[string][2]bool{
		"":                           {true, false},
		"account: {at_once: 1}\n":    {true, false},
		"account: {exit: all}\n":     {true, true},
		"account: {exit: contact}\n": {false, false},
	} {
		seq, _ := sequences.Parse("x.md", []byte(strings.Replace(plain, "plain\n", "plain\n"+written, 1)))
		got := [2]bool{seq.Account.EndsFor("prospect"), seq.Account.EndsFor("customer")}
		if got != want {
			t.Errorf("%q: got %v", written, got)
		}
	}
}

// TestReaders: each reader once, whatever is named twice, and never without bound.
func TestReaders(t *testing.T) {
	t.Parallel()
	src := strings.Replace(plain, "plain\n", "plain\ntest: {hold_out: 10%}\n", 1) +
		strings.Repeat("::: lang de\nx\n:::\n::: kind sms, variant a\nx\n:::\n", 3)
	seq, _ := sequences.Parse("x.md", []byte(src))
	step := &seq.Steps[0]
	want := []sequences.Reader{
		{Persona: "cfo", Kind: andante.Email},
		{Persona: "cfo", Lang: "de", Kind: andante.Email},
		{Persona: "cfo", Kind: andante.SMS},
		{Persona: "cfo", Lang: "de", Kind: andante.SMS},
	}
	if diff := cmp.Diff(want, step.Readers(seq, []string{"cfo", "cfo"})); diff != "" {
		t.Error(diff)
	}
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprint("persona", i))
	}
	if n := len(step.Readers(seq, many)); n != 500 {
		t.Errorf("%d readers", n)
	}
}

// TestFilter: only warnings of other packages may be allowed, a renamed step and a bare
// field, in this file and on that line.
func TestFilter(t *testing.T) {
	t.Parallel()
	seq := &sequences.Sequence{File: "x.md"}
	for _, test := range []struct {
		file, rule string
		line       int
		severity   andante.Severity
		allowed    bool
	}{
		{"x.md", "stretched", 3, andante.SeverityWarning, true},
		{"x.md", "stretched", 4, andante.SeverityWarning, false},
		{"y.md", "stretched", 3, andante.SeverityWarning, false},
		{"x.md", "unknown-field", 3, andante.SeverityError, false},
		{"x.md", "renamed-step", 3, andante.SeverityError, true},
		{"x.md", "bare-field", 3, andante.SeverityError, true},
		{"x.md", "no-value", 3, andante.SeverityError, true},
		{"x.md", "empty-text", 3, andante.SeverityError, false},
	} {
		seq.Allows = []sequences.Allow{{Line: 3, For: 3, Rule: test.rule, Reason: "x"}}
		left := seq.Filter([]*andante.Finding{{File: test.file, Line: test.line, Rule: test.rule, Severity: test.severity}})
		if (len(left) == 0) != test.allowed {
			t.Errorf("%+v", test)
		}
	}
}

// TestBytes: what a file is made of changes neither positions nor findings.
func TestBytes(t *testing.T) {
	t.Parallel()
	want, found := sequences.Parse("x.md", []byte(plain))
	if len(found) > 0 {
		t.Fatal(found[0])
	}
	for name, src := range map[string]string{
		"windows": strings.ReplaceAll(plain, "\n", "\r\n"),
		"mark":    "\uFEFF" + plain,
		"no end":  strings.TrimSuffix(plain, "\n"),
	} {
		got, found := sequences.Parse("x.md", []byte(src))
		if len(found) > 0 {
			t.Errorf("%s: %v", name, found[0])
		}
		if got.Hash == want.Hash || len(got.Hash) != 64 {
			t.Errorf("%s: the hash is of other bytes", name)
		}
		got.Hash = want.Hash
		got.Steps[0].Body[0].Text = want.Steps[0].Body[0].Text
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	step := plain[strings.Index(plain, "## "):]
	tests := map[string]struct {
		src  string
		want string
	}{
		"empty":      {"", "x.md:1:1: error: the file has no front matter"},
		"size":       {plain + strings.Repeat("x", 1<<20), "x.md:1:1: error: the file is over 1 MB (size)"},
		"steps":      {"---\nsequence: x\n---\n" + strings.Repeat(step+"\n", 201), "error: more than 200 steps (size)"},
		"blocks":     {plain + strings.Repeat("::: lang de\nx\n:::\n", 501), "error: more than 500 blocks in one step (size)"},
		"not UTF-8":  {plain + "ä\xff", "x.md:15:2: error: not valid UTF-8: save the file as UTF-8 (encoding)"},
		"controls":   {plain + "ä\x00", "x.md:15:2: error: a control character stands here (encoding)"},
		"new line":   {plain + "a\nä\u0085", "x.md:16:2: error: a control character stands here (encoding)"},
		"line ends":  {strings.Replace(plain, "kind: email", "kind: email #\u2028", 1), "x.md:8:14: error: a control character stands here (encoding)"},
		"paragraphs": {plain + "ä\u2029", "x.md:15:2: error: a control character stands here (encoding)"},
		"nested":     {plain + strings.Repeat("> - ", 50), "x.md:15:1: error: quotes or lists are nested too deep here"},
		"only front": {"---\nsequence: x\n---", "x.md:1:1: error: the sequence has no step"},
	}
	for name, test := range tests {
		_, found := sequences.Parse("x.md", []byte(test.src))
		if !slices.ContainsFunc(found, func(f *andante.Finding) bool { return strings.Contains(f.Error(), test.want) }) {
			t.Errorf("%s: not among %v", name, found)
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	seq, _ := sequences.Parse("x.md", []byte(plain))
	step, ok := seq.Step("hello")
	if !ok || step.Subject != "Hello" || seq.Index("hello") != 0 {
		t.Errorf("hello not found: %v", seq.StepIDs())
	}
	if _, ok := seq.Step("bye"); ok || seq.Index("bye") != -1 {
		t.Error("bye found")
	}
	if !step.Has("subject") || step.Has("preview") || !seq.Has("sequence") || seq.Has("title") {
		t.Error("Has is wrong")
	}
}

// TestRulesAreShown: each rule has its words, and an example in the corpus.
func TestRulesAreShown(t *testing.T) {
	t.Parallel()
	elsewhere := []string{"encoding", "size"} // TestLimits
	var corpus strings.Builder
	files, _ := filepath.Glob("testdata/lint/*.txtar")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		corpus.Write(b)
	}
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, r := range sequences.Rules() {
		if !name.MatchString(r.Name) || seen[r.Name] || r.Doc == "" || r.Severity == "" {
			t.Errorf("rule %q is incomplete or doubled", r.Name)
		}
		seen[r.Name] = true
		if !slices.Contains(elsewhere, r.Name) && !strings.Contains(corpus.String(), "("+r.Name+")\n") {
			t.Errorf("rule %s has no example in testdata/lint", r.Name)
		}
	}
	// No finding may come from a rule that the list doesn't have.
	for _, m := range regexp.MustCompile(`(?m)^in\.md:.*\(([a-z-]+)\)$`).FindAllStringSubmatch(corpus.String(), -1) {
		if !seen[m[1]] {
			t.Errorf("finding of an unlisted rule %s", m[1])
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.txtar")
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		src, _, _ := strings.Cut(strings.TrimPrefix(string(b), "-- in.md --\n"), "\n-- ")
		f.Add([]byte(src))
	}
	f.Add([]byte(strings.Replace(plain, "kind: email", "kind: email #\u0085\u2028\u2029", 1)))
	f.Fuzz(func(t *testing.T, src []byte) {
		seq, found := sequences.Parse("x.md", src)
		lines := 2 + strings.Count(string(src), "\n")
		for _, finding := range found {
			if finding.Line < 1 || finding.Column < 1 || finding.Line > lines {
				t.Errorf("finding nowhere: %v", finding)
			}
		}
		seq.NoEffect()
		for i := range seq.Steps {
			text := seq.Steps[i].Compose("cfo", "a", "de", "")
			if text.Body != "" && len(text.Lines) != 1+strings.Count(text.Body, "\n") {
				t.Errorf("%d lines of %q", len(text.Lines), text.Body)
			}
		}
	})
}
