// Package mailhost knows who runs the mailboxes of a domain: a provider such as Google for
// gmail.com and for each company that has its mail there.
package mailhost
