package workspace

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Describe prints a commented andante.yaml with every key and its default.
func Describe() string {
	var b strings.Builder
	b.WriteString("# andante.yaml: every key, with its default. Environment variables win over the file.\n")
	describe(&b, reflect.ValueOf(*defaultConfig()), 0)
	return b.String()
}

func describe(b *strings.Builder, v reflect.Value, depth int) {
	indent := strings.Repeat("  ", depth)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := f.Tag.Get("yaml")
		if key == "" {
			continue
		}
		doc := f.Tag.Get("doc")
		if env := f.Tag.Get("env"); env != "" {
			doc += "; " + env
		}
		fmt.Fprintf(b, "%s# %s\n", indent, doc)
		describeValue(b, indent+key, v.Field(i), depth)
	}
}

func describeValue(b *strings.Builder, key string, v reflect.Value, depth int) {
	indent := strings.Repeat("  ", depth+1)
	elem := func(t reflect.Type) reflect.Value { return reflect.New(t).Elem() }
	switch {
	case v.Kind() == reflect.Struct:
		fmt.Fprintf(b, "%s:\n", key)
		describe(b, v, depth+1)
	case v.Kind() == reflect.Map && v.Type().Elem().Kind() == reflect.Struct:
		fmt.Fprintf(b, "%s:\n%sKEY:\n", key, indent)
		describe(b, elem(v.Type().Elem()), depth+2)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		fmt.Fprintf(b, "%s:\n%s-\n", key, indent)
		describe(b, elem(v.Type().Elem()), depth+2)
	case v.Kind() == reflect.Map:
		fmt.Fprintf(b, "%s: {}\n", key)
	case v.Kind() == reflect.Slice:
		fmt.Fprintf(b, "%s: []\n", key)
	case v.Kind() == reflect.Pointer:
		fmt.Fprintf(b, "%s:\n", key)
	default:
		fmt.Fprintf(b, "%s: %s\n", key, scalar(v))
	}
}

func scalar(v reflect.Value) string {
	if v.Kind() == reflect.String {
		if v.String() == "" {
			return `""`
		}
		return v.String()
	}
	return fmt.Sprint(v.Interface())
}

// Show prints the values in force. A secret is only ever a reference here; a
// password inside a URL is hidden.
func Show(c *Config) string {
	var b strings.Builder
	show(&b, reflect.ValueOf(*c), 0)
	return b.String()
}

func show(b *strings.Builder, v reflect.Value, depth int) {
	indent := strings.Repeat("  ", depth)
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		f := v.Field(i)
		if f.Kind() == reflect.Pointer && !f.IsNil() {
			f = f.Elem()
		}
		if key == "" || f.IsZero() {
			continue
		}
		switch f.Kind() {
		case reflect.Struct:
			if f.Type() == reflect.TypeFor[Throttle]() {
				t := f.Interface().(Throttle)
				fmt.Fprintf(b, "%s%s: %d per %s\n", indent, key, t.N, t.Per)
				continue
			}
			fmt.Fprintf(b, "%s%s:\n", indent, key)
			show(b, f, depth+1)
		case reflect.Map:
			fmt.Fprintf(b, "%s%s:\n", indent, key)
			showMap(b, f, depth+1)
		case reflect.Slice:
			fmt.Fprintf(b, "%s%s: %d entries\n", indent, key, f.Len())
		default:
			fmt.Fprintf(b, "%s%s: %s\n", indent, key, Hide(scalar(f)))
		}
	}
}

func showMap(b *strings.Builder, m reflect.Value, depth int) {
	indent := strings.Repeat("  ", depth)
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		if m.MapIndex(k).Kind() == reflect.Struct {
			fmt.Fprintf(b, "%s%s:\n", indent, k)
			show(b, m.MapIndex(k), depth+1)
			continue
		}
		fmt.Fprintf(b, "%s%s: %v\n", indent, k, m.MapIndex(k))
	}
}

// Hide takes the password out of a URL.
func Hide(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.User == nil {
		return s
	}
	if _, has := u.User.Password(); has {
		return strings.Replace(s, u.User.String(), u.User.Username()+":***", 1)
	}
	return s
}
