// Package inbox is a mail server on loopback that keeps whatever it accepts: the
// far end of the demo, of the benchmarks and of the tests.
//
// It decides nothing about mail and knows nothing of touches; it only tells what
// arrived, when, and over which connection. Its invariants: a mail is kept
// before it is acknowledged, a file is complete or not there, and no file is
// ever overwritten, not even by another run on the same folder.
//
// Two servers stand behind one [Inbox]. Without a script it is go-smtp, a second
// opinion on the SMTP that we speak. With [Options].Script it is a small server
// of our own that can answer nonsense, stay silent or hang up at any stage.
//
//	in, err := inbox.Start(inbox.Options{Addr: "127.0.0.1:0"})
//	defer in.Close()
//	… send to in.Addr() …
//	err = in.Wait(ctx, 3)
package inbox
