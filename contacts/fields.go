package contacts

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
	"github.com/andante-hq/andante/workspace"
)

// Paths that are no fields of a contact or an account.
const (
	pathID       = "contact.external_id"
	pathEmail    = "contact.email"
	pathPhone    = "contact.phone"
	pathCountry  = "contact.country"
	pathAccount  = "account"
	pathBasis    = "consent.basis"
	pathSource   = "consent.source"
	pathAt       = "consent.at"
	pathKind     = "consent.kind"
	pathPurpose  = "consent.purpose"
	pathWording  = "consent.wording"
	historyAt    = "at"
	historyKind  = "kind"
	historyFor   = "purpose"
	historyTitle = "subject"
)

// A check reads the value of one cell, which isn't empty, and returns its one
// written form.
type check func(string) (string, error)

// derived are fields that others make up, or that the store gives.
var derived = []string{"contact.id", "contact.name", "contact.shared", "account.id"}

// importFields returns what a file of contacts can fill, and how it is checked.
func importFields(w *workspace.Workspace) map[string]check {
	c := w.Config
	people, personas := slices.Sorted(maps.Keys(c.People)), slices.Sorted(maps.Keys(c.Personas))
	fields := map[string]check{
		pathBasis: oneOf(andante.Bases), pathSource: line, pathAt: line,
		pathKind: oneOf(append(kinds(), anyOf)), pathPurpose: oneOf(append(slices.Clone(andante.Purposes), anyOf)), pathWording: lines,
	}
	for _, f := range slices.Concat(andante.BuiltinFields, c.DeclaredFields()) {
		if (f.Noun == "contact" || f.Noun == "account") && !slices.Contains(derived, f.Path()) {
			fields[f.Path()] = checkOf(f.Type)
		}
	}
	for _, f := range andante.BuiltinFields {
		if _, ok := fields[f.Path()]; ok && f.Type == andante.TextField {
			fields[f.Path()] = line
		}
	}
	maps.Copy(fields, map[string]check{
		pathID: line, pathAccount: line, pathEmail: theirs, pathPhone: line,
		pathCountry: country, "contact.zone": zone, "contact.language": tongue, "contact.persona": oneOf(personas), "contact.stage": oneOf(andante.Stages),
		"account.domain": domain, "account.stage": oneOf(andante.Stages), "account.tier": oneOf(andante.Tiers), "account.owner": oneOf(people),
		"account.country": country, "account.zone": zone,
	})
	return fields
}

// historyFields returns what a file of past touches can fill.
func historyFields() map[string]check {
	return map[string]check{
		pathID: line, pathEmail: email, historyAt: line, historyKind: oneOf(kinds()),
		historyFor: oneOf(andante.Purposes), historyTitle: title,
	}
}

// kinds returns the kinds that reach somebody.
func kinds() []andante.Kind {
	return slices.DeleteFunc(slices.Clone(andante.Kinds), func(k andante.Kind) bool { return k == andante.Decide })
}

// title reads a subject. It is only shown, so it is mended rather than refused.
func title(s string) (string, error) {
	return andante.CleanText(strings.Join(strings.Fields(s), " ")), nil
}

// addressFields returns what a list of addresses can fill.
func addressFields() map[string]check {
	return map[string]check{pathEmail: email, pathPhone: line, pathCountry: country}
}

// ParseField reads what somebody wrote for a field of their own, and returns it as it is
// kept. The error says how it is written.
func ParseField(t andante.FieldType, s string) (string, error) { return checkOf(t)(clean(s)) }

func checkOf(t andante.FieldType) check {
	switch t {
	case andante.NumberField:
		return number
	case andante.FlagField:
		return flag
	case andante.DateField:
		return date
	default:
		return lines
	}
}

// flag reads yes or no.
func flag(s string) (string, error) {
	v, err := andante.FlagField.Parse(s)
	switch {
	case err != nil:
		return "", errors.New("write yes or no")
	case v == true:
		return "yes", nil
	default:
		return "no", nil
	}
}

var (
	errDate = errors.New("write the date as 2026-01-31, year first; other orders could be mistaken")
	errDay  = errors.New("there is no such day")
)

// dateForm is how a date is written, whatever the day.
var dateForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// date reads a day.
func date(s string) (string, error) {
	switch _, err := time.Parse(time.DateOnly, s); {
	case err == nil:
		return s, nil
	case dateForm.MatchString(s):
		return "", errDay
	}
	return "", errDate
}

// instant reads a time with its offset (RFC 3339). One without is read in loc, a
// bare date as its beginning there.
func instant(s string, loc *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New("write the time as 2026-01-31, 2026-01-31 15:04 or 2026-01-31T15:04:05Z")
}

// oneOf reads a word of a closed list, in whatever case.
func oneOf[T ~string](known []T) check {
	list := make([]string, len(known))
	for i, k := range known {
		list[i] = string(k)
	}
	return func(s string) (string, error) {
		if slices.Contains(list, s) {
			return s, nil
		}
		for _, k := range list {
			if strings.EqualFold(k, s) {
				return k, nil
			}
		}
		return "", errors.New(suggestion(s, list))
	}
}

// suggestion names what was probably meant, or all that there is.
func suggestion(s string, list []string) string {
	const few = 8
	near := nearest.Name(s, list)
	switch {
	case near != "":
		return "did you mean " + near + "?"
	case len(list) == 0:
		return "the workspace has none"
	case len(list) > few:
		return "there are " + strings.Join(list[:few], ", ") + " …"
	default:
		return "there are " + strings.Join(list, ", ")
	}
}
