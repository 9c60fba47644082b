package markfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/internal/markfile"
)

var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

func TestRaise(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "made", "for it", "store.json")
	if n, err := markfile.Read(path); !errors.Is(err, fs.ErrNotExist) || n != (markfile.Note{}) {
		t.Errorf("before the first: %+v, %v", n, err)
	}
	var want markfile.Note
	for i, mark := range []int64{3, 4, 2, 4, 1 << 40} {
		n := markfile.Note{Mark: mark, Of: "andante.db", At: noon.Add(time.Duration(i) * time.Minute)}
		if err := markfile.Raise(t.Context(), path, n); err != nil {
			t.Fatal(err)
		}
		if mark > want.Mark {
			want = n
		}
		got, err := markfile.Read(path)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("after %d: error %v (-want +got):\n%s", mark, err, diff)
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 2 { // the file and its lock
		t.Errorf("left: %v, %v", left, err)
	}
}

// Whoever writes last, the highest stays.
func TestRaiseAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.json")
	const writers, each = 4, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			high := int64(0)
			for i := range each {
				mark := int64(1 + i*writers + w)
				if err := markfile.Raise(t.Context(), path, markfile.Note{Mark: mark}); err != nil {
					t.Error(err)
				}
				n, err := markfile.Read(path)
				if err != nil || n.Mark < max(mark, high) {
					t.Errorf("%d after %d was written and %d read: %v", n.Mark, mark, high, err)
				}
				high = n.Mark
			}
		})
	}
	wg.Wait()
	if n, err := markfile.Read(path); err != nil || n.Mark != writers*each {
		t.Errorf("%d in the end, want %d: %v", n.Mark, writers*each, err)
	}
}

// A file that nobody can read is no file that is missing, and is not written over.
func TestSpoiled(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "{}", `{"mark": -1}`, `{"mark": "many"}`} {
		path := filepath.Join(t.TempDir(), "store.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, read := markfile.Read(path)
		raise := markfile.Raise(t.Context(), path, markfile.Note{Mark: 9})
		for what, err := range map[string]error{"read": read, "raise": raise} {
			if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s of %q: %v", what, text, err)
			}
		}
		if b, err := os.ReadFile(path); string(b) != text {
			t.Errorf("%q became %q, %v", text, b, err)
		}
	}
}
