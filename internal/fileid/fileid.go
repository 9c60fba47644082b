// Package fileid tells a file from a copy of it.
package fileid

import (
	"os"
	"strings"
)

// An ID is what a file is known by. It stays the same while the file is written to,
// renamed or moved inside its file system, and a copy has another one.
type ID struct {
	File string // its number in the file system
	// Born is when it was made, to the nanosecond. Numbers are given out again once a
	// file is gone, and this one is not. Empty where the file system does not tell.
	Born string
	// FS is the file system's number. On some it changes when the machine starts
	// again, so it is for those alone that tell no birth.
	FS string
}

// Of returns the ID of the file that path leads to.
func Of(path string) (ID, error) { return of(path) }

// Machine returns the id of this machine (machine-id(5)); empty where it has none, as
// in most containers.
func Machine() string {
	b, err := os.ReadFile("/etc/machine-id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
