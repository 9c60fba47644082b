package contacts

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/workspace"
)

// Row checks what somebody tells of one contact, by the paths that a file's columns have, and makes
// of it what an import would. The error tells of everything that is wrong.
//
// id is whose it is, where that is known; else it is found as a row of a file is.
func Row(w *workspace.Workspace, id andante.ContactID, told map[string]string, source string, now time.Time) (ops.Row, error) {
	fields := importFields(w)
	h := &headings{column: map[string]int{}, extra: -1}
	r := row{h: h}
	for _, path := range slices.Sorted(maps.Keys(told)) {
		if fields[path] == nil {
			return ops.Row{}, fmt.Errorf("there is no field %s; %s", path, suggestion(path, slices.Sorted(maps.Keys(fields))))
		}
		h.column[path] = len(h.paths)
		h.all, h.paths, r.cells = append(h.all, path), append(h.paths, path), append(r.cells, told[path])
	}
	e, err := newEvidence(Options{Source: source}, h, now, w.Config.Home())
	if err != nil {
		return ops.Row{}, err
	}
	if id != "" && told[pathID]+told[pathEmail]+told[pathPhone] == "" { // nothing that names anybody is needed
		h.column[pathID], h.all, h.paths, r.cells = len(h.paths), append(h.all, pathID), append(h.paths, pathID), append(r.cells, string(id))
	}
	out, f := contact(r, fields, e, w.Config.Company.Country)
	if out.ExternalID == string(id) {
		out.ExternalID = ""
	}
	out.Contact = id
	if f != nil {
		return ops.Row{}, errors.New(f.text())
	}
	return out, nil
}

// AccountFields checks what somebody tells of an account, by path, as a file's columns are checked. An
// empty value empties nothing. The error tells of everything that is wrong.
func AccountFields(w *workspace.Workspace, told map[string]string) (map[string]string, error) {
	fields, checked := importFields(w), map[string]string{}
	var bad []string
	for _, path := range slices.Sorted(maps.Keys(told)) {
		check := fields[path]
		if check == nil || !strings.HasPrefix(path, "account.") {
			return nil, fmt.Errorf("an account has no field %s; %s", path, suggestion(path, slices.Sorted(maps.Keys(fields))))
		}
		value := clean(told[path])
		if value == "" {
			continue
		}
		written, err := check(value)
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s %s: %v", path, quote(value), err))
			continue
		}
		checked[path] = written
	}
	if len(bad) > 0 {
		return nil, errors.New(strings.Join(bad, "; "))
	}
	return checked, nil
}

// AccountKey checks the key of an account.
func AccountKey(s string) (string, error) {
	s = clean(s)
	if s == "" {
		return "", errors.New("an account's key is not empty")
	}
	return line(s)
}
