// Package mailroom is where mail comes in: a listener that speaks SMTP or LMTP, and mailboxes that are
// read by IMAP. It hands each mail to ops and answers when that has been committed, so that whoever
// sends keeps what could not be taken. It refuses to know what a mail says; that is package inbound.
//
// Invariants: nothing is said to be taken that is not in the store; no mail is passed on; nothing in a
// mailbox is changed; what one connection does, or doesn't do, keeps nobody else from theirs.
package mailroom
