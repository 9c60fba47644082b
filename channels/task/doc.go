// Package task gives touches to the people who carry them out: a call, a visit, a video
// call and whatever else a machine can't do.
//
// It only opens the touch; the task waits in the store until somebody has done it. Nothing
// leaves the machine, so nothing can be lost on the way. Telling the owner is not its
// business.
//
//	ch := task.New(clock)
package task
