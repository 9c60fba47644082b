package messageid

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// A Skipped is a place at which no Message-ID stands.
type Skipped struct {
	Where string // a line's number, or a file
	Why   string
}

// maxLine is how long a line of a list may be: one of a CSV file with other columns.
const maxLine = 1 << 20

// List reads a list with one Message-ID a line, or a CSV file whose first column has
// them. A first line without one is a heading; other lines without one are skipped.
func List(r io.Reader, found func(id string), skipped func(Skipped)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		id, ok := inLine(line)
		switch {
		case ok:
			found(id)
		case line != "" && n > 1:
			skipped(Skipped{fmt.Sprintf("line %d", n), "no Message-ID stands at its beginning"})
		}
	}
	return lines.Err()
}

// inLine returns the Message-ID at the beginning of a line.
func inLine(line string) (string, bool) {
	line = strings.TrimLeft(line, "\"' ")
	if rest, ok := strings.CutPrefix(line, "<"); ok {
		id, _, closed := strings.Cut(rest, ">")
		return valid(id, closed)
	}
	if i := strings.IndexAny(line, ",;\t\"' "); i >= 0 {
		line = line[:i]
	}
	return valid(line, true)
}

// valid holds an id to what tells one from other text: something on both sides of an @.
func valid(id string, ok bool) (string, bool) {
	id = strings.TrimSpace(id)
	left, right, at := strings.Cut(id, "@")
	if !ok || !at || left == "" || right == "" || strings.ContainsAny(id, " \t<>") {
		return "", false
	}
	return id, true
}
