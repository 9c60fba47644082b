package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/andante-hq/andante"
)

// TestManyTags shows that the work for a text is bounded by a finding.
func TestManyTags(t *testing.T) {
	t.Parallel()
	nested := func(n int) string {
		return strings.Repeat("{% if account.name %}", n) + "x" + strings.Repeat("{% endif %}", n) + "y"
	}
	for name, tt := range map[string]struct {
		body string
		want string // a finding; empty: none at all
	}{
		"as many as may be":   {strings.Repeat("{{ account.name }} ", maxTags), ""},
		"one more":            {strings.Repeat("{{ account.name }} ", maxTags+1), "1:38001: a text has at most 2000 tags"},
		"many blocks":         {nested(3000), "1:42001: a text has at most 2000 tags"},
		"as deep as may be":   {nested(maxNested), ""},
		"one deeper":          {nested(maxNested + 1), "1:1051: tags stand in each other more than 50 deep"},
		"never closed":        {strings.Repeat("{{ ", 1_600_000), "1:6001: a text has at most 2000 tags"},
		"long":                {"{{ account.name" + strings.Repeat(" | append: account.name", 200_000) + " }}", "1:1: this tag is not closed within 4096 bytes"},
		"raw, never closed":   {strings.Repeat("{% raw %}", 300_000), "1:1: {% raw %} is not closed"},
		"a long line of text": {strings.Repeat(strings.Repeat("word ", 90)+"{{ account.name }} ", 1900), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			templates, _ := New(nil, nil)
			_, findings := templates.Compile(Source{File: "f", Kind: andante.Email, Subject: "s", Body: tt.body})
			found := tt.want == "" && len(findings) == 0
			for _, f := range findings {
				found = found || tt.want == fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Message)
			}
			if !found {
				t.Errorf("%d findings, want %q: %v", len(findings), tt.want, findings[:min(len(findings), 3)])
			}
		})
	}
}
