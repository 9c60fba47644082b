//go:build unix

package bench

import (
	"runtime"
	"syscall"
	"time"
)

// processCPU returns the CPU time that this process has used.
func processCPU() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakMB returns the most memory that this process has had, in MB.
func peakMB() float64 {
	most := float64(usage().Maxrss)
	if runtime.GOOS != "darwin" {
		most *= 1024 // the others count in KiB
	}
	return most / 1e6
}

func usage() (u syscall.Rusage) {
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u
}
