package sequences

import "strings"

// verbatim follows the lines of a text and knows which stand in a fenced code
// block or an HTML comment, where no mark means anything. The zero value is
// before the first line.
type verbatim struct {
	fence   string // that is open: its marks, such as ```
	comment bool
}

// holds tells whether the next line is verbatim; fences themselves are.
func (v *verbatim) holds(line string) bool {
	text := strings.TrimLeft(line, " \t")
	switch {
	case v.comment:
		v.comment = !strings.Contains(line, "-->")
		return true
	case v.fence != "":
		marks := fenceMarks(text)
		if len(marks) >= len(v.fence) && marks[0] == v.fence[0] && strings.TrimSpace(text[len(marks):]) == "" {
			v.fence = ""
		}
		return true
	case strings.HasPrefix(text, "<!--"):
		v.comment = !strings.Contains(text[len("<!--"):], "-->")
		return v.comment
	}
	marks := fenceMarks(text)
	// Backticks after the marks make it a code span (CommonMark section 4.5).
	if len(marks) >= 3 && (marks[0] == '~' || !strings.Contains(text[len(marks):], "`")) {
		v.fence = marks
		return true
	}
	return false
}

// fenceMarks returns the run of backticks or tildes at the beginning.
func fenceMarks(text string) string {
	if text == "" || text[0] != '`' && text[0] != '~' {
		return ""
	}
	return text[:len(text)-len(strings.TrimLeft(text, text[:1]))]
}
