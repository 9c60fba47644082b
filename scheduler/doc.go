// Package scheduler leases what is due and hands it to the queue, and returns
// what was lost. It decides nothing about a touch; it only sees that each one
// whose time has come is with exactly one worker.
//
// Several schedulers may run on one store: they take rows that nobody else holds.
// A lease ends by the store's clock, never by comparing two machines' clocks.
package scheduler
