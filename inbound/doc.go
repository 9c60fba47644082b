// Package inbound says what a mail that has come in is: a bounce, a complaint, an automatic
// answer, the wish to be left alone, or what a human wrote. It is pure: bytes in, a [Finding]
// out. It knows neither store nor contacts, and decides no consequence; that is ops.
//
// Invariants: reading never fails, never panics and keeps memory within bounds, however
// broken the bytes are. What is not recognised for sure is a reply or nothing: cutting a person
// off by mistake is worse than one mail too many to a dead box.
//
//	m := inbound.Read(raw, inbound.Envelope{})
//	f := inbound.Recognise(m, now)
//	if f.Class == inbound.Bounce && f.Failures[0].Kind == inbound.Hard { ... }
package inbound
