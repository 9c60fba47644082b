package workspace

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/governor"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// PolicySchema returns the JSON Schema (draft 2020-12) of governor.yaml, by which editors
// complete and check it. `andante check` knows more.
func PolicySchema() []byte {
	s := schemaOf(reflect.TypeFor[policyFile](), "")
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Andante: governor.yaml"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // it is made of maps, lists and strings
	}
	return append(b, '\n')
}

type schema = map[string]any

// plainSchemas are the types that are written as one value.
var plainSchemas = map[reflect.Type]schema{
	reflect.TypeFor[string]():          {"type": "string"},
	reflect.TypeFor[int]():             {"type": "integer", "minimum": 0},
	reflect.TypeFor[float64]():         {"type": "number", "exclusiveMinimum": 0},
	reflect.TypeFor[bool]():            {"enum": []any{true, false, "yes", "no"}},
	reflect.TypeFor[andante.Kind]():    {"enum": andante.Kinds[:len(andante.Kinds)-1]},
	reflect.TypeFor[andante.Purpose](): {"enum": andante.Purposes},
	reflect.TypeFor[governor.Scope]():  {"enum": governor.Scopes},
	reflect.TypeFor[governor.Period](): {"type": "string", "pattern": `^(\d{1,5}(min|h|d|w)|` + strings.Join(governor.PeriodUnits, "|") + `)$`},
	reflect.TypeFor[calendar.Offset](): {"type": "string", "pattern": `^\d+ ?(min|h|d|w|mo|y|business days?)$`},
	reflect.TypeFor[calendar.Window](): {"type": "string"},

	reflect.TypeFor[yamldoc.OneOrMany[string]]():          many(schema{"type": "string"}),
	reflect.TypeFor[yamldoc.OneOrMany[andante.Kind]]():    many(schema{"enum": andante.Kinds[:len(andante.Kinds)-1]}),
	reflect.TypeFor[yamldoc.OneOrMany[andante.Purpose]](): many(schema{"enum": andante.Purposes}),
}

// many takes one value, or a list of them.
func many(one schema) schema {
	return schema{"oneOf": []schema{one, {"type": "array", "items": one}}}
}

// schemaOf describes a type. enum, if it is not empty, lists the words that may stand there.
func schemaOf(t reflect.Type, enum string) schema {
	if enum != "" {
		one := schema{"enum": strings.Split(enum, ",")}
		if t == reflect.TypeFor[yamldoc.OneOrMany[string]]() {
			return many(one)
		}
		return one
	}
	if s, ok := plainSchemas[t]; ok {
		return copied(s)
	}
	switch t.Kind() {
	case reflect.Slice:
		return schema{"type": "array", "items": schemaOf(t.Elem(), "")}
	case reflect.Map:
		return schema{"type": "object", "propertyNames": schemaOf(t.Key(), ""), "additionalProperties": schemaOf(t.Elem(), "")}
	}
	properties := schema{}
	for i := range t.NumField() {
		f := t.Field(i)
		one := schemaOf(f.Type, f.Tag.Get("enum"))
		one["description"] = f.Tag.Get("doc")
		properties[f.Tag.Get("yaml")] = one
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

func copied(s schema) schema {
	c := schema{}
	for k, v := range s {
		c[k] = v
	}
	return c
}
