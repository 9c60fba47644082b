package contacts

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A record is one row as it stands in the file.
type record struct {
	line  int // on which it begins, from 1
	cells []string
	fault string // what is wrong with its form; the cells are what was understood
}

// size returns about how many bytes the record holds on to.
func (r record) size() (n int) {
	for _, c := range r.cells {
		n += len(c) + 16
	}
	return n
}

// blank tells whether nothing is written in the record.
func (r record) blank() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return r.fault == ""
}

// Faults of form.
const (
	faultQuote = "a quote stands in the wrong place: double it, and put the whole cell in quotes"
	faultCell  = "a cell is longer than 64 kB"
	faultLine  = "the row is longer than 1 MB; is a quote missing?"
	faultCells = "it has more than 500 columns"
)

// quotedLimit is how many bytes may stand in one pair of quotes before the file
// is given up.
const quotedLimit = 8 << 20

// records reads CSV (RFC 4180) row by row. The standard library's reader would do
// but for one thing: a missing quote makes it take the rest of the file for one
// cell, and hold it in memory. Ends of line are LF, CRLF or CR; all become LF.
type records struct {
	in    *bufio.Reader
	comma byte
	line  int

	buf  []byte // the cells of the record, one behind the other
	ends []int
	last bool // the last byte was the end of the file
}

// newRecords begins to read. It finds the comma if none is given, and steps over
// the line sep=; with which Excel names it.
func newRecords(in *bufio.Reader, comma rune) (*records, error) {
	r := &records{in: in, line: 1}
	switch {
	case comma == '"' || comma == '\n' || comma == '\r' || comma < 0 || comma >= 0x80:
		return nil, fmt.Errorf("cells can't be parted by %q: use a comma, a semicolon, a tab or |", comma)
	case comma != 0:
		r.comma = byte(comma)
	}
	start, err := in.Peek(peekSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	if named, skip := separatorLine(start); skip > 0 {
		in.Discard(skip)
		r.line++
		if r.comma == 0 {
			r.comma = named
		}
		start = start[skip:]
	}
	if r.comma == 0 {
		r.comma = guessComma(start)
	}
	return r, nil
}

// separatorLine reads a first line such as sep=; and returns its length.
func separatorLine(start []byte) (comma byte, n int) {
	if len(start) < 6 || !bytes.EqualFold(start[:4], []byte("sep=")) || start[4] >= 0x80 || start[4] < ' ' && start[4] != '\t' || start[4] == '"' {
		return 0, 0
	}
	switch {
	case start[5] == '\n':
		return start[4], 6
	case start[5] == '\r' && len(start) > 6 && start[6] == '\n':
		return start[4], 7
	}
	return 0, 0
}

// guessComma returns what parts the headings: the most frequent outside quotes.
func guessComma(start []byte) byte {
	const commas = ",;\t|"
	var count [len(commas)]int
	quoted := false
	for _, b := range start {
		if b == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if b == '\n' || b == '\r' {
			break
		}
		if i := strings.IndexByte(commas, b); i >= 0 {
			count[i]++
		}
	}
	best := 0
	for i, n := range count {
		if n > count[best] {
			best = i
		}
	}
	return commas[best]
}

// next returns the next record, or io.EOF. Any other error ends the file.
func (r *records) next() (record, error) {
	rec := record{line: r.line}
	if _, err := r.in.Peek(1); errors.Is(err, io.EOF) {
		return rec, io.EOF
	}
	r.buf, r.ends = r.buf[:0], r.ends[:0]
	for {
		end, err := r.cell(&rec)
		if err != nil {
			return rec, err
		}
		if len(r.ends) < MaxColumns {
			r.ends = append(r.ends, len(r.buf))
		} else {
			rec.blame(faultCells)
		}
		if end == '\n' {
			rec.cells = r.cut()
			return rec, nil
		}
	}
}

// cut makes strings of the cells.
func (r *records) cut() []string {
	all, from := string(r.buf), 0
	cells := make([]string, len(r.ends))
	for i, end := range r.ends {
		cells[i], from = all[from:end], end
	}
	return cells
}

func (r *record) blame(fault string) {
	if r.fault == "" {
		r.fault = fault
	}
}

// cell reads a cell and returns what ended it: the comma, or a line feed that
// also stands for the end of the file.
func (r *records) cell(rec *record) (end byte, err error) {
	start := len(r.buf)
	b, err := r.octet()
	if err == nil && b == '"' {
		b, err = r.quoted(rec, start)
	}
	for err == nil && b != r.comma && b != '\n' {
		if b == '"' {
			rec.blame(faultQuote)
		}
		r.keep(rec, start, b)
		b, err = r.octet()
	}
	return b, err
}

// quoted reads the rest of a cell in quotes and returns the byte behind it.
func (r *records) quoted(rec *record, start int) (byte, error) {
	opened, length := r.line, 0
	for ; length < quotedLimit; length++ {
		b, err := r.octet()
		switch {
		case err != nil:
			return 0, err
		case r.last:
			return 0, unclosed(opened)
		case b != '"':
			r.keep(rec, start, b)
			continue
		}
		if b, err = r.octet(); err != nil || b == r.comma || b == '\n' {
			return b, err
		}
		if b != '"' {
			rec.blame(faultQuote)
			return b, nil
		}
		r.keep(rec, start, '"')
	}
	return 0, unclosed(opened)
}

func unclosed(line int) error {
	return fmt.Errorf("line %d: a quote is opened here and never closed; nothing was taken from this line on", line)
}

// keep adds a byte to the cell that begins at start, within the limits.
func (r *records) keep(rec *record, start int, b byte) {
	switch {
	case len(r.buf)-start >= MaxCell:
		rec.blame(faultCell)
	case len(r.buf) >= MaxLine:
		rec.blame(faultLine)
	case len(r.ends) < MaxColumns:
		r.buf = append(r.buf, b)
	}
}

// octet returns the next byte. Every end of a line, and the end of the file, is a
// line feed.
func (r *records) octet() (byte, error) {
	b, err := r.in.ReadByte()
	if err != nil {
		r.last = errors.Is(err, io.EOF)
		if r.last {
			return '\n', nil
		}
		return 0, fmt.Errorf("line %d: read the file: %w", r.line, err)
	}
	if b == '\r' {
		if after, err := r.in.Peek(1); err == nil && after[0] == '\n' {
			r.in.Discard(1) // it was seen
		}
		b = '\n'
	}
	if b == '\n' {
		r.line++
	}
	return b, nil
}
