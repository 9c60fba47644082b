// Package diskfree tells how much room is left on a disk.
package diskfree
