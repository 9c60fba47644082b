package workspace_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/memfs"
	"github.com/andante-hq/andante/workspace"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// good returns the files of a workspace without findings.
func good(t *testing.T) memfs.FS {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/good.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := memfs.FS{}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	return files
}

// load returns the good workspace, with some files instead of its own.
func load(t *testing.T, instead map[string]string) *workspace.Workspace {
	t.Helper()
	files := good(t)
	for name, text := range instead {
		files[name] = []byte(text)
	}
	w, found := workspace.Load(files)
	for _, f := range found {
		t.Error(f)
	}
	return w
}

func TestGood(t *testing.T) {
	t.Parallel()
	w := load(t, nil)
	if got := w.Names(); !slices.Equal(got, []string{"welcome"}) {
		t.Errorf("sequences %v", got)
	}
}

// TestRules loads the good workspace with the files of an archive instead of its
// own, and expects the archive's findings. Its comment may name a file to leave
// out.
func TestRules(t *testing.T) {
	t.Parallel()
	paths, _ := filepath.Glob("testdata/rules/*.txtar")
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := good(t)
			if _, name, ok := strings.Cut(string(archive.Comment), "without: "); ok {
				delete(files, strings.TrimSpace(name))
			}
			expected := &archive.Files[len(archive.Files)-1]
			if expected.Name != "findings" {
				t.Fatal("the last file must be findings")
			}
			for _, f := range archive.Files[:len(archive.Files)-1] {
				files[f.Name] = f.Data
			}
			_, found := workspace.Load(files)
			got := lines(found)
			if diff := cmp.Diff(string(expected.Data), got); diff != "" && !*update {
				t.Error(diff)
			}
			if expected.Data = []byte(got); *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func lines(found []*andante.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

// TestEveryRuleHasACase reads the corpus for a finding of each rule. "unreadable", "simulated",
// "stale-nugget" and "renamed-step" have tests of their own.
func TestEveryRuleHasACase(t *testing.T) {
	t.Parallel()
	paths, _ := filepath.Glob("testdata/rules/*.txtar")
	var all strings.Builder
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	for _, r := range workspace.Rules() {
		if slices.Contains([]string{"unreadable", "renamed-step", "simulated", "stale-nugget"}, r.Name) {
			continue
		}
		if !strings.Contains(all.String(), fmt.Sprintf(": %s: ", r.Severity)) || !strings.Contains(all.String(), "("+r.Name+")\n") {
			t.Errorf("no case for %s", r.Name)
		}
		if r.Doc == "" {
			t.Errorf("%s has no description", r.Name)
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"templates/hero.png": {Data: make([]byte, 5<<20+1)}, "nuggets/fits.png": {Data: make([]byte, 5<<20)}}
	for name, b := range good(t) {
		files[name] = &fstest.MapFile{Data: b}
	}
	files["nuggets/gone.md"] = &fstest.MapFile{Mode: os.ModeSymlink, Data: []byte("nowhere")}
	w, found := workspace.Load(files)
	want := "nuggets/gone.md:0:0: error: open nuggets/gone.md: file does not exist (unreadable)\n" +
		"templates/hero.png:0:0: error: more than 5 MB (unreadable)\n"
	if diff := cmp.Diff(want, lines(found)); diff != "" {
		t.Error(diff)
	}
	if _, ok := w.Files["nuggets/fits.png"]; !ok {
		t.Error("a file of 5 MB was left out")
	}
}
