package conditions

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// A param is the one thing that a function takes.
type param int

const (
	takesNothing param = iota
	takesStep          // a step's id in quotes
	takesWord          // a name in quotes
	takesDate          // a date in quotes
	takesText          // any text
)

// A function that conditions may call.
type function struct {
	takes   param
	example string
	gives   andante.FieldType
	call    func(h *History, arg string) any
}

// functions is every function that there is. The library's own are all off.
var functions = map[string]function{
	"sent": {
		takesStep, `sent("step-id")`, andante.FlagField,
		func(h *History, step string) any { return h.Sent[step] },
	},
	"skipped": {
		takesStep, `skipped("step-id")`, andante.FlagField,
		func(h *History, step string) any { return h.Skipped[step] },
	},
	"opened": {
		takesStep, `opened("step-id")`, andante.FlagField,
		func(h *History, step string) any { return h.Opened[step] },
	},
	"clicked": {
		takesStep, `clicked("step-id")`, andante.FlagField,
		func(h *History, step string) any { return h.Clicked[step] },
	},
	"outcome": {
		takesStep, `outcome("step-id")`, andante.TextField,
		func(h *History, step string) any { return h.Outcome[step] },
	},
	"replied": {
		takesNothing, "replied()", andante.FlagField,
		func(h *History, _ string) any { return h.Replied },
	},
	"met": {
		takesNothing, "met()", andante.FlagField,
		func(h *History, _ string) any { return h.Met },
	},
	"qualified": {
		takesNothing, "qualified()", andante.FlagField,
		func(h *History, _ string) any { return h.Qualified },
	},
	"answered": {
		takesWord, `answered("need")`, andante.FlagField,
		func(h *History, need string) any { return h.Answered[need] != "" },
	},
	"did": {
		takesWord, `did("webinar")`, andante.FlagField,
		func(h *History, event string) any { _, ok := h.Events[event]; return ok },
	},
	"days_since": {
		takesWord, `days_since("purchase")`, andante.NumberField,
		func(h *History, event string) any { return h.daysSince(event) },
	},
	"date": {
		takesDate, `date("2024-01-31")`, andante.DateField,
		func(_ *History, day string) any { return dateOf(day) },
	},
	"lower": {
		takesText, "lower(contact.job_title)", andante.TextField,
		func(_ *History, s string) any { return strings.ToLower(s) },
	},
	"upper": {
		takesText, "upper(contact.job_title)", andante.TextField,
		func(_ *History, s string) any { return strings.ToUpper(s) },
	},
	"trim": {
		takesText, "trim(contact.job_title)", andante.TextField,
		func(_ *History, s string) any { return strings.TrimSpace(s) },
	},
}

var (
	functionNames = slices.Sorted(maps.Keys(functions))
	functionList  = "the functions are " + strings.Join(functionNames, ", ")
)

// dateOf reads a date that the checker has already read once.
func dateOf(day string) time.Time {
	date, _ := time.Parse(time.DateOnly, day)
	return date
}

// signature returns a pointer to the Go type under which the library knows the
// function. All take the history first; the builder puts it there.
func (f function) signature() any {
	if f.takes == takesNothing {
		return new(func(*History) bool)
	}
	switch f.gives {
	case andante.FlagField:
		return new(func(*History, string) bool)
	case andante.NumberField:
		return new(func(*History, string) float64)
	case andante.DateField:
		return new(func(*History, string) time.Time)
	default:
		return new(func(*History, string) string)
	}
}

// run adapts the function to what the library calls.
func (f function) run(params ...any) (any, error) {
	arg := ""
	if len(params) > 1 {
		arg = params[1].(string)
	}
	return f.call(params[0].(*History), arg), nil
}
