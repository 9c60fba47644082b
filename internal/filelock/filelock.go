// Package filelock keeps a second process away from a file.
package filelock

import (
	"errors"
	"os"
)

// ErrHeld says that another process holds the lock.
var ErrHeld = errors.New("another process holds the lock")

// Lock is a lock on a file, held until Release or the end of the process.
type Lock struct{ f *os.File }

// Acquire takes the lock at once or fails with [ErrHeld]. The file is made if it
// is missing, and stays.
func Acquire(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// Release gives the lock back.
func (l *Lock) Release() error { return l.f.Close() }
