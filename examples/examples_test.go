package examples_test

import (
	"io/fs"
	"testing"

	"github.com/andante-hq/andante/examples"
	"github.com/andante-hq/andante/workspace"
)

func TestEveryExamplePassesTheChecker(t *testing.T) {
	t.Parallel()
	for _, example := range []struct {
		folder string
		files  fs.FS
		names  int // of sequences
	}{
		{"quickstart", examples.Quickstart, 6},
	} {
		t.Run(example.folder, func(t *testing.T) {
			t.Parallel()
			files, err := fs.Sub(example.files, example.folder)
			if err != nil {
				t.Fatal(err)
			}
			w, found := workspace.Load(files)
			for _, f := range found {
				t.Error(f)
			}
			if got := w.Names(); len(got) != example.names {
				t.Errorf("sequences %v, want %d", got, example.names)
			}
		})
	}
}
