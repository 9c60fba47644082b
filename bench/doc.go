// Package bench measures the engine on the machine that it runs on: how many mails a
// second go through the real pipeline, what they cost, and how that compares with the
// least that a program needs that sends in lock-step with Go's net/smtp.
//
// It decides what is measured and how it is told; it knows nothing of how the engine
// works. Its parts run in processes of their own, so that what one needs is not counted
// with another: a [Sink] that takes mails in and forgets them, the [floor], and as many
// processes of the engine as are asked for. A round sends the same number of mails
// through the floor and through the engine, one after the other, to the same sink over
// the same number of connections; the ratio of the two rates is the figure to quote, for
// a machine that is busy slows both.
//
// Sink and floor are the yardstick. They change with a page in docs/decisions only.
//
//	report, err := bench.Run(ctx, bench.Options{Messages: 10_000, Connections: 4})
package bench
