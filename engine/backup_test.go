package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante/internal/inbox"
)

func TestBackup(t *testing.T) {
	t.Parallel()
	s := walkers(t, 1, onSQLite, inbox.Options{})
	s.runs(0)
	e := s.open()
	defer e.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "b.db")
	fails := func(file string, force bool, word string) {
		t.Helper()
		if _, err := e.Backup(t.Context(), file, force); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("backup to %s: %v", file, err)
		}
	}
	for _, force := range []bool{false, true} {
		size, err := e.Backup(t.Context(), file, force)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Size() != size || size == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%d bytes, %v, %v", size, info, err)
		}
		fails(file, false, "--force")
	}
	fails(s.file(), true, "the store itself")
	fails(dir, true, "no file")
	fails(filepath.Join(dir, "nowhere", "b.db"), false, filepath.Join(dir, "nowhere", "b.db")+" can't be made: no such file")
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	s.part.Store = file
	s.refused(time.Hour, "is a copy")
}
