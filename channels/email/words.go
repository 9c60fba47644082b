package email

import "strings"

// The words by which servers tell what their codes leave open. Each phrase is in
// the form that [phrases] gives: lower case, words parted by single spaces.
var (
	// senderWords name a refusal of us at any stage.
	senderWords = []string{
		"sender address rejected", "sender rejected", "sender denied", "sender verify failed", "sender verification failed",
		"sender domain", "invalid sender", "unknown sender", "sender unknown", "sender not authorized", "not authorized to send",
		"not allowed to send", "relay access denied", "relay not permitted", "relaying denied", "relaying not allowed",
		"unable to relay", "not permitted to relay", "we do not relay", "authentication required", "must authenticate",
		"must issue a starttls command first", "send auth command first", "not authenticated", "credentials for relay",
		"email address is not verified", "sender identity", "to send as", "send as this sender", "banned sender",
		"sending domain", "sender address is not allowed", "sender address must have a domain", "not authorized to perform ses",
		"helo command rejected", "ehlo command rejected", "outboundspamexception", "accepted from this ip",
	}
	// rateWords say: too much, too fast.
	rateWords = []string{
		"rate limit", "rate limited", "ratelimit", "rate exceeded", "sending rate", "unusual rate", "too much mail",
		"too many messages", "too many emails", "too many mails", "message limit", "sending limit", "sending quota", "daily quota exceeded",
		"user complaints", "throttled", "throttling", "daily limit", "exceeded threshold",
	}
	// blockWords say: on a list, or badly thought of.
	blockWords = []string{
		"block list", "blocklist", "blocklisted", "blacklist", "blacklisted", "black list", "black listed", "denylist", "dnsbl",
		"rbl", "spamhaus", "spamcop", "barracuda", "barracudacentral", "sorbs", "abusix", "uceprotect", "invaluement", "cloudmark",
		"senderscore", "sender score", "reputation", "blocked using", "listed at", "listed by", "banned sending", "your ip",
		"ip address blocked", "client host", "sending ip", "sender ip", "ip block", "s3140", "s3150", "unauthenticated", "unsolicited",
		"spf", "dkim", "dmarc", "reverse dns", "ptr record",
	}
	// addressWords say that the mailbox does not exist.
	addressWords = []string{
		"user unknown", "unknown user", "no such user", "no such mailbox", "no such recipient", "no such address", "no such account",
		"no mailbox here", "no mailbox by that name", "mailbox not found", "mailbox unavailable", "mailbox does not exist",
		"mailbox unknown", "unknown mailbox", "invalid mailbox", "not a valid mailbox", "user not found", "user does not exist",
		"user doesn t exist", "user doesn t have", "recipient unknown", "unknown recipient", "invalid recipient", "recipient not found",
		"recipient does not exist", "recipient rejected user unknown", "address does not exist", "address unknown", "unknown address",
		"account does not exist", "account that you tried to reach does not exist", "account disabled", "account has been disabled",
		"account is disabled", "account inactive", "unrouteable address", "unknown local part", "undeliverable address",
		"user no longer exists", "account no longer exists", "mailbox no longer exists", "address no longer exists",
		"address is no longer valid",
	}
	// nobodyWords leave no doubt about it.
	nobodyWords = []string{"user unknown", "unknown user", "no such user", "user does not exist", "mailbox does not exist"}
	// greyWords say that whoever sends for the first time is to come back later.
	greyWords = []string{"greylist", "greylisted", "greylisting", "graylist", "graylisted", "graylisting", "postgrey"}
)

// phrases puts a server's words into a comparable form. Addresses are left out:
// a mailbox named rbl must not read as a block list.
func phrases(words string) string {
	var b strings.Builder
	for _, word := range strings.Fields(strings.ToLower(words)) {
		if strings.Contains(word, "@") {
			continue
		}
		for _, part := range strings.FieldsFunc(word, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9')
		}) {
			b.WriteByte(' ')
			b.WriteString(part)
		}
	}
	b.WriteByte(' ')
	return b.String()
}

// anyOf tells whether one of the phrases stands in said, as whole words.
func anyOf(said string, lists ...[]string) bool {
	for _, list := range lists {
		for _, phrase := range list {
			if strings.Contains(said, " "+phrase+" ") {
				return true
			}
		}
	}
	return false
}
