//go:build unix && !linux

package fileid

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func of(path string) (ID, error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return ID{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return ID{File: fmt.Sprint(s.Ino), FS: fmt.Sprintf("device %x", s.Dev)}, nil
}
