package templates

import (
	"bytes"
	"html"
	"regexp"
	"strings"
)

// paragraphs splits what somebody wrote.
func paragraphs(line string) (list []string) {
	for part := range strings.SplitSeq(strings.ReplaceAll(line, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// addLine puts somebody's own words behind the first paragraph of a text, which is the
// greeting; before a text that has but one they come first.
func addLine(text []byte, line string, width int) []byte {
	var own []byte
	for _, p := range paragraphs(line) {
		own = append(append(own, layOut(nil, []byte(p), width)...), "\n\n"...)
	}
	if len(own) == 0 {
		return text
	}
	first, rest, more := bytes.Cut(text, []byte("\n\n"))
	if !more {
		return append(own, text...)
	}
	return bytes.Join([][]byte{first, append(own, rest...)}, []byte("\n\n"))
}

// paragraph matches the first one of a mail's HTML.
var paragraph = regexp.MustCompile(`(?s)^\s*(<p\b[^<>]*>).*?</p>\n?`)

// addHTMLLine does so in HTML. The paragraph looks as the first one does.
func addHTMLLine(doc []byte, line string) []byte {
	open, at := "<p>", 0
	if m := paragraph.FindSubmatchIndex(doc); m != nil {
		open, at = string(doc[m[2]:m[3]]), m[1]
	}
	var own strings.Builder
	for _, p := range paragraphs(line) {
		own.WriteString(open + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>\n") + "</p>\n")
	}
	if own.Len() == 0 {
		return doc
	}
	return bytes.Join([][]byte{doc[:at], doc[at:]}, []byte(own.String()))
}
