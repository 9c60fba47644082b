package templates

import (
	"errors"
	"fmt"
	"reflect"
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

// What a filter may return is bounded: a loop over append doubles a text in every
// turn.
const (
	maxString = 64 << 10 // bytes of a text
	maxList   = maxTurns // items: no loop goes over more
)

var (
	errLongString = errors.New("a filter makes a text of more than 64 kB")
	errLongList   = fmt.Errorf("a filter makes a list of more than %d items", maxList)
	errDate       = errors.New("the filter date needs a date")
	errDateFormat = errors.New("the filter date has a format that is too wide")
)

// A filterSet collects filters by name. Liquid's own can be added to but not
// taken from, so they are collected here first.
type filterSet map[string]any

// AddFilter implements [filters.FilterDictionary].
func (s filterSet) AddFilter(name string, f any) { s[name] = f }

// allFilters holds the filters of FilterNames, every one bounded.
var allFilters = func() filterSet {
	standard := filterSet{}
	filters.AddStandardFilters(standard)
	strftime := standard["date"].(func(time.Time, func(string) string) (string, error))
	standard["date"] = func(v any, format func(string) string) (any, error) { return dateFilter(strftime, v, format) }
	standard["join"] = join
	standard["replace"] = replace
	standard["escape"] = func(v any) any { return v }
	standard["url_encode"] = func(v any) any { return v }
	set := filterSet{}
	for _, name := range FilterNames {
		set[name] = bounded(standard[name])
	}
	return set
}()

// bounded returns a filter with the parameters of f that refuses a result which is
// too large. What multiplies its arguments must look at them itself, before it
// takes the memory.
func bounded(f any) any {
	fn := reflect.ValueOf(f)
	in := make([]reflect.Type, fn.Type().NumIn())
	for i := range in {
		in[i] = fn.Type().In(i)
	}
	out := []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[error]()}
	call := fn.Call
	if fn.Type().IsVariadic() {
		call = fn.CallSlice
	}
	filter := func(args []reflect.Value) []reflect.Value {
		results := call(args)
		var err error
		if len(results) > 1 {
			err, _ = results[1].Interface().(error)
		}
		if err == nil {
			err = tooLarge(results[0])
		}
		if err != nil {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		return []reflect.Value{results[0].Convert(out[0]), reflect.Zero(out[1])}
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, fn.Type().IsVariadic()), filter).Interface()
}

// tooLarge refuses a result that is longer than a filter's may be.
func tooLarge(v reflect.Value) error {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		if v.Len() > maxString {
			return errLongString
		}
	case reflect.Slice:
		if v.Len() > maxList {
			return errLongList
		}
	}
	return nil
}

// join joins the items that aren't nil.
func join(list []any, separator func(string) string) (string, error) {
	between := separator(" ")
	var words []string
	size := 0
	for _, item := range list {
		if item == nil {
			continue
		}
		s := fmt.Sprint(item)
		if size += len(s) + len(between); size-len(between) > maxString {
			return "", errLongString
		}
		words = append(words, s)
	}
	return strings.Join(words, between), nil
}

func replace(s, old, by string) (string, error) {
	if strings.Count(s, old)*(len(by)-len(old))+len(s) > maxString {
		return "", errLongString
	}
	return strings.ReplaceAll(s, old, by), nil
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
