package contacts

import (
	"errors"
	"fmt"
	"io"
)

// Addresses reads a list of e-mail addresses and phone numbers that must be left
// alone: a CSV file with a column email or phone, or one address a line without
// any heading. It returns them normalised as an import does, so that they are
// recognised, and how many lines were no address. The list is held in memory.
func Addresses(r io.Reader, o Options) (list []string, rejected int, err error) {
	home, err := homeCountry(o.Country)
	if err != nil {
		return nil, 0, err
	}
	fields := addressFields()
	s, err := openSheet(r, fields, nil, o)
	if err != nil {
		return nil, 0, err
	}
	if first, ok := addressOf(s.all[0], home); ok && len(s.all) == 1 {
		list = append(list, first)
		s.column, s.paths = map[string]int{}, make([]string, 1)
	} else if err := s.need("which address", pathEmail, pathPhone); err != nil {
		return nil, 0, fmt.Errorf("the first line is no address, and %w", err)
	}
	for {
		r, err := s.row()
		if errors.Is(err, io.EOF) {
			return list, rejected, nil
		}
		if err != nil {
			return list, rejected, fmt.Errorf("after %d addresses: %w", len(list), err)
		}
		found := addresses(r, fields, home)
		if len(found) == 0 {
			rejected++
		}
		list = append(list, found...)
	}
}

// addresses returns those of a row: what stands in its columns, or, where the
// file has no heading, what it is itself. A bad cell does not spoil the other:
// each address that can be read is one that is left alone.
func addresses(r row, fields map[string]check, home string) (found []string) {
	if r.formed() != nil {
		return nil
	}
	if len(r.h.column) == 0 {
		if a, ok := addressOf(clean(r.cells[0]), home); ok {
			found = append(found, a)
		}
		return found
	}
	if a, err := email(r.get(pathEmail)); err == nil {
		found = append(found, a)
	}
	if c, err := country(r.get(pathCountry)); err == nil {
		home = c
	}
	if n, err := phone(r.get(pathPhone), home); err == nil {
		found = append(found, n)
	}
	return found
}

// addressOf reads an address of either sort.
func addressOf(s, home string) (string, bool) {
	if a, err := email(s); err == nil {
		return a, true
	}
	n, err := phone(s, home)
	return n, err == nil
}
