package contacts

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How sure it is that a column means a field: a heading that is chosen by hand
// beats one that is the path itself, and so on down.
const (
	bySynonym = iota + 1
	byName
	byPath
	byHand
)

// headings say which column fills which path.
type headings struct {
	all      []string       // as written, cleaned
	column   map[string]int // path → index
	paths    []string       // index → path; empty: not taken
	unmapped []string
	extra    int // column of Options.AtColumn, or -1
}

// normal reduces a heading to its letters and digits in lower case.
func normal(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// matchHeadings finds the meaning of each column. hints are more synonyms.
func matchHeadings(row []string, fields map[string]check, hints map[string]string, o Options) (*headings, error) {
	h := &headings{column: map[string]int{}, paths: make([]string, len(row)), unmapped: []string{}, extra: -1}
	for _, cell := range row {
		if !readable(cell) {
			if o.Bare {
				return nil, errors.New("the first line can't be read as text: save the file as UTF-8")
			}
			return nil, errors.New("the first line can't be read as text: name the file's encoding, such as --encoding windows-1252")
		}
		h.all = append(h.all, clean(cell))
	}
	chosen, err := h.byHand(fields, o.Map)
	if err != nil {
		return nil, err
	}
	sure := map[string]int{}
	plain := plainNames(fields)
	for i, heading := range h.all {
		path, how := chosen[i], byHand
		if _, ok := chosen[i]; !ok {
			path, how = meaning(heading, fields, plain, hints)
		}
		if path == "" || how < sure[path] {
			continue
		}
		if how == sure[path] && o.Bare {
			return nil, fmt.Errorf("the columns %q and %q both mean %s: leave one out", h.all[h.column[path]], heading, path)
		}
		if how == sure[path] {
			return nil, fmt.Errorf("the columns %q and %q both mean %s: leave one out, with --map %q=", h.all[h.column[path]], heading, path, heading)
		}
		h.column[path], sure[path] = i, how
	}
	return h, h.finish(o.AtColumn)
}

// byHand finds the columns that Options.Map speaks of.
func (h *headings) byHand(fields map[string]check, m map[string]string) (map[int]string, error) {
	chosen := map[int]string{}
	for _, heading := range slices.Sorted(maps.Keys(m)) {
		path := strings.TrimSpace(m[heading])
		if _, ok := fields[path]; !ok && path != "" {
			return nil, fmt.Errorf("--map %q: nothing is called %q; %s", heading, path, suggestion(path, slices.Sorted(maps.Keys(fields))))
		}
		i, err := h.find(heading)
		if err != nil {
			return nil, fmt.Errorf("--map %q: %w", heading, err)
		}
		chosen[i] = path
	}
	return chosen, nil
}

// find returns the column with a heading, as it is written or nearly so.
func (h *headings) find(heading string) (int, error) {
	heading = clean(heading)
	if i := slices.Index(h.all, heading); i >= 0 {
		return i, nil
	}
	if i := slices.IndexFunc(h.all, func(s string) bool { return normal(s) == normal(heading) && normal(s) != "" }); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("the file has no such column; %s", suggestion(heading, h.all))
}

// plainNames lists the fields by their names without punctuation: firstname and
// contactfirstname, accountname. The account's own names need the noun.
func plainNames(fields map[string]check) map[string]string {
	names := map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		noun, name, _ := strings.Cut(path, ".")
		names[normal(path)] = path
		if noun == "contact" && name != "stage" {
			names[normal(name)] = path
		}
	}
	return names
}

// meaning returns the path that a heading means, and how sure that is.
func meaning(heading string, fields map[string]check, plain, hints map[string]string) (string, int) {
	if path := strings.ToLower(heading); fields[path] != nil {
		return path, byPath
	}
	// What the program writes itself is none of the words of other programs.
	if slices.Contains(derived, strings.ToLower(heading)) {
		return "", 0
	}
	n := normal(heading)
	if path, ok := plain[n]; ok {
		return path, byName
	}
	for _, words := range []map[string]string{hints, synonyms} {
		if path, ok := words[n]; ok && fields[path] != nil {
			return path, bySynonym
		}
	}
	return "", 0
}

// finish lists what is taken and what is not.
func (h *headings) finish(atColumn string) error {
	if atColumn != "" {
		i, err := h.find(atColumn)
		if err != nil {
			return fmt.Errorf("--at %q: %w", atColumn, err)
		}
		h.extra = i
	}
	for path, i := range h.column {
		h.paths[i] = path
	}
	for i, path := range h.paths {
		if path == "" && i != h.extra {
			h.unmapped = append(h.unmapped, h.title(i))
		}
	}
	return nil
}

// title returns the heading of a column for a person to read.
func (h *headings) title(i int) string {
	t := h.all[i]
	if t == "" {
		return fmt.Sprintf("column %d", i+1)
	}
	if utf8.RuneCountInString(t) > maxText {
		t = string([]rune(t)[:maxText]) + "…"
	}
	return t
}

// columns lists what is taken.
func (h *headings) columns() []Column {
	list := []Column{}
	for i, path := range h.paths {
		if path != "" {
			list = append(list, Column{h.title(i), path})
		}
	}
	return list
}

// need fails when none of the paths has a column.
func (h *headings) need(what string, paths ...string) error {
	for _, p := range paths {
		if _, ok := h.column[p]; ok {
			return nil
		}
	}
	return fmt.Errorf("no column says %s: the first line must name one %s, or say --map HEADING=%s; the columns are: %s",
		what, strings.Join(paths, " or "), paths[0], h.titles())
}

// titles names the first columns.
func (h *headings) titles() string {
	var seen []string
	for i := range min(len(h.all), 10) {
		seen = append(seen, h.title(i))
	}
	return strings.Join(seen, ", ")
}
