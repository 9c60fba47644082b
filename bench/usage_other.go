//go:build !unix

package bench

import "time"

// processCPU is not known here.
func processCPU() time.Duration { return 0 }

// peakMB is not known here.
func peakMB() float64 { return 0 }
