package templates

import (
	"context"
	"testing"

	"github.com/osteele/liquid/expressions"
)

// TestSharedValues: what is worked out of the company's fields alone is worked out once
// for the same fields, and anew for others.
func TestSharedValues(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{
		`company.name | upcase`:                            true,
		`company.postal_address | replace: "\n", ", "`:     true,
		`company.name | append: company.url`:               true,
		`company.name | append: contact.name`:              false,
		`contact.name | append: company.url`:               false,
		`company.legal_line | default: contact.first_name`: false,
		`subject | append: company.name`:                   false,
		`company.name == language`:                         false,
	} {
		if got := newValue(source).shared; got != want {
			t.Errorf("%s: shared is %v", source, got)
		}
	}
	v := newValue(`company.name | upcase`)
	u := &unit{}
	if err := u.compile(); err != nil {
		t.Fatal(err)
	}
	render := func(fields map[string]any) any {
		vars := map[string]any{"company": fields, runKey: &run{ctx: context.Background()}}
		got, err := v.of(variables{vars, expressions.NewContext(vars, u.expressions())})
		if err != nil {
			t.Error(err)
		}
		return got
	}
	oak, elm := map[string]any{"name": "Oak"}, map[string]any{"name": "Elm"}
	for _, c := range []struct {
		fields map[string]any
		want   string
	}{{oak, "OAK"}, {oak, "OAK"}, {elm, "ELM"}, {oak, "OAK"}} {
		if got := render(c.fields); got != c.want {
			t.Errorf("%v instead of %s", got, c.want)
		}
	}
	if last := v.last.Load(); last == nil || !same(last.fields, oak) {
		t.Error("nothing is kept")
	}
}
