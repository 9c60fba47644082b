//go:build linux || darwin || freebsd

package writable

import "golang.org/x/sys/unix"

func access(dir string) error {
	return unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}
