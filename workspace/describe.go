package workspace

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
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
	word, oneWord := inOneWord(v)
	switch {
	case oneWord && v.Type() != reflect.TypeFor[Throttle](): // its keys are to be seen
		b.WriteString(strings.TrimRight(key+": "+word, " ") + "\n")
	case v.Kind() == reflect.Struct:
		fmt.Fprintf(b, "%s:\n", key)
		describe(b, v, depth+1)
	case v.Kind() == reflect.Map && v.Type().Elem().Kind() == reflect.Struct && v.Type().Elem().Field(0).Tag.Get("yaml") != "":
		fmt.Fprintf(b, "%s:\n%sKEY:\n", key, indent)
		describe(b, elem(v.Type().Elem()), depth+2)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		fmt.Fprintf(b, "%s:\n%s-\n", key, indent)
		describe(b, elem(v.Type().Elem()), depth+2)
	case v.Kind() == reflect.Map:
		fmt.Fprintf(b, "%s: {}\n", key)
	case v.Kind() == reflect.Slice: // an empty list is not the same as none
		fmt.Fprintf(b, "%s# %s: [...]\n", indent[2:], strings.TrimSpace(key))
	case v.Kind() == reflect.Pointer && v.Type().Elem().NumField() > 0 && v.Type().Elem().Field(0).Tag.Get("yaml") != "":
		describeValue(b, key, elem(v.Type().Elem()), depth)
	case v.Kind() == reflect.Pointer:
		fmt.Fprintf(b, "%s:\n", key)
	default:
		b.WriteString(strings.TrimRight(key+": "+scalar(v), " ") + "\n")
	}
}

func scalar(v reflect.Value) string {
	if v.Kind() == reflect.String {
		if v.String() == "" || strings.ContainsAny(v.String(), "\n\r\t") {
			return strconv.Quote(v.String())
		}
		return v.String()
	}
	return fmt.Sprint(v.Interface())
}

// inOneWord returns a value that is a struct here and one word in YAML, such as hours.
func inOneWord(v reflect.Value) (string, bool) {
	if v.Kind() != reflect.Struct {
		return "", false
	}
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") != "" && v.Type() != reflect.TypeFor[Throttle]() {
			return "", false
		}
	}
	s, ok := v.Interface().(fmt.Stringer)
	if !ok {
		return "", false
	}
	return s.String(), true
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
		if key == "" || f.IsZero() || empty(f) {
			continue
		}
		showValue(b, indent+key, f, depth)
	}
}

func showValue(b *strings.Builder, key string, f reflect.Value, depth int) {
	word, oneWord := inOneWord(f)
	switch {
	case oneWord:
		fmt.Fprintf(b, "%s: %s\n", key, word)
	case f.Kind() == reflect.Struct:
		fmt.Fprintf(b, "%s:\n", key)
		show(b, f, depth+1)
	case f.Kind() == reflect.Map:
		fmt.Fprintf(b, "%s:\n", key)
		showMap(b, f, depth+1)
	case f.Kind() == reflect.Slice:
		fmt.Fprintf(b, "%s:\n", key)
		showList(b, f, depth+1)
	default:
		fmt.Fprintf(b, "%s: %s\n", key, Hide(scalar(f)))
	}
}

func empty(v reflect.Value) bool {
	return (v.Kind() == reflect.Map || v.Kind() == reflect.Slice) && v.Len() == 0
}

func showList(b *strings.Builder, l reflect.Value, depth int) {
	indent := strings.Repeat("  ", depth)
	for i := range l.Len() {
		if l.Index(i).Kind() != reflect.Struct {
			fmt.Fprintf(b, "%s- %s\n", indent, Hide(scalar(l.Index(i))))
			continue
		}
		var one strings.Builder
		show(&one, l.Index(i), depth+1)
		b.WriteString(indent + "- " + strings.TrimPrefix(one.String(), indent+"  "))
	}
}

func showMap(b *strings.Builder, m reflect.Value, depth int) {
	indent := strings.Repeat("  ", depth)
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		showValue(b, indent+k.String(), m.MapIndex(k), depth)
	}
}

// secrets are what may stand in a URL and must not be shown: what follows the
// user's name, and parameters such as password and sslpassword. It goes by the
// letters and not by net/url, which also refuses what a person has mistyped.
var secrets = regexp.MustCompile(`^([a-z0-9+.-]+://[^:/?#]*:).*@|([?&][a-z_]*(?:password|secret|token|key)=)[^&#]*`)

// Hide takes the passwords out of a URL.
func Hide(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	return secrets.ReplaceAllStringFunc(s, func(m string) string {
		if strings.HasSuffix(m, "@") {
			return secrets.FindStringSubmatch(m)[1] + "***@"
		}
		return m[:strings.Index(m, "=")+1] + "***"
	})
}
