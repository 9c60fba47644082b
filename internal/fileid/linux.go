//go:build linux

package fileid

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

func of(path string) (ID, error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return ID{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	id := ID{File: strconv.FormatUint(s.Ino, 10), FS: fmt.Sprintf("device %x", s.Dev)}
	var fs unix.Statfs_t
	if unix.Statfs(path, &fs) == nil && fs.Fsid != (unix.Fsid{}) { // NFS and others say nothing
		id.FS = fmt.Sprintf("%08x%08x", uint32(fs.Fsid.Val[0]), uint32(fs.Fsid.Val[1]))
	}
	var x unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_BTIME, &x) == nil && x.Mask&unix.STATX_BTIME != 0 {
		id.Born = time.Unix(x.Btime.Sec, int64(x.Btime.Nsec)).UTC().Format(time.RFC3339Nano)
	}
	return id, nil
}
