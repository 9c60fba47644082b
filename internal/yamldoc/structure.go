package yamldoc

import (
	"reflect"
	"strings"

	"github.com/andante-hq/andante"
)

// structure fills a struct from a map: each key once, and only known ones.
func (n *Node) structure(v reflect.Value) []*andante.Finding {
	if n.Kind == NullNode {
		return nil
	}
	if n.Kind != MapNode {
		return []*andante.Finding{n.Errorf(RuleYAML, "expected keys with values, not %s", n.Kind)}
	}
	fields, names := fieldsOf(v.Type())
	entries, found := n.unique()
	for _, e := range entries {
		index, ok := fields[e.Key.Text]
		if !ok {
			f := e.Key.Errorf(RuleUnknownKey, "unknown key %q", e.Key.Text)
			f.Suggestion = Suggest(e.Key.Text, names)
			found = append(found, f)
			continue
		}
		found = append(found, e.Value.into(v.FieldByIndex(index))...)
	}
	return found
}

// fieldsOf returns the fields of a struct, and of structs embedded in it, by key.
func fieldsOf(t reflect.Type) (fields map[string][]int, names []string) {
	fields = map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		fields[name] = f.Index
		names = append(names, name)
	}
	return fields, names
}

// Keys returns the keys that a struct, or a pointer to one, takes.
func Keys(v any) []string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	_, names := fieldsOf(t)
	return names
}

func (n *Node) mapping(v reflect.Value) []*andante.Finding {
	if n.Kind == NullNode {
		return nil
	}
	if n.Kind != MapNode {
		return []*andante.Finding{n.Errorf(RuleYAML, "expected keys with values, not %s", n.Kind)}
	}
	entries, found := n.unique()
	t := v.Type()
	m := reflect.MakeMapWithSize(t, len(entries))
	for _, e := range entries {
		key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		wrong := e.Key.into(key)
		found = append(append(found, wrong...), e.Value.into(value)...)
		// An entry with a mistake is there: others that name it are right.
		if len(wrong) == 0 {
			m.SetMapIndex(key, value)
		}
	}
	v.Set(m)
	return found
}

// unique returns the first entry of each key, and a finding for each further one.
func (n *Node) unique() ([]Entry, []*andante.Finding) {
	var found []*andante.Finding
	entries := make([]Entry, 0, len(n.Entries))
	seen := make(map[string]int, len(n.Entries))
	for _, e := range n.Entries {
		if line, ok := seen[e.Key.Text]; ok {
			found = append(found, e.Key.Errorf(RuleDuplicateKey,
				"%q is written twice, first on line %d", e.Key.Text, line))
			continue
		}
		seen[e.Key.Text] = e.Key.Line
		entries = append(entries, e)
	}
	return entries, found
}
