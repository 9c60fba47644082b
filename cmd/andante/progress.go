package main

import (
	"fmt"
	"io"
	"strings"
)

// progress redraws one line on a terminal and prints nothing elsewhere.
type progress struct {
	w    io.Writer
	on   bool
	wide int
}

func newProgress(w io.Writer) *progress { return &progress{w: w, on: terminal(w)} }

func (p *progress) show(format string, args ...any) {
	if !p.on {
		return
	}
	line := fmt.Sprintf(format, args...)
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(p.wide-len(line), 0)))
	p.wide = len(line)
}

// say shows a line, and elsewhere than on a terminal prints it.
func (p *progress) say(format string, args ...any) {
	if p.on {
		p.show(format, args...)
		return
	}
	fmt.Fprintf(p.w, format+"\n", args...)
}

// done clears the line.
func (p *progress) done() {
	if p.on && p.wide > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.wide))
	}
}

// bar draws how much of a whole is done.
func bar(part, whole int64) string {
	const width = 24
	if whole <= 0 {
		return ""
	}
	n := int(min(part*width/whole, width))
	return "[" + strings.Repeat("=", n) + strings.Repeat(" ", width-n) + "]"
}
