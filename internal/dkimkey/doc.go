// Package dkimkey makes and reads the keys with which a domain signs its mails, and writes
// the DNS records by which others check them (RFC 6376, RFC 8463).
package dkimkey
