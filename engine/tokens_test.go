package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/workspace"
)

// TestLastToken: what a provider gave last outlives a restart, for its login alone, until
// somebody writes another one down.
func TestLastToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := func() *Engine {
		return &Engine{o: Options{Dir: dir}, Config: &workspace.Config{State: filepath.Join(dir, "state")}}
	}
	e().keepToken("nora, written: first", "second")
	e().keepToken("nora, written: first", "third")
	for login, want := range map[string]andante.Secret{"nora, written: first": "third", "nora, written: anew": "anew", "tom": "his"} {
		written := want
		if login == "nora, written: first" {
			written = "first"
		}
		if got := e().lastToken(login, written); got != want {
			t.Errorf("%s: %s", login, got.Reveal())
		}
	}
	if got := e().lastToken("nora, written: first", ""); got != "" {
		t.Errorf("a login without a refresh token has %s", got.Reveal())
	}
	files, _ := os.ReadDir(filepath.Join(dir, "state"))
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f.Name(), info.Mode(), err)
		}
	}
	if len(files) != 1 {
		t.Errorf("%d files", len(files))
	}
}
