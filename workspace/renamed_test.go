package workspace_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/workspace"
)

// What runs is the good workspace; each row is an author's next edit of it.
func TestRenamed(t *testing.T) {
	t.Parallel()
	const file = "sequences/welcome.md"
	before := load(t, nil)
	text := string(before.Files[file])
	for name, test := range map[string]struct{ old, new, want string }{
		"nothing":                {"", "", ""},
		"a new heading":          {"## Buildings", "## Your buildings", "sequences/welcome.md:23:1: error: the step buildings is gone, and its text lives on here under the id your-buildings; add id: buildings to this step, or allow it if it is another touch (renamed-step)"},
		"a heading and the id":   {"## Buildings\n\n```yaml step\n", "## Your buildings\n\n```yaml step\nid: buildings\n", ""},
		"only words":             {"Which one first?", "Which one comes first?", ""},
		"another step":           {text[strings.Index(text, "## Buildings"):], strings.NewReplacer("Buildings", "Energy", "Which one first?", "What does it cost?", "About your {{ account.buildings }} buildings", "The bill").Replace(text[strings.Index(text, "## Buildings"):]), ""},
		"a new heading, allowed": {"## Buildings", "<!-- andante: allow renamed-step - a touch of its own -->\n## Your buildings", ""},
	} {
		files := good(t)
		files[file] = []byte(strings.Replace(text, test.old, test.new, 1))
		now, found := workspace.Load(files)
		for _, f := range found {
			t.Errorf("%s: %v", name, f)
		}
		var got []string
		for _, f := range workspace.Renamed(before, now) {
			got = append(got, f.Error())
		}
		if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
