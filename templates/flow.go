package templates

import (
	"strconv"
	"unicode/utf8"
)

// The plain text comes out of Liquid as words and marks, for lines can only be
// broken when the values are known. The marks are control characters, which
// neither an author nor a value can bring in.
const (
	markParagraph = '\x01' // a blank line before what follows
	markLine      = '\x02' // a new line before what follows
	markList      = '\x03' // a list begins; digits and markEnd give its first number, none a bullet
	markItem      = '\x04'
	markQuote     = '\x05'
	markPop       = '\x06' // ends list, item or quote
	markVerbatim  = '\x07' // text whose lines stay as they are, until markFlow
	markFlow      = '\x08'
	markHeading1  = '\x0e' // underlines the line above
	markHeading2  = '\x0f'
	markEnd       = '\x1f'
)

// textWidth is where lines of mail are broken: readable, and short enough to be
// quoted a few times (RFC 5322 section 2.1.1 asks for 78).
const textWidth = 72

// A flow lays words and marks out as lines.
type flow struct {
	out   []byte
	width int // 0: lines are not broken

	levels   []level
	column   int  // characters in the open line
	open     bool // a line has been begun
	space    bool // a space is due before the next word
	breaks   int  // line feeds due before the next line
	quotes   int  // how deep the last line was quoted
	verbatim bool
}

// A level is a list, an item or a quote that the text stands in.
type level struct {
	mark   byte
	number int    // of a list: of the next item; 0 for bullets
	indent string // of an item once its bullet is out, and of a quote
}

// layOut appends src, laid out, to out.
func layOut(out, src []byte, width int) []byte {
	f := flow{out: out, width: width}
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case f.verbatim && c != markFlow:
			i += f.line(src[i:])
		case c < ' ' && c != '\n' && c != '\t':
			i += f.mark(src[i:])
		case c == ' ' || c == '\n' || c == '\t':
			f.space = true
			i++
		default:
			i += f.word(src[i:])
		}
	}
	return f.out
}

// word writes a word and returns its length. A word is never broken, so an
// address stays whole.
func (f *flow) word(src []byte) int {
	n := 0
	for n < len(src) && src[n] > ' ' {
		n++
	}
	width := utf8.RuneCount(src[:n])
	switch {
	case !f.open:
		f.begin()
	case f.space && f.width > 0 && f.column+1+width > f.width:
		f.end(1)
		f.begin()
	case f.space:
		f.out = append(f.out, ' ')
		f.column++
	}
	f.out = append(f.out, src[:n]...)
	f.column += width
	f.space = false
	return n
}

// line writes a line of verbatim text and returns its length with line feed.
func (f *flow) line(src []byte) int {
	n := 0
	for n < len(src) && src[n] != '\n' && src[n] != markFlow {
		n++
	}
	if n > 0 {
		if !f.open {
			f.begin()
		}
		f.out = append(f.out, src[:n]...)
	}
	if n < len(src) && src[n] == '\n' {
		if f.open {
			f.end(1)
		} else {
			f.breaks++
		}
		n++
	}
	return n
}

// begin opens a line: the line feeds that are due, then bullets and indents.
func (f *flow) begin() {
	quotes := 0
	for _, l := range f.levels {
		if l.mark == markQuote {
			quotes++
		}
	}
	if len(f.out) > 0 {
		for i := range f.breaks {
			// An empty line inside a quote is quoted too, so it stays one.
			if i > 0 {
				f.out = append(f.out, ">>>>>>>>"[:min(quotes, f.quotes, 8)]...)
			}
			f.out = append(f.out, '\n')
		}
	}
	f.quotes = quotes
	f.breaks, f.open, f.space, f.column = 0, true, false, 0
	for i := range f.levels {
		l := &f.levels[i]
		indent := l.indent
		if l.mark == markItem && indent == "" {
			indent = f.bullet(i)
			l.indent = "            "[:min(len(indent), 12)]
		}
		f.out = append(f.out, indent...)
		f.column += len(indent)
	}
}

// bullet returns what stands before the item at level i. An item gets its number
// when its first word comes, so that one left out by a condition leaves no gap.
func (f *flow) bullet(i int) string {
	if i == 0 || f.levels[i-1].number == 0 {
		return "- "
	}
	n := f.levels[i-1].number
	f.levels[i-1].number++
	return strconv.Itoa(n) + ". "
}

// end closes the line, if one is open, and makes n line feeds due.
func (f *flow) end(n int) {
	f.breaks = max(f.breaks, n)
	f.open = false
}

// mark obeys a mark and returns its length.
func (f *flow) mark(src []byte) int {
	switch src[0] {
	case markParagraph:
		f.end(2)
	case markLine:
		f.end(1)
	case markList:
		n := 1
		for n < len(src) && src[n] != markEnd {
			n++
		}
		number, _ := strconv.Atoi(string(src[1:n]))
		f.levels = append(f.levels, level{mark: markList, number: number})
		return min(n+1, len(src))
	case markItem:
		f.levels = append(f.levels, level{mark: markItem})
	case markQuote:
		f.levels = append(f.levels, level{mark: markQuote, indent: "> "})
	case markPop:
		f.levels = f.levels[:max(len(f.levels)-1, 0)]
	case markVerbatim:
		f.verbatim = true
	case markFlow:
		f.verbatim = false
	case markHeading1:
		f.underline('=')
	case markHeading2:
		f.underline('-')
	}
	return 1
}

func (f *flow) underline(with byte) {
	if !f.open {
		return
	}
	n := f.column
	f.end(1)
	f.begin()
	for range n {
		f.out = append(f.out, with)
	}
	f.end(2)
}
