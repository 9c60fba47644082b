// Package webhooks is the web's side of Andante: the pages behind the links of messages, what providers
// post, and what other programs are told. It verifies the raw bytes of a request, reads what they
// tell, calls ops, and answers when that has been committed. What follows from anything ops knows.
//
// Invariants: a GET changes no field, consent, choice or suppression, for scanners follow links; what
// has no secret is refused; no request is read beyond its limit; no link leads elsewhere than the
// message said; no hook is posted to an internal address that is not meant to.
package webhooks
