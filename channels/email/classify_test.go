package email

import (
	"errors"
	"strings"
	"testing"

	"github.com/andante-hq/andante/channels"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	const (
		temporary = channels.Temporary
		permanent = channels.Permanent
		address   = channels.Address
		sender    = channels.Sender
		unknown   = channels.Unknown
	)
	tests := []struct {
		stage stage
		line  string
		want  channels.ErrorKind
	}{
		// Later, this touch alone.
		{stageRcpt, "450 4.2.0 <maria@oakfield.example>: Recipient address rejected: Greylisted", temporary},
		{stageRcpt, "451 4.7.1 Greylisting in action, please come back later", temporary},
		{stageRcpt, "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery", temporary},
		{stageRcpt, "452 4.2.2 The email account that you tried to reach is over quota", temporary},
		{stageMail, "421 4.3.2 Service shutting down", temporary},
		{stageMail, "421 4.4.2 idle time-out", temporary},
		{stageMail, "450 4.1.8 <jonas@harborview.example>: Sender address rejected: Domain not found", temporary},
		{stageData, "451 4.3.0 Temporary system problem", temporary},
		{stageDot, "452 4.3.1 Insufficient system storage", temporary},
		{stageDot, "421 4.3.0 shutting down", temporary},
		{stageRcpt, "354 what", temporary},
		{stageRcpt, "450 4.7.1 Client host rejected: Greylisted, see http://postgrey.example/help", temporary},
		{stageRcpt, "451 4.7.1 <unknown[192.0.2.1]>: Client host rejected: Greylisting in effect", temporary},
		{stageRcpt, "450 4.7.1 Greylisted, your IP is unknown here", temporary},
		// The mailbox.
		{stageRcpt, "550 5.1.1 <maria@oakfield.example>: Recipient address rejected: User unknown in relay recipient table", address},
		{stageRcpt, "550-5.1.1 The email account that you tried to reach does not exist.", address},
		{stageRcpt, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", address},
		{stageRcpt, "556 5.1.10 <maria@oakfield.example>: Recipient address rejected: Domain oakfield.example does not accept mail (nullMX)", address},
		{stageRcpt, "501 5.1.3 Bad recipient address syntax", address},
		{stageRcpt, "550 5.1.2 Host unknown", address},
		{stageRcpt, "550 No such user here", address},
		{stageRcpt, "553 sorry, no mailbox here by that name", address},
		{stageRcpt, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", address},
		{stageRcpt, "550 5.4.1 Recipient address rejected: Access denied. [ABC.prod.protection.outlook.com]", address},
		{stageRcpt, "550 5.2.1 The email account that you tried to reach is disabled", address},
		{stageRcpt, "550 5.1.1 maria User unknown; rejecting; not listed in Domino Directory", address},
		{stageDot, "554 delivery error: dd This user doesn't have a yahoo.example account", address},
		{stageDot, "550 5.1.1 no such user", address},
		{stageRcpt, "550 <rbl-team@oakfield.example>: user unknown", address},
		{stageRcpt, "550 5.7.1 <maria@oakfield.example>: user unknown", address},
		// Who sends.
		{stageDot, "550 5.4.5 Daily user sending limit exceeded", sender},
		{stageRcpt, "550 5.4.5 Daily user sending limit exceeded", sender},
		{stageDot, "550 The from address does not match a verified Sender Identity", sender},
		{stageDot, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", sender},
		{stageDot, "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients", sender},
		{stageDot, "550 5.7.705 Access denied, tenant has exceeded threshold", sender},
		{stageRcpt, "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP", sender},
		{stageRcpt, "550 5.7.511 Access denied, banned sender[192.0.2.1]", sender},
		{stageDot, "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException", sender},
		{stageRcpt, "550 5.7.1 Invalid credentials for relay [192.0.2.1]", sender},
		{stageDot, "550 5.7.1 Unconfigured Sending Domain <harborview.example>", sender},
		{stageDot, "554 Access denied: User is not authorized to perform ses:SendRawEmail on resource", sender},
		{stageRcpt, "550 Sender address is not allowed.", sender},
		{stageRcpt, "550 5.5.1 Not authenticated", sender},
		{stageMail, "553 5.5.4 <jonas>: sender address must have a domain", sender},
		{stageMail, "503 5.5.1 send AUTH command first", sender},
		{stageRcpt, "504 5.5.2 <laptop>: Helo command rejected: need fully-qualified hostname", sender},
		{stageDot, "454 Throttling failure: Maximum sending rate exceeded.", sender},
		{stageDot, "454 Throttling failure: Daily message quota exceeded.", sender},
		{stageRcpt, "550 5.1.1 The sender's IP is blacklisted", sender},
		{stageRcpt, "550 5.1.1 host mx.oakfield.example said: 550 5.7.1 blocked using spamhaus", sender},
		{stageRcpt, "450 4.7.1 Client host rejected: cannot find your reverse hostname", sender},
		{stageConnect, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", sender},
		{stageConnect, "421 4.7.0 too many connections", temporary},
		{stageHello, "550 5.7.1 go away", sender},
		{stageAuth, "535 5.7.8 Authentication credentials invalid", sender},
		{stageAuth, "454 4.7.0 Temporary authentication failure", temporary},
		{stageTLS, "454 4.7.0 TLS not available", temporary},
		{stageMail, "530 5.7.0 Authentication required", sender},
		{stageMail, "538 encryption required", sender},
		{stageMail, "550 5.7.1 not our customer", sender},
		{stageMail, "553 5.1.8 <jonas@harborview.example>: domain of sender address does not exist", sender},
		{stageMail, "550 no", sender},
		{stageRcpt, "530 5.7.0 Must issue a STARTTLS command first", sender},
		{stageRcpt, "553 5.7.1 <jonas@harborview.example>: Sender address rejected: not owned by user x", sender},
		{stageRcpt, "554 5.7.1 <maria@oakfield.example>: Relay access denied", sender},
		{stageRcpt, "550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus", sender},
		{stageRcpt, "550 sender verify failed: no such user here", sender},
		{stageDot, "550 5.7.26 This mail is unauthenticated, which poses a security risk", sender},
		{stageDot, "554 5.7.1 Your subscription to this gateway is no longer valid", permanent},
		{stageRcpt, "550 5.7.1 mailbox unavailable for external senders", permanent},
		{stageDot, "421 4.7.28 Our system has detected an unusual rate of mail", sender},
		{stageDot, "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints", sender},
		{stageDot, "550 5.7.515 Access denied, sending domain does not meet the required authentication level", sender},
		{stageDot, "451 4.7.650 The mail server has been temporarily rate limited due to IP reputation", sender},
		{stageDot, "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent, part of their network is on our block list (S3140)", sender},
		{stageDot, "554 Message not allowed - [PH01] Email not accepted for policy reasons: SPF", sender},
		{stageDot, "554 5.7.1 Email address is not verified. The following identities failed the check", sender},
		// The mail itself, or something that nobody said.
		{stageMail, "552 5.3.4 Message size exceeds fixed limit", permanent},
		{stageMail, "555 5.5.4 Unsupported option", permanent},
		{stageMail, "501 5.5.4 Syntax: MAIL FROM:<address>", permanent},
		{stageRcpt, "552 5.2.2 The email account that you tried to reach is over quota", permanent},
		{stageRcpt, "550 5.2.1 not accepting messages right now", permanent},
		{stageRcpt, "550 5.4.1 No answer from host", permanent},
		{stageRcpt, "550 5.7.1 Recipient does not accept mail from outside", permanent},
		{stageDot, "552 5.7.0 This message was blocked because its content presents a potential security issue", permanent},
		{stageDot, "554 5.7.1 Message rejected as spam", permanent},
		{stageDot, "550 \x00\xff", permanent},
		{stageDot, "554 5.0.0", permanent},
		{stageDot, "550", permanent},
		// Neither yes nor no, after the dot.
		{stageDot, "354 go on", unknown},
	}
	for _, tt := range tests {
		r := replyOf(t, tt.line)
		if got := classify(tt.stage, r.code, r.enhanced(), r.text()); got != tt.want {
			t.Errorf("at %s %q: %s, want %s", tt.stage, tt.line, got, tt.want)
		}
	}
}

func replyOf(t *testing.T, text string) reply {
	t.Helper()
	var r reply
	for line := range strings.SplitSeq(text, "\n") {
		code, words, _, ok := parseLine(line)
		if !ok {
			t.Fatalf("no reply: %q", line)
		}
		r.code, r.lines = code, append(r.lines, words)
	}
	return r
}

func TestDied(t *testing.T) {
	t.Parallel()
	for s, want := range map[stage]channels.ErrorKind{
		stageMail: channels.Temporary, stageRcpt: channels.Temporary, stageData: channels.Temporary, stageDot: channels.Unknown,
	} {
		o := died(s, errors.New("reset"))
		if o.err.Kind != want || !o.dead || o.stale != (s == stageMail) {
			t.Errorf("death at %s: %s, dead %v, stale %v", s, o.err.Kind, o.dead, o.stale)
		}
	}
}

func TestReplyText(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, enhanced, text string }{
		{"550-5.1.1 The account\n550-5.1.1 does not exist.\n550 5.1.1 https://x", "5.1.1", "5.1.1 The account does not exist. https://x"},
		{"250 2.0.0 OK", "2.0.0", "2.0.0 OK"},
		{"550 no such user", "", "no such user"},
		{"550-first\n550 5.7.26 second", "5.7.26", "5.7.26 first second"},
		{"550 5.1.x odd", "", "5.1.x odd"},
		{"550 5.1.1111 odd", "", "5.1.1111 odd"},
		{"550 192.0.2.1 odd", "", "192.0.2.1 odd"},
		{"550 \x00\xff", "", "\uFFFD\uFFFD"},
		{"550", "", ""},
	}
	for _, tt := range tests {
		r := replyOf(t, tt.in)
		if r.enhanced() != tt.enhanced || r.text() != tt.text {
			t.Errorf("%q: %q %q, want %q %q", tt.in, r.enhanced(), r.text(), tt.enhanced, tt.text)
		}
	}
}

func TestQueueID(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"2.0.0 Ok: queued as 4ZYX1234":                                    "4ZYX1234",
		"OK id=1tABCD-0001-xy":                                            "1tABCD-0001-xy",
		"2.0.0 5AM1 Message accepted for delivery":                        "",
		"Ok 0100018f2b3c4d5e-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee-000000": "0100018f2b3c4d5e-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee-000000",
		"Ok thanks a lot for this one":                                    "",
		"":                                                                "",
	} {
		if got := queueID(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}

// FuzzClassify: whatever a server says, the outcome is one of the kinds, and a
// 4xx never costs anybody an address.
func FuzzClassify(f *testing.F) {
	f.Add(550, "5.1.1 no such user")
	f.Add(421, "4.7.28 \x00\xff")
	f.Fuzz(func(t *testing.T, code int, words string) {
		r := reply{code: code, lines: strings.Split(words, "\n")}
		for _, s := range []stage{stageConnect, stageMail, stageRcpt, stageData, stageDot} {
			kind := refusal(s, r).Kind
			if kind == "" || kind == channels.Untried || kind == channels.Unknown && s != stageDot {
				t.Errorf("%d %q at %s: %q", code, words, s, kind)
			}
			if kind == channels.Address && (code < 500 || s == stageMail) {
				t.Errorf("%d %q at %s costs an address", code, words, s)
			}
		}
	})
}
