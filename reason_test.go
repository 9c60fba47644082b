package andante_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
)

// Every constant stands on the closed list, and nothing else does.
func TestReasonsAreClosed(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var want []andante.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			s, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, andante.Reason(s))
		}
		return true
	})
	slices.Sort(want)
	if diff := cmp.Diff(want, andante.Reasons()); diff != "" {
		t.Errorf("reasons (-constants +list):\n%s", diff)
	}
	texts := map[string]andante.Reason{}
	for _, r := range andante.Reasons() {
		text := r.Text()
		if !r.Valid() || text == "" || text == string(r) || strings.HasSuffix(text, ".") {
			t.Errorf("%s: valid %v, text %q", r, r.Valid(), text)
		}
		if other, ok := texts[text]; ok {
			t.Errorf("%s and %s read the same: %s", r, other, text)
		}
		texts[text] = r
	}
	for _, r := range []andante.Reason{"", "other", "Limit"} {
		if r.Valid() || r.Text() != string(r) {
			t.Errorf("%q: valid %v, text %q", r, r.Valid(), r.Text())
		}
	}
}
