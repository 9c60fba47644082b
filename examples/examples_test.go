package examples_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/andante-hq/andante/examples"
	"github.com/andante-hq/andante/workspace"
)

// TestEveryExamplePassesTheChecker: without a finding, with people to try it on, and with a
// README of one screen.
func TestEveryExamplePassesTheChecker(t *testing.T) {
	t.Parallel()
	for _, e := range examples.All() {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			files, err := examples.Open(e.Name)
			if err != nil {
				t.Fatal(err)
			}
			w, found := workspace.Load(files)
			for _, f := range found {
				t.Error(f)
			}
			if len(w.Names()) == 0 {
				t.Error("it has no sequence")
			}
			if _, err := fs.Stat(files, "contacts.csv"); err != nil {
				t.Error(err)
			}
			readme, err := fs.ReadFile(files, "README.md")
			if lines := strings.Count(string(readme), "\n"); err != nil || lines > 60 || e.About == "" {
				t.Errorf("the README has %d lines, %v", lines, err)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	if _, err := examples.Open("../x"); err == nil {
		t.Error("there is no such example")
	}
	if all := examples.All(); all[0].Name != examples.Quickstart {
		t.Errorf("%v", all)
	}
}
