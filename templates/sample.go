package templates

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// tryOut renders the text for two sample contacts and reports what fails.
func (t *Template) tryOut(report *reporter) {
	for _, sample := range []struct {
		values andante.Values
		who    string
	}{
		{t.templates.sample(func(andante.Field) bool { return true }), "a contact about whom everything is known"},
		{t.templates.sample(func(f andante.Field) bool {
			return f.Filled || slices.Contains(t.source.Needs, f.Path())
		}), "a contact about whom nothing is known"},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), renderTime)
		_, err := t.render(ctx, Input{Values: sample.values, Unsubscribe: "https://example.com/u"}, true)
		cancel()
		var failed *RenderError
		if !errors.As(err, &failed) {
			continue
		}
		rule, suggestion := "render", ""
		switch {
		case errors.Is(err, errEmptySubject):
			rule, suggestion = "empty-subject", "give it words that stand outside every {% if %}"
		case errors.Is(err, errEmptyText):
			rule, suggestion = "no-text", "give it words that stand outside every {% if %}"
		}
		report.at(position{failed.File, failed.Line, failed.Column}, rule,
			"for "+sample.who+": "+problem(failed.Err), suggestion)
		return
	}
}

// Sample renders the text for a made-up contact about whom everything is known.
func (t *Template) Sample(ctx context.Context, w WayOut) (Rendered, error) {
	return t.Render(ctx, Input{Values: t.templates.sample(func(andante.Field) bool { return true }), WayOut: w})
}

// sample returns values in which the fields that filled picks are known.
func (t *Templates) sample(filled func(andante.Field) bool) andante.Values {
	v := andante.Values{}
	for _, path := range t.paths {
		f := t.fields[path]
		if v[f.Noun] == nil {
			v[f.Noun] = map[string]any{}
		}
		v[f.Noun][f.Name] = nil
		if filled(f) {
			v[f.Noun][f.Name] = sampleValue(f)
		}
	}
	return v
}

func sampleValue(f andante.Field) any {
	switch f.Type {
	case andante.NumberField:
		return 42.0
	case andante.FlagField:
		return true
	case andante.DateField:
		return time.Date(2001, time.March, 4, 0, 0, 0, 0, time.UTC)
	}
	switch {
	case strings.Contains(f.Name, "email"):
		return "alex@example.com"
	case strings.Contains(f.Name, "url") || strings.Contains(f.Name, "link"):
		return "https://example.com/"
	case f.Name == "language":
		return "en"
	}
	return "Example"
}
