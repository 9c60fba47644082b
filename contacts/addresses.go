package contacts

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/andante-hq/andante/ops"
)

// Addresses reads a list of e-mail addresses and phone numbers that must be left
// alone: a CSV file with a column email or phone, or one address a line without
// any heading. It returns them normalised as an import does, so that they are
// recognised, and each line, or cell, that holds none. The list is held in memory.
func Addresses(r io.Reader, o Options) (list []string, bad []ops.Refusal, err error) {
	home, err := homeCountry(o.Country)
	if err != nil {
		return nil, nil, err
	}
	fields := addressFields()
	s, err := openSheet(r, fields, nil, o)
	if err != nil {
		return nil, nil, err
	}
	if first := anywhere(s.all, home); len(first) > 0 {
		list = append(list, first...)
		s.column = map[string]int{}
	} else if err := s.need("which address", pathEmail, pathPhone); err != nil {
		if o.Bare {
			return nil, nil, fmt.Errorf("the first line holds no address, and names no column email or phone: name one so, or write one address a line; the columns are: %s", s.titles())
		}
		return nil, nil, fmt.Errorf("the first line holds no address, and %w", err)
	}
	for {
		r, err := s.row()
		if errors.Is(err, io.EOF) {
			return list, bad, nil
		}
		if err != nil {
			return list, bad, fmt.Errorf("after %d addresses: %w", len(list), err)
		}
		found, wrong := addresses(r, home)
		list = append(list, found...)
		for _, f := range wrong {
			bad = append(bad, ops.Refusal{Line: r.line, Reason: f.text()})
		}
	}
}

// addresses returns those of a row: what stands in its columns or, where the file
// has no heading, in any of its cells. A bad cell does not spoil the other: each
// address that can be read is one that is left alone.
func addresses(r row, home string) (found []string, bad []*flaw) {
	if len(r.h.column) == 0 {
		if found = anywhere(r.cells, home); len(found) == 0 {
			bad = append(bad, &flaw{"no address stands here", quote(strings.Join(r.cells, ","))})
		}
		return found, bad
	}
	if f := r.formed(); f != nil {
		return nil, append(bad, f)
	}
	if c, err := country(r.get(pathCountry)); err == nil {
		home = c
	}
	for _, path := range []string{pathEmail, pathPhone} {
		cell := r.get(path)
		if cell == "" {
			continue
		}
		if a, ok := addressOf(cell, path == pathPhone, home); ok {
			found = append(found, a)
		} else {
			bad = append(bad, &flaw{path + " is not valid", quote(cell)})
		}
	}
	if len(found)+len(bad) == 0 {
		bad = append(bad, &flaw{"the row holds no address", ""})
	}
	return found, bad
}

// anywhere returns the addresses of either sort among some cells.
func anywhere(cells []string, home string) (found []string) {
	for _, c := range cells {
		if a, ok := addressOf(clean(c), false, home); ok {
			found = append(found, a)
		} else if a, ok := addressOf(clean(c), true, home); ok {
			found = append(found, a)
		}
	}
	return found
}

func addressOf(s string, number bool, home string) (a string, ok bool) {
	var err error
	if number {
		a, err = phone(s, home)
	} else {
		if m := mailbox.FindStringSubmatch(s); m != nil {
			s = m[1]
		}
		a, err = email(s)
	}
	return a, err == nil
}

// mailbox is an address with its owner's name before it.
var mailbox = regexp.MustCompile(`<([^<>]+)>\s*$`)
