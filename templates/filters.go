package templates

import (
	"errors"
	"strings"
	"time"

	"github.com/osteele/liquid/filters"
)

// FilterNames lists the filters that a text may use, in alphabetical order.
//
// Escaping is the place's business: escape and url_encode change nothing, so a
// text that uses them out of habit is not escaped twice, and there is no filter
// that gives raw output.
var FilterNames = []string{
	"abs", "append", "at_least", "at_most", "capitalize", "ceil", "date", "default", "divided_by",
	"downcase", "escape", "first", "floor", "join", "last", "lstrip", "minus", "modulo", "pluralize",
	"plus", "prepend", "remove", "remove_first", "remove_last", "replace", "replace_first",
	"replace_last", "reverse", "round", "rstrip", "size", "slice", "sort", "split", "strip", "times",
	"truncate", "truncatewords", "uniq", "upcase", "url_encode",
}

// maxString bounds what a filter may return: a loop over append doubles a text
// in every turn.
const maxString = 64 << 10

var (
	errLongString = errors.New("a filter makes a text of more than 64 kB")
	errDate       = errors.New("the filter date needs a date")
	errDateFormat = errors.New("the filter date has a format that is too wide")
)

// A filterSet collects filters by name. Liquid's own can be added to but not
// taken from, so they are collected here first.
type filterSet map[string]any

// AddFilter implements [filters.FilterDictionary].
func (s filterSet) AddFilter(name string, f any) { s[name] = f }

// allFilters holds the filters of FilterNames.
var allFilters = func() filterSet {
	standard := filterSet{}
	filters.AddStandardFilters(standard)
	set := filterSet{}
	for _, name := range FilterNames {
		set[name] = standard[name]
	}
	strftime := standard["date"].(func(time.Time, func(string) string) (string, error))
	set["date"] = func(v any, format func(string) string) (any, error) { return dateFilter(strftime, v, format) }
	set["append"] = func(s, suffix string) (string, error) { return bounded(s + suffix) }
	set["prepend"] = func(s, prefix string) (string, error) { return bounded(prefix + s) }
	set["replace"] = func(s, old, by string) (string, error) {
		if (strings.Count(s, old)+1)*len(by) > maxString {
			return "", errLongString
		}
		return bounded(strings.ReplaceAll(s, old, by))
	}
	set["replace_first"] = func(s, old, by string) (string, error) { return bounded(strings.Replace(s, old, by, 1)) }
	set["escape"] = func(v any) any { return v }
	set["url_encode"] = func(v any) any { return v }
	return set
}()

func bounded(s string) (string, error) {
	if len(s) > maxString {
		return "", errLongString
	}
	return s, nil
}

// dateFilter formats a date as strftime does. An empty date stays empty, so that
// a default behind it works; Liquid's "now" is refused, for the calendar is a
// parameter.
func dateFilter(
	strftime func(time.Time, func(string) string) (string, error), v any, format func(string) string,
) (any, error) {
	if wide(format("")) {
		return nil, errDateFormat
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case time.Time:
		return strftime(v, format)
	case string:
		if strings.TrimSpace(v) == "" {
			return nil, nil
		}
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if t, err := time.Parse(layout, strings.TrimSpace(v)); err == nil {
				return strftime(t, format)
			}
		}
	}
	return nil, errDate
}

// wide tells whether a format pads to a width of more than two digits.
func wide(format string) bool {
	digits := 0
	for _, r := range format {
		if r < '0' || r > '9' {
			digits = 0
		} else if digits++; digits > 2 && strings.Contains(format, "%") {
			return true
		}
	}
	return false
}
