package sequences

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// share is a percentage, kept as a fraction.
type share float64

// scalars says how each type of value is written.
var scalars = []yamldoc.Option{
	yamldoc.With(calendar.ParseOffset),
	yamldoc.With(calendar.ParseWindow),
	yamldoc.With(oneOf(andante.Kinds, "kind")),
	yamldoc.With(oneOf(andante.Purposes, "purpose")),
	yamldoc.With(oneOf([]Audience{EachContact, PrimaryContact}, "audience")),
	yamldoc.With(oneOf([]Late{LateSend, LateSkip, LateReschedule}, "way with late touches")),
	yamldoc.With(parsePriority),
	yamldoc.With(parseValue),
	yamldoc.With(parseMissing),
	yamldoc.With(parseUndone),
	yamldoc.With(parseOverLimit),
	yamldoc.With(parseShare),
}

// oneOf returns a parser for a closed list of words.
func oneOf[T ~string](list []T, noun string) func(string) (T, error) {
	known := make([]string, len(list))
	for i, t := range list {
		known[i] = string(t)
	}
	return func(s string) (T, error) {
		for _, t := range list {
			if s == string(t) {
				return t, nil
			}
		}
		return "", unknownWord(noun, s, known)
	}
}

func unknownWord(noun, word string, known []string) *yamldoc.Problem {
	p := &yamldoc.Problem{Message: "unknown " + noun + " " + strconv.Quote(word)}
	if p.Suggestion = yamldoc.Suggest(word, known); p.Suggestion == "" {
		p.Suggestion = "one of " + strings.Join(known, ", ")
	}
	return p
}

func parsePriority(s string) (andante.Priority, error) {
	for i, name := range andante.Priorities {
		if s == name {
			return andante.Priority(i), nil
		}
	}
	return andante.Normal, unknownWord("priority", s, andante.Priorities)
}

var dash = regexp.MustCompile(`\s+[-–—]\s+`)

// parseValue reads "insight - their use against forty similar buildings".
func parseValue(s string) (Value, error) {
	parts := dash.Split(strings.TrimSpace(s), 2)
	v := Value{Sort: strings.TrimSpace(parts[0])}
	for _, known := range ValueSorts {
		if v.Sort != known {
			continue
		}
		if len(parts) < 2 || strings.TrimSpace(parts[1]) == "" {
			return v, &yamldoc.Problem{
				Message:    "the value says what sort it is, but not what it gives",
				Suggestion: "add a few words, as in " + v.Sort + " - what they didn't know before",
			}
		}
		v.Note = strings.TrimSpace(parts[1])
		return v, nil
	}
	first, rest, _ := strings.Cut(v.Sort, " ")
	if sort := strings.TrimRight(first, ":-–—"); slices.Contains(ValueSorts, sort) {
		return v, &yamldoc.Problem{Message: "a dash stands between the sort of value and what it gives", Suggestion: "write " + sort + " - " + strings.TrimSpace(strings.TrimLeft(rest, ":-–— "))}
	}
	p := unknownWord("sort of value", v.Sort, ValueSorts)
	if near := yamldoc.Suggest(first, ValueSorts); near != "" {
		p.Suggestion = near
	} else {
		p.Suggestion = "write a sort and a few words, as in insight - what they didn't know before; sorts are " + strings.Join(ValueSorts, ", ")
	}
	return Value{}, p
}

// parseDo reads one of the words, or "switch KIND".
func parseDo(s string, words []string) (do string, kind andante.Kind, err error) {
	do, rest, more := strings.Cut(strings.TrimSpace(s), " ")
	if do == "switch" {
		kind := andante.Kind(strings.TrimSpace(rest))
		if !kind.Valid() || kind == andante.Decide {
			return "", "", unknownWord("kind", string(kind), kindNames())
		}
		return do, kind, nil
	}
	for _, w := range words {
		if do == w && !more {
			return do, "", nil
		}
	}
	return "", "", unknownWord("action", s, append(words, "switch KIND"))
}

// kindNames lists the kinds that a touch can have.
func kindNames() []string {
	var names []string
	for _, k := range andante.Kinds {
		if k != andante.Decide {
			names = append(names, string(k))
		}
	}
	return names
}

func parseMissing(s string) (Missing, error) {
	do, kind, err := parseDo(s, []string{"skip", "end"})
	return Missing{Do: do, Kind: kind}, err
}

func parseUndone(s string) (Undone, error) {
	do, kind, err := parseDo(s, []string{"wait", "skip"})
	return Undone{Do: do, Kind: kind}, err
}

func parseOverLimit(s string) (OverLimit, error) {
	do, kind, err := parseDo(s, []string{"defer", "skip", "end"})
	return OverLimit{Do: do, Kind: kind}, err
}

func parseShare(s string) (share, error) {
	number, ok := strings.CutSuffix(strings.TrimSpace(s), "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(f >= 0 && f < 100) {
		return 0, &yamldoc.Problem{Message: strconv.Quote(s) + " is no share", Suggestion: "write a percentage below 100%, such as 10%"}
	}
	return share(f / 100), nil
}
