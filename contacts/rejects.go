package contacts

import (
	"encoding/csv"
	"io"
	"slices"
)

// rejects writes the rows that were not taken, with the reason in one more
// column. Nothing is written before the first of them.
type rejects struct {
	w     io.Writer // nil: they are only counted
	csv   *csv.Writer
	head  []string
	comma byte
}

func (r *rejects) add(cells []string, reason string) error {
	if r.w == nil {
		return nil
	}
	if r.csv == nil {
		r.csv = csv.NewWriter(r.w)
		r.csv.Comma = rune(r.comma)
		if err := r.line(r.head, "reason"); err != nil {
			return err
		}
	}
	return r.line(cells, reason)
}

// line writes a row with as many cells as there are headings, or more if it had
// more, so that it can be mended by hand.
func (r *rejects) line(cells []string, reason string) error {
	row := slices.Clone(cells)
	for len(row) < len(r.head) {
		row = append(row, "")
	}
	for i := range row {
		row[i] = defuse(row[i])
	}
	return r.csv.Write(append(row, defuse(reason)))
}

func (r *rejects) flush() error {
	if r.csv == nil {
		return nil
	}
	r.csv.Flush()
	return r.csv.Error()
}
