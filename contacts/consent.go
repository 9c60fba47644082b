package contacts

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/andante-hq/andante"
)

// evidence makes the consent that comes with a row.
type evidence struct {
	common  andante.Consent // what the row may say otherwise
	at      time.Time       // given for the whole file; may be zero
	now     time.Time       // of the import; zero in a dry run without a store
	loc     *time.Location
	hasTime bool // a column says when
}

// newEvidence checks what is said of the consent once per file.
func newEvidence(o Options, h *headings, now time.Time, loc *time.Location) (*evidence, error) {
	switch {
	case o.Basis != "" && !slices.Contains(andante.Bases, o.Basis):
		return nil, fmt.Errorf("--basis: there is no basis %q; %s", o.Basis, suggestion(string(o.Basis), texts(andante.Bases)))
	case o.Kind != "" && (!o.Kind.Valid() || o.Kind == andante.Decide):
		return nil, fmt.Errorf("consent for the kind %q: there is no such kind", o.Kind)
	case o.Purpose != "" && !o.Purpose.Valid():
		return nil, fmt.Errorf("consent for the purpose %q: there is no such purpose", o.Purpose)
	case future(o.At, now):
		return nil, errors.New("the time of the consent lies in the future")
	}
	e := &evidence{at: o.At, now: now, loc: loc, common: andante.Consent{
		Basis: o.Basis, Source: cmp.Or(o.Source, "import"), Kind: o.Kind, Purpose: o.Purpose,
	}}
	e.common.Wording = hashOf(o.Wording)
	_, column := h.column[pathAt]
	e.hasTime = column || h.extra >= 0
	if expires(o.Basis) && o.At.IsZero() && !e.hasTime {
		return nil, fmt.Errorf("the basis %s runs out, so it needs the time when it began: name the column with --at", o.Basis)
	}
	return e, nil
}

// anyOf stands in a file for every kind, or every purpose.
const anyOf = "any"

// given returns what a row says, or else the file as a whole.
func given[T ~string](cell string, common T) T {
	if cell == anyOf {
		return ""
	}
	return cmp.Or(T(cell), common)
}

// hashOf returns what is kept of a wording: its SHA-256 in hex, or nothing of nothing. What is one
// already, as in a file that was exported, stays.
func hashOf(wording string) string {
	if sum, err := hex.DecodeString(wording); err == nil && (wording == "" || len(sum) == sha256.Size) {
		return wording
	}
	sum := sha256.Sum256([]byte(wording))
	return hex.EncodeToString(sum[:])
}

// expires tells the bases that consent.yaml may give an end.
func expires(b andante.Basis) bool { return b == andante.CustomerOf || b == andante.Inquiry }

// of returns the consent of a row, nil for none. values lose what belongs to it.
func (e *evidence) of(r row, values map[string]string) (*andante.Consent, *flaw) {
	k := e.common
	k.Basis = cmp.Or(andante.Basis(values[pathBasis]), k.Basis)
	k.Source = cmp.Or(values[pathSource], k.Source)
	k.Kind = given(values[pathKind], k.Kind)
	k.Purpose = given(values[pathPurpose], k.Purpose)
	k.Wording = cmp.Or(hashOf(values[pathWording]), k.Wording)
	path, written := pathAt, values[pathAt]
	if written == "" && r.h.extra >= 0 {
		path, written = r.h.title(r.h.extra), clean(r.cells[r.h.extra])
	}
	for _, p := range []string{pathBasis, pathSource, pathAt, pathKind, pathPurpose, pathWording} {
		delete(values, p)
	}
	if k.Basis == "" || k.Basis == andante.NoBasis {
		return nil, nil
	}
	at, f := e.when(k.Basis, path, written)
	k.At = at
	return &k, f
}

// when returns the time of the consent.
func (e *evidence) when(b andante.Basis, path, written string) (time.Time, *flaw) {
	if written == "" {
		switch {
		case !e.at.IsZero():
			return e.at, nil
		case e.hasTime || expires(b):
			return e.at, &flaw{"the time of the consent is missing", fmt.Sprintf("its basis is %s", b)}
		default:
			return time.Time{}, nil // that of the first import that brings it
		}
	}
	at, err := instant(written, e.loc)
	if err == nil && future(at, e.now) {
		err = errors.New("it lies in the future")
	}
	if err != nil {
		return at, wrong(path, written, err)
	}
	return at, nil
}

// future tells whether t has not come yet. A day is nothing: a date begins
// earlier in the east.
func future(t, now time.Time) bool { return !now.IsZero() && t.After(now.Add(24*time.Hour)) }

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = string(t)
	}
	return out
}
