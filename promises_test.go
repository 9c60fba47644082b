package andante_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
)

// proofs collects what can show a promise: the names of tests and of time stories.
func proofs(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(name, "_test.go"):
			text, err := os.ReadFile(name)
			for _, m := range testFunc.FindAllSubmatch(text, -1) {
				found[string(m[1])] = true
			}
			return err
		case filepath.Dir(name) == filepath.FromSlash("engine/testdata/sim"):
			found[d.Name()] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestPromisesAreShown: each promise of docs/promises.md, and each rule of docs/sending.md,
// names what shows it, which exists; or says that it is not there yet.
func TestPromisesAreShown(t *testing.T) {
	t.Parallel()
	found := proofs(t)
	for _, file := range []string{"docs/promises.md", "docs/sending.md"} {
		shown(t, file, found)
	}
}

func shown(t *testing.T, file string, found map[string]bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		shown := strings.TrimSpace(cells[len(cells)-1])
		if len(cells) < 2 || strings.HasPrefix(shown, "---") || shown == "shown by" {
			continue
		}
		rows++
		promise := strings.TrimSpace(cells[0])
		names := quoted.FindAllStringSubmatch(shown, -1)
		if notYet := strings.Contains(line, "○"); len(names) == 0 != notYet {
			t.Errorf("%q: shown by %q; not yet: %v", promise, shown, notYet)
		}
		for _, n := range names {
			if !found[n[1]] {
				t.Errorf("%q is said to be shown by %s, which does not exist", promise, n[1])
			}
		}
	}
	if rows < 20 {
		t.Errorf("%s: only %d promises found", file, rows)
	}
}
