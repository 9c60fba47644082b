package email

import (
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante/channels"
)

// A stage of the conversation; what a code means depends on it.
type stage string

const (
	stageConnect stage = "connect"
	stageHello   stage = "ehlo"
	stageTLS     stage = "starttls"
	stageAuth    stage = "auth"
	stageMail    stage = "mail"
	stageRcpt    stage = "rcpt"
	stageData    stage = "data"
	stageDot     stage = "dot"
)

// died tells what a mail's fate is when the connection dies at a stage without
// an answer. Only the final dot makes a mail the relay's: before it was handed
// to the socket nothing can have gone, after it nobody knows.
func died(s stage, err error) outcome {
	kind := channels.Temporary
	if s == stageDot {
		kind = channels.Unknown
	}
	return outcome{err: &channels.SendError{Kind: kind, Err: err}, dead: true, stale: s == stageMail}
}

// refusedAt tells what a reply that is no yes means for mail and connection.
func refusedAt(s stage, r reply) outcome {
	e := refusal(s, r)
	o := outcome{err: e, dead: r.code == 421 || e.Kind == channels.Unknown || r.code < 400}
	// RFC 3463 4.3.2 and 4.4.2: the relay closes for reasons of its own.
	o.stale = s == stageMail && r.code == 421 && e.Kind == channels.Temporary &&
		slices.Contains([]string{"", "4.3.2", "4.4.2"}, r.enhanced())
	return o
}

// refusal turns a reply into a SendError.
func refusal(s stage, r reply) *channels.SendError {
	kind := classify(s, r.code, r.enhanced(), r.text())
	return &channels.SendError{Kind: kind, Passing: kind == channels.Sender && r.code < 500, Code: r.code, Response: r.text()}
}

// classify tells what to do about a reply that is no yes, from its code (RFC
// 5321 section 4.2), its enhanced code (RFC 3463, IANA registry) and its words.
// It is pure, and the one place that knows mail servers.
func classify(s stage, code int, enhanced, words string) channels.ErrorKind {
	said := phrases(words)
	switch {
	case code < 400 || code > 599: // neither yes nor no
		if s == stageDot {
			return channels.Unknown
		}
		return channels.Temporary
	case s == stageConnect || s == stageHello || s == stageTLS || s == stageAuth:
		if code < 500 {
			return channels.Temporary
		}
		return channels.Sender
	case aboutSender(s, code, enhanced, said):
		return channels.Sender
	case code < 500:
		return channels.Temporary
	case s != stageMail && aboutAddress(code, enhanced, said):
		return channels.Address
	default:
		return channels.Permanent
	}
}

// aboutSender tells whether the refusal is about who sends: authentication,
// reputation, rate or relaying. It must never cost the contact anything.
func aboutSender(s stage, code int, enhanced string, said string) bool {
	_, rest, _ := strings.Cut(enhanced, ".")
	subject, detail, _ := strings.Cut(rest, ".")
	n, _ := strconv.Atoi(detail)
	switch {
	case code == 530 || code == 534 || code == 535 || code == 538:
		return true // RFC 4954 section 6
	case code < 500 && anyOf(said, greyWords):
		return false // whoever sends, this touch alone waits
	case (code >= 500 || subject == "7") && senderCode(subject, n):
		return true
	case code < 500:
		// A busy mailbox (4.2.x) is about this touch alone.
		return (subject == "7" || code == 421) && anyOf(said, rateWords, blockWords) || subject == "" && anyOf(said, rateWords)
	case anyOf(said, senderWords):
		return true
	case s == stageMail && !anyOf(said, rateWords, blockWords):
		// MAIL names nobody but the sender; size and syntax are the mail's own.
		return code != 552 && code != 555 && code > 504 && subject != "5" && !(subject == "3" && n == 4)
	default:
		// Words about us weigh more than a code that is used for everything, unless
		// the mailbox is named as well.
		return subject != "2" && anyOf(said, rateWords, blockWords) && !anyOf(said, addressWords)
	}
}

// senderCode tells the enhanced codes that are about us alone: RFC 7372 and the large
// providers' own for SPF, DKIM, DMARC, PTR, rate, relaying and sending as somebody
// else (Gmail, Exchange Online: 5.7.5xx to 5.7.7xx, 5.1.90, 5.4.5), and X.1.7 and X.1.8,
// a bad sender's address (RFC 3463 section 3.2).
func senderCode(subject string, n int) bool {
	switch subject {
	case "1":
		return n == 7 || n == 8 || n == 90
	case "4":
		return n == 5
	case "7":
		return n >= 23 && n <= 32 || n == 57 || n == 60 || n == 64 || n >= 500 && n < 800
	}
	return false
}

// aboutMailbox tells whether the enhanced code says that there is no such
// mailbox: 5.1.1, bad domain 5.1.2, bad syntax 5.1.3, moved 5.1.6, null MX 5.1.10
// (RFC 7505 section 4.2).
func aboutMailbox(enhanced string) bool {
	return slices.Contains([]string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}, enhanced)
}

// aboutAddress tells whether the mailbox is gone or never was. Suppressing a
// person wrongly is worse than one mail too many to a dead box, so codes that
// servers use for other things too need the words as well.
func aboutAddress(code int, enhanced string, said string) bool {
	switch {
	case aboutMailbox(enhanced):
		return true
	case code == 556: // RFC 7504 section 4
		return true
	case enhanced == "5.2.1": // disabled, but also "not now"
		return anyOf(said, addressWords) || anyOf(said, []string{"disabled", "inactive"})
	case enhanced == "5.4.1": // Exchange Online: no such recipient in the directory
		return anyOf(said, addressWords) || anyOf(said, []string{"recipient address rejected access denied"})
	case strings.HasPrefix(enhanced, "5.2.") || strings.HasPrefix(enhanced, "5.3."):
		return false // full, too large, system trouble
	case strings.HasPrefix(enhanced, "5.7."):
		return anyOf(said, nobodyWords) // policy, unless it is quite plain
	}
	return slices.Contains([]int{550, 551, 553, 554}, code) && anyOf(said, addressWords)
}
