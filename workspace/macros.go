package workspace

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante/sequences"
)

// Tags that stand for more text. Each has a line of its own, or is none.
var (
	elseTag     = regexp.MustCompile(`^\s*\{%-?\s*else\s*-?%\}\s*$`)
	endTag      = regexp.MustCompile(`^\s*\{%-?\s*endnugget\s*-?%\}\s*$`)
	strayTag    = regexp.MustCompile(`\{%-?\s*(?:end)?nugget\b`)
	directLine  = regexp.MustCompile(`^\s*\{%-?\s*direct_lines\s*-?%\}\s*$`)
	strayDirect = regexp.MustCompile(`\{%-?\s*direct_lines\b`)
)

// expand writes out what stands for more text: the address of an answer, each nugget that may be
// taken up, behind a condition, and whom to ask directly. lines are those of the file in which the lines of the
// text stand; what is written out stands on that of its tag.
func (w *Workspace) expand(body string, lines []int) (string, []int) {
	if strayAnswer.MatchString(body) {
		body = w.answers(body)
	}
	if !strayTag.MatchString(body) && !strayDirect.MatchString(body) {
		return body, lines
	}
	x := &expansion{src: strings.Split(body, "\n"), lines: lines, tags: map[string]int{}}
	for i := 0; i < len(x.src); i++ {
		m := sequences.NuggetTag.FindStringSubmatch(x.src[i])
		switch {
		case directLine.MatchString(x.src[i]):
			x.add(i, strings.Split(w.directLines(), "\n")...)
		case m != nil:
			i = x.nugget(w, m[1], i)
		default:
			x.add(i, x.src[i])
		}
	}
	return strings.Join(x.out, "\n"), x.at
}

// An expansion is a text that is being written out.
type expansion struct {
	src   []string
	lines []int
	out   []string
	at    []int
	tags  map[string]int // by topic, so far
}

// add writes lines that stand where line i does.
func (x *expansion) add(i int, text ...string) {
	line := 0
	if i < len(x.lines) {
		line = x.lines[i]
	}
	for _, t := range text {
		x.out, x.at = append(x.out, t), append(x.at, line)
	}
}

// nugget writes what a topic has, behind conditions, and then what the step says otherwise. It
// returns the last line of the tag.
func (x *expansion) nugget(w *Workspace, topic string, begin int) int {
	tag := spanOf(x.src, begin)
	x.tags[topic]++
	field, word := "nugget."+fieldOf(topic, x.tags[topic]), "if"
	for _, n := range w.nuggets {
		if n.about(topic) {
			x.add(begin, fmt.Sprintf("{%% %s %s == %q %%}", word, field, n.ID), "")
			x.add(begin, strings.Split(w.answers(n.body), "\n")...)
			x.add(begin, "")
			word = "elsif"
		}
	}
	if word == "if" {
		for _, i := range tag.otherwise {
			x.add(i, x.src[i])
		}
		return tag.last
	}
	x.add(begin, "{% else %}", "")
	for _, i := range tag.otherwise {
		x.add(i, x.src[i])
	}
	x.add(tag.last, "", "{% endif %}")
	return tag.last
}

// A span is what belongs to the tag of a nugget, by lines.
type span struct {
	otherwise []int // what the step says where there is none
	lost      int   // the first that says something before the else, and that nobody would get; 0: none does
	last      int   // where it ends
}

// spanOf returns what belongs to a tag. One without an end is alone.
func spanOf(src []string, begin int) span {
	s, inElse := span{last: begin}, false
	for i := begin + 1; i < len(src); i++ {
		switch line := src[i]; {
		case endTag.MatchString(line):
			s.last = i
			return s
		case sequences.NuggetTag.MatchString(line):
			return span{last: begin}
		case elseTag.MatchString(line) && !inElse:
			inElse = true
		case inElse:
			s.otherwise = append(s.otherwise, i)
		case s.lost == 0 && strings.TrimSpace(line) != "":
			s.lost = i
		}
	}
	return span{last: begin}
}

// directLines says whom to ask about what: the departments that have a title.
func (w *Workspace) directLines() string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(w.Config.Departments)) {
		d := w.Config.Departments[key]
		var ways []string
		if d.Email != "" {
			ways = append(ways, fmt.Sprintf("[%s](mailto:%[1]s)", d.Email))
		}
		if d.Phone != "" {
			ways = append(ways, d.Phone)
		}
		if d.Title != "" && len(ways) > 0 {
			lines = append(lines, "- "+d.Title+": "+strings.Join(ways, ", "))
		}
	}
	return strings.Join(lines, "\n")
}

// tagLines are the lines of the file on which a text takes nuggets up.
func tagLines(text sequences.Text) map[int]bool {
	taken := map[int]bool{}
	for i, line := range strings.Split(text.Body, "\n") {
		if i < len(text.Lines) && sequences.NuggetTag.MatchString(line) {
			taken[text.Lines[i]] = true
		}
	}
	return taken
}
