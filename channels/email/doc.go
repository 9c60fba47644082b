// Package email builds mails and hands them to an SMTP relay.
//
// It decides what one mail's outcome was and nothing else: not whether it may
// go, not when to try again. It knows no contact and no sequence. Invariants:
//
//   - A mail is complete before DATA is said. When a write fails the socket is
//     closed without a dot and without QUIT, so half a mail is never accepted.
//   - No byte that came from a contact can make a header, an SMTP command or an
//     end of data.
//   - Death before the final dot was handed to the socket is Temporary, after it
//     without an answer Unknown.
//   - A password never crosses the network in plain text.
//
// classify.go is the one place that reads the server's words.
//
//	ch, err := email.New(email.Config{Host: "smtp.example.com", User: "u", Password: p}, clock)
//	defer ch.Close()
//	sealed, err := ch.Prepare(m)
//	err = ch.Deliver(ctx, []channels.Sealed{sealed}, gate)
package email
