// Package markfile keeps a number in a small file: what was reached once is known even
// where that which it counts was put back to an earlier state.
//
// The number in the file only grows, also when several processes write it, and the
// file is whole at any time.
package markfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/filelock"
)

// A Note is what the file says.
type Note struct {
	Mark int64     `json:"mark"`
	Of   string    `json:"of"` // what it counts, in words
	At   time.Time `json:"at"` // when it was written
}

// Read returns the note in a file; the zero Note and [fs.ErrNotExist] if there is none.
func Read(path string) (Note, error) {
	var n Note
	b, err := os.ReadFile(path)
	if err != nil {
		return n, err
	}
	if err := json.Unmarshal(b, &n); err != nil {
		return Note{}, fmt.Errorf("read %s: %w", path, err)
	}
	if n.Mark < 1 {
		return Note{}, fmt.Errorf("read %s: it names no mark", path)
	}
	return n, nil
}

// Raise writes the note, in a folder that is made if it is missing. A file that says
// as much, or more, is left as it is.
func Raise(ctx context.Context, path string, n Note) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	l, err := locked(ctx, path+".lock")
	if err != nil {
		return err
	}
	defer l.Release()
	old, err := Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if old.Mark >= n.Mark {
		return nil
	}
	b, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	return replace(path, append(b, '\n'))
}

// locked waits for whoever writes just now.
func locked(ctx context.Context, path string) (*filelock.Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		l, err := filelock.Acquire(path)
		if !errors.Is(err, filelock.ErrHeld) {
			return l, err
		}
		if andante.Sleep(ctx, 5*time.Millisecond) != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
	}
}

// replace puts a whole file into the place of another.
func replace(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
