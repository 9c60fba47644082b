//go:build windows

package fileid

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

func of(path string) (ID, error) {
	f, err := os.Open(path)
	if err != nil {
		return ID{}, err
	}
	defer f.Close()
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info); err != nil {
		return ID{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return ID{
		File: fmt.Sprintf("%08x%08x", info.FileIndexHigh, info.FileIndexLow),
		FS:   fmt.Sprintf("volume %08x", info.VolumeSerialNumber),
	}, nil
}
