package memfs

import (
	"testing"
	"testing/fstest"
)

func TestFS(t *testing.T) {
	t.Parallel()
	f := FS{"a.yaml": []byte("x"), "b/c.md": []byte("yy"), "b/d/e.md": nil}
	if err := fstest.TestFS(f, "a.yaml", "b/c.md", "b/d/e.md"); err != nil {
		t.Fatal(err)
	}
}
