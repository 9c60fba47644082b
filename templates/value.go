package templates

import (
	"reflect"
	"sync/atomic"

	"github.com/osteele/liquid/expressions"
)

// A value is the expression of an object. Most are a field with or without a
// default, and are read without the interpreter.
type value struct {
	expression expressions.Expression
	noun, name string // of a plain field
	otherwise  string // its default
	plain      bool
	defaulted  bool
	// shared: it is worked out of the company's fields alone, which many messages have
	// in common (see [andante.Form.Fill]); last is what came of it.
	shared bool
	last   atomic.Pointer[answer]
}

// An answer is what a value was, for these fields and no others.
type answer struct {
	fields map[string]any
	value  any
}

// newValue reads an expression; nil if Liquid can't.
func newValue(source string) *value {
	e, err := parseExpression(source)
	if err != nil {
		return nil
	}
	v := &value{expression: e}
	list := lex(source)
	v.shared = onlyCompany(list)
	if len(list) != 2 && len(list) != 5 || list[0].kind != lexName || list[1].kind != lexDot {
		return v
	}
	if len(list) == 5 {
		l := list[4]
		if list[2].text != "|" || list[3].kind != lexKey || list[3].text != "default" || l.kind != lexString {
			return v
		}
		literal, err := e.Evaluate(expressions.NewContext(map[string]any{list[0].text: map[string]any{list[1].text: nil}}, literalConfig))
		s, ok := literal.(string)
		if err != nil || !ok {
			return v
		}
		v.otherwise, v.defaulted = s, true
	}
	v.noun, v.name, v.plain = list[0].text, list[1].text, true
	return v
}

// literalConfig knows the filter default, by which the interpreter itself tells
// what a default's string means.
var literalConfig = func() expressions.Config {
	c := expressions.NewConfig()
	c.AddFilter("default", allFilters["default"])
	return c
}()

// of returns the value in a scope.
func (v *value) of(in scope) (any, error) {
	if v.plain {
		if fields, ok := in.Get(v.noun).(map[string]any); ok {
			if found, ok := fields[v.name]; ok {
				if v.defaulted && (found == nil || found == false || found == "") {
					return v.otherwise, nil
				}
				return found, nil
			}
		}
	}
	if v.shared {
		return v.ofCompany(in)
	}
	return evaluate(v.expression, in)
}

// company is the noun whose fields messages share.
const company = "company"

// onlyCompany tells whether an expression names nothing but the company and filters.
func onlyCompany(list []lexeme) bool {
	for i, l := range list {
		if filter := i > 0 && list[i-1].text == "|" && list[i-1].kind == lexSign; l.kind == lexName && !filter && l.text != company {
			return false
		}
	}
	return true
}

// ofCompany works the value out once for the same fields.
func (v *value) ofCompany(in scope) (any, error) {
	fields, ok := in.Get(company).(map[string]any)
	if last := v.last.Load(); ok && last != nil && same(last.fields, fields) {
		return last.value, nil
	}
	found, err := evaluate(v.expression, in)
	if ok && err == nil {
		v.last.Store(&answer{fields, found})
	}
	return found, err
}

// same tells whether two variables hold the very same map.
func same(a, b map[string]any) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer()
}
