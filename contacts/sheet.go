package contacts

import (
	"errors"
	"fmt"
	"io"
)

// A sheet is a file whose headings are understood.
type sheet struct {
	*headings
	records *records
	read    *counter
	rows    int
}

// openSheet reads a file up to its first line.
func openSheet(r io.Reader, fields map[string]check, hints map[string]string, o Options) (*sheet, error) {
	s := &sheet{read: &counter{r: r}}
	in, err := decode(s.read, o.Encoding)
	if err != nil {
		return nil, err
	}
	if s.records, err = newRecords(in, o.Comma); err != nil {
		return nil, err
	}
	head, err := s.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty")
	case err != nil:
		return nil, err
	case head.fault != "":
		return nil, fmt.Errorf("line %d: %s", head.line, head.fault)
	}
	s.headings, err = matchHeadings(head.cells, fields, hints, o)
	return s, err
}

// next returns the next record in which something is written, or io.EOF.
func (s *sheet) next() (record, error) {
	for {
		rec, err := s.records.next()
		if err != nil || !rec.blank() {
			return rec, err
		}
	}
}

// row returns the next row with something in it, or io.EOF.
func (s *sheet) row() (row, error) {
	rec, err := s.next()
	if err != nil {
		return row{}, err
	}
	if s.rows++; s.rows > MaxRows {
		return row{}, fmt.Errorf("line %d: the file has more than %d rows: split it; nothing was taken from this line on", rec.line, MaxRows)
	}
	return row{record: rec, h: s.headings}, nil
}

// A row is a record that is read by its headings.
type row struct {
	record
	h *headings
}

// get returns the clean cell of a path; empty if there is no such column.
func (r row) get(path string) string {
	i, ok := r.h.column[path]
	if !ok {
		return ""
	}
	return clean(r.cells[i])
}

// flaw is why a row is not taken. The rule is the same for all of its sort and
// names nobody; the detail says what this row has.
type flaw struct{ rule, detail string }

func (f *flaw) text() string {
	if f.detail == "" {
		return f.rule
	}
	return f.rule + ": " + f.detail
}

// formed checks what needs no meaning: quotes, columns, letters.
func (r row) formed() *flaw {
	switch {
	case r.fault != "":
		return &flaw{r.fault, ""}
	case len(r.cells) < len(r.h.all):
		return &flaw{"the row has too few columns", fmt.Sprintf("%d, but the first line has %d", len(r.cells), len(r.h.all))}
	case len(r.cells) > len(r.h.all):
		return &flaw{"the row has too many columns", fmt.Sprintf("%d, but the first line has %d; a text with a comma in it needs quotes", len(r.cells), len(r.h.all))}
	}
	for i, cell := range r.cells {
		if !readable(cell) {
			return &flaw{"the text can't be read", fmt.Sprintf("%s has broken letters or a zero byte in it; save the file as UTF-8, or name its encoding", r.h.title(i))}
		}
	}
	return nil
}

// values checks every cell that is not empty and returns them by path. The flaw tells of
// all that are wrong, so that a row is mended once.
func (r row) values(fields map[string]check) (map[string]string, *flaw) {
	if f := r.formed(); f != nil {
		return nil, f
	}
	values := make(map[string]string, len(r.h.column))
	var bad *flaw
	for i, path := range r.h.paths {
		if path == "" {
			continue
		}
		s := clean(r.cells[i])
		if s == "" {
			continue
		}
		v, err := fields[path](s)
		switch {
		case err == nil:
			values[path] = v
		case bad == nil:
			bad = wrong(path, s, err)
		default:
			bad.detail += "; " + wrong(path, s, err).text()
		}
	}
	return values, bad
}

// wrong is the flaw of one cell.
func wrong(path, value string, err error) *flaw {
	return &flaw{path + " is not valid", quote(value) + ": " + err.Error()}
}

// dial turns the phone number among the values into E.164.
func dial(values map[string]string, home string) *flaw {
	s, ok := values[pathPhone]
	if !ok {
		return nil
	}
	if c := values[pathCountry]; c != "" {
		home = c
	}
	n, err := phone(s, home)
	if err != nil {
		return wrong(pathPhone, s, err)
	}
	values[pathPhone] = n
	return nil
}
