//go:build linux || darwin || freebsd

package diskfree

import "golang.org/x/sys/unix"

// At returns how many bytes may still be written to the disk that a folder is on; false if
// that can't be found out.
func At(dir string) (uint64, bool) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return uint64(st.Bavail) * uint64(st.Bsize), true
}
