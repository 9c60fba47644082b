// Package queue carries leases from the scheduler to the workers: an item is a
// lease's id and attempt, nothing else. It holds no promise. A queue may lose
// everything that it carries, or bring an item twice; the lease in the store
// decides.
//
// [Asynq] is the queue between processes, on Redis or on an in-process stand-in;
// [Inline] is a Go channel, for simulation. It is the only package that knows
// Redis.
package queue
