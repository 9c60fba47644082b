package diskfree_test

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/andante-hq/andante/internal/diskfree"
)

func TestAt(t *testing.T) {
	t.Parallel()
	free, ok := diskfree.At(t.TempDir())
	if runtime.GOOS == "linux" && !ok || ok && (free == 0 || free > 1<<60) {
		t.Errorf("%d bytes, known: %v", free, ok)
	}
	if free, ok := diskfree.At(filepath.Join(t.TempDir(), "none")); ok {
		t.Errorf("%d bytes in a folder that is not there", free)
	}
}
