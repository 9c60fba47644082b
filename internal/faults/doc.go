// Package faults is what goes wrong around the program: a line that is slow, cut,
// reset or half deaf, and servers that stop, die, sleep, forget or are full. The
// tests of the promises run on it.
//
// A [Proxy] stands between a client and a server on loopback. [Redis] and [Postgres]
// are real servers of the test's own, on free ports and in a folder that goes with
// the test; nobody else's server is ever touched.
//
// It decides nothing about mail, leases or rows, and it draws no lots: the same
// orders at the same moments do the same. What came of it is for the oracles of
// internal/harness to say.
//
//	wire := faults.NewProxy(t, inbox.Addr())
//	wire.Delay(faults.ToServer, 20*time.Millisecond)
//	… send to wire.Addr() …
//	wire.Reset()
package faults
