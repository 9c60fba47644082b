package templates

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/osteele/liquid/expressions"
)

// growing are uses of a filter that let what it makes grow in every turn. NAME stands
// for the filter.
var growing = []string{
	`s | NAME`, `s | NAME: s`, `s | NAME: s, s`, `s | NAME: "0", s`, `s | NAME: "", s`, `s | NAME: 1, s`, `s | NAME: 999999`,
	`s | NAME: " " | append: s`, `s | append: s | NAME`, `s | append: s | NAME: s`, `s | append: s | NAME: s, s`,
	`s | append: s | NAME: ""`, `s | append: s | NAME: 0, 999999`, `s | append: s | NAME: 99999999, s`, `s | append: s | NAME: "1", s`,
	`s | append: s | split: "" | NAME: s`, `s | append: s | split: "" | NAME`, `s | append: s | split: " " | NAME: s`,
	`s | split: "0" | NAME: s | append: s`, `d | NAME: s | append: s`, `1 | NAME: s, s | append: s`, `s | append: s | size | NAME: s`,
}

// steady filters give a number, an item or no more items than a list can have.
var steady = set("abs at_least at_most ceil divided_by first floor last minus modulo plus reverse round size times uniq")

// TestFiltersAreBounded runs every filter in loops that double what it is given.
// It is not parallel: it counts what is allocated.
func TestFiltersAreBounded(t *testing.T) {
	for _, name := range FilterNames {
		grew := false
		for _, shape := range growing {
			source := strings.ReplaceAll(shape, "NAME", name)
			largest, allocated := grow(t, source)
			if largest > maxString {
				t.Errorf("%s: a text or list of %d", source, largest)
			}
			if allocated > 16<<20 {
				t.Errorf("%s: %d MB in one turn", source, allocated>>20)
			}
			grew = grew || largest > maxString/4
		}
		if !grew && !steady[name] {
			t.Errorf("%s: no loop made it grow; the test says nothing of it", name)
		}
	}
}

// grow evaluates source again and again with s being what it gave before. It
// returns the size of the largest result, and the most that one turn allocated.
func grow(t *testing.T, source string) (largest int, allocated uint64) {
	t.Helper()
	e, err := parseExpression(source)
	if err != nil {
		t.Fatal(source, err)
	}
	config := expressions.NewConfig()
	for name, f := range allFilters {
		config.AddFilter(name, f)
	}
	vars := map[string]any{"s": "01 234 5678 ", "d": "2026-03-04"}
	var before, after runtime.MemStats
	for range 30 {
		runtime.ReadMemStats(&before)
		v, err := safely(e, expressions.NewContext(vars, config))
		runtime.ReadMemStats(&after)
		allocated = max(allocated, after.TotalAlloc-before.TotalAlloc)
		if err != nil {
			break
		}
		size := 0
		switch r := reflect.ValueOf(v); r.Kind() {
		case reflect.String, reflect.Slice:
			size = r.Len()
		}
		largest, vars["s"] = max(largest, size), v
	}
	return largest, allocated
}

// safely evaluates as a rendering does, which takes a panic for an error.
func safely(e expressions.Expression, ctx expressions.Context) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return e.Evaluate(ctx)
}

func TestLargeLists(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]error{
		`s | split: ""`:                    nil,
		`s | append: "x" | split: ""`:      errLongList,
		`s | split: "" | join: ""`:         nil,
		`s | split: "" | join: s`:          errLongString,
		`s | replace: "x", s`:              errLongString,
		`s | replace: "x", "yy" | size`:    nil,
		`s | replace_first: "x", s | size`: nil,
	} {
		e, err := parseExpression(source)
		if err != nil {
			t.Fatal(err)
		}
		config := expressions.NewConfig()
		for name, f := range allFilters {
			config.AddFilter(name, f)
		}
		_, err = safely(e, expressions.NewContext(map[string]any{"s": strings.Repeat("x", maxList)}, config))
		var failed expressions.FilterError
		if errors.As(err, &failed) {
			err = failed.Err
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", source, err, want)
		}
	}
}
