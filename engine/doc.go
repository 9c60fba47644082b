// Package engine wires the house: store, queue, scheduler, workers, channels and
// web, in one process or by role in many. It is the only package that names a
// concrete channel, store or queue.
//
//	e, err := engine.Open(ctx, engine.Options{Dir: "my-workspace"})
//	defer e.Close()
//	err = e.Run(ctx, engine.RunOptions{})
//
// [Demo] plays an example workspace on a calendar that jumps.
package engine
