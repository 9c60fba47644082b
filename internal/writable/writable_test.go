package writable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andante-hq/andante/internal/writable"
)

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writable.Folder(dir); err != nil {
		t.Error(err)
	}
	if err := writable.Folder(filepath.Join(dir, "not", "there", "yet")); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, filepath.Join(file, "in it")} {
		var refused *fs.PathError
		if err := writable.Folder(name); !errors.As(err, &refused) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFolderThatIsReadOnly(t *testing.T) {
	t.Parallel()
	if os.Geteuid() < 1 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, filepath.Join(dir, "not there yet")} {
		if err := writable.Folder(name); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
