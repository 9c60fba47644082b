// Package writable tells whether files can be made in a folder, and makes none.
package writable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Folder tells what keeps this process from making files in a folder, or from making the
// folder where it is not there yet; nil: nothing, as far as that can be found out.
func Folder(dir string) error {
	info, err := os.Stat(dir)
	if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
		return Folder(parent)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "write into", Path: dir, Err: syscall.ENOTDIR}
	}
	if err := access(dir); err != nil {
		return &fs.PathError{Op: "write into", Path: dir, Err: err}
	}
	return nil
}
