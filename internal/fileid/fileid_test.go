package fileid_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/andante-hq/andante/internal/fileid"
)

func of(t *testing.T, path string) fileid.ID {
	t.Helper()
	id, err := fileid.Of(path)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("a"), "first")
	id := of(t, path("a"))
	if id.File == "" || id.FS == "" {
		t.Errorf("id %+v", id)
	}

	write(t, path("a"), "another text, of another length")
	if got := of(t, path("a")); got != id {
		t.Errorf("written to: %+v, want %+v", got, id)
	}
	if err := errors.Join(os.Mkdir(path("sub"), 0o700), os.Rename(path("a"), path("sub/b"))); err != nil {
		t.Fatal(err)
	}
	if got := of(t, path("sub/b")); got != id {
		t.Errorf("moved: %+v, want %+v", got, id)
	}
	if err := os.Symlink(path("sub/b"), path("link")); err != nil {
		t.Fatal(err)
	}
	if got := of(t, path("link")); got != id {
		t.Errorf("by a link: %+v, want %+v", got, id)
	}
	write(t, path("copy"), "another text, of another length")
	if got := of(t, path("copy")); got == id {
		t.Errorf("a copy has the same id: %+v", got)
	}
	if _, err := fileid.Of(path("nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A number is given out again: what is copied to the place of a file that was removed
// must be told from it all the same.
func TestBornAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a")
	write(t, path, "first")
	id := of(t, path)
	if id.Born == "" {
		t.Skip("the file system does not tell when a file was made")
	}
	tick := filepath.Join(t.TempDir(), "tick") // births come by the ticks of the kernel's clock
	for write(t, tick, ""); of(t, tick).Born == id.Born; write(t, tick, "") {
		if err := os.Remove(tick); err != nil {
			t.Fatal(err)
		}
	}
	again := 0
	for range 50 {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		write(t, path, "copied back")
		got := of(t, path)
		if got == id {
			t.Fatalf("the same id again: %+v", got)
		}
		if got.File == id.File {
			again++
		}
	}
	t.Logf("the number came again in %d of 50 files", again)
}
