// Package messageid reads Message-IDs (RFC 5322 section 3.6.4) out of lists and of folders
// of mails: what somebody has received. It gives them without angle brackets and otherwise
// as they are, and keeps none.
package messageid
