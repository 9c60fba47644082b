package sequences

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// A section is the source of one step: a heading, its fence, and the body down
// to the next section. Lines count from 1.
type section struct {
	title   string
	heading int
	open    int // line of the opening fence
	shut    int // line of the closing one; 0: it isn't closed
	yaml    []string
	body    []string
	bodyAt  int
}

// blocks knows Markdown's blocks and nothing else: where steps begin doesn't
// depend on what stands within a line.
var blocks = parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...))

// nested matches a line whose quotes and lists take the Markdown library a time
// that grows with the square of their depth.
var nested = regexp.MustCompile(`^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])[ \t])){50}`)

// scanSections finds the steps in the lines after the front matter; first is the
// file's line number of lines[0].
func (d *draft) scanSections(lines []string, first int) []section {
	if i := slices.IndexFunc(lines, nested.MatchString); i >= 0 {
		d.report("size", Position{first + i, 1}, "quotes or lists are nested too deep here, so no step is read")
		d.broken = true
		return nil
	}
	src := []byte(strings.Join(lines, "\n"))
	starts := []int{0}
	for i, b := range src {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	lineOf := func(offset int) int { return sort.SearchInts(starts, offset+1) - 1 }

	var found []section
	doc := blocks.Parse(text.NewReader(src))
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		fence, ok := n.(*ast.FencedCodeBlock)
		if !ok || fence.Info == nil {
			continue
		}
		open := lineOf(fence.Info.Segment.Start)
		heading, ok := n.PreviousSibling().(*ast.Heading)
		ok = ok && heading.Level == 2
		info := strings.Fields(string(fence.Info.Value(src)))
		text := string(fence.Lines().Value(src))
		if !d.isStep(info, ok, first+open, lines[open], text) {
			continue
		}
		s := section{open: first + open, title: headingText(heading, src)}
		s.heading = first + headingLine(heading, lines, open, lineOf)
		if shut := open + 1 + fence.Lines().Len(); shut < len(lines) && isFence(lines[shut]) {
			s.shut = first + shut
			s.yaml = lines[open+1 : shut]
		} else {
			s.yaml = lines[open+1:]
		}
		found = append(found, s)
	}
	return cutBodies(found, lines, first)
}

// isStep tells whether a fence with this info string is a step's, and reports
// those that almost are.
func (d *draft) isStep(info []string, afterHeading bool, line int, written, text string) bool {
	column := len(written) - len(strings.TrimLeft(written, " `~")) + 1
	step := slices.Equal(info, []string{"yaml", "step"})
	switch {
	case step && afterHeading:
		return true
	case step:
		d.report("step", Position{line, column}, "this fence is no step: a level-2 heading (##) must stand right before it")
	case afterHeading && kindKey.MatchString(text):
		d.report("step", Position{line, column}, "this fence holds a step, and is none").Suggestion = "write ```yaml step"
	case afterHeading && likeStep(info):
		f := d.report("step-fence", Position{line, column}, "%q under a level-2 heading is no step", strings.Join(info, " "))
		f.Suggestion = "write yaml step if it is meant to be one"
	}
	return false
}

// kindKey is what every step has, and nothing else in a fence.
var kindKey = regexp.MustCompile(`(?m)^\s*kind\s*:`)

// likeStep tells whether an info string may be a misspelt "yaml step".
func likeStep(info []string) bool {
	if len(info) == 0 {
		return false
	}
	first := strings.ToLower(info[0])
	return first == "yaml" || first == "yml" || strings.Contains(first, "step")
}

func headingText(h *ast.Heading, src []byte) string {
	return strings.TrimSpace(remark.ReplaceAllString(string(h.Lines().Value(src)), ""))
}

// headingLine returns the index of the line on which the heading of the fence
// opened on line open begins. An empty heading has no text to go by.
func headingLine(h *ast.Heading, lines []string, open int, lineOf func(int) int) int {
	if h.Lines().Len() > 0 {
		return lineOf(h.Lines().At(0).Start)
	}
	i := open - 1
	for i > 0 && strings.TrimSpace(lines[i]) == "" {
		i--
	}
	return i
}

func isFence(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~")
}

// cutBodies gives each section the lines down to the next one's heading.
func cutBodies(found []section, lines []string, first int) []section {
	for i := range found {
		end := first + len(lines)
		if i+1 < len(found) {
			end = found[i+1].heading
		}
		s := &found[i]
		if s.shut == 0 {
			continue
		}
		s.bodyAt = s.shut + 1
		s.body = lines[s.bodyAt-first : max(end-first, s.bodyAt-first)]
	}
	return found
}
