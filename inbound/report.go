package inbound

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante/internal/phrases"
)

// Failure is what a mail system says of one recipient.
type Failure struct {
	Recipient string   // as we know them, where that is told; empty if nobody is named
	Named     []string // as the mail system names them
	Kind      Verdict
	Status    string // enhanced code (RFC 3463), such as 5.1.1; empty if none is told
	Words     string // the server's own, shortened
	Why       string // the phrase or code by which its kind was told
}

// report reads what mail systems say in the form that is made for it (RFC 3464).
func report(m *Mail, _ time.Time) (Finding, bool) {
	var failed, late, there []Failure
	for _, g := range m.Status {
		f, action := m.failure(g)
		switch action {
		case "failed":
			failed = append(failed, f)
		case "delayed":
			late = append(late, f)
		case "delivered", "relayed", "expanded":
			there = append(there, f)
		}
	}
	why := "a report of delivery (RFC 3464)"
	switch {
	case len(failed) > 0:
		return Finding{Class: Bounce, Why: why, Failures: failed}, true
	case len(late) > 0:
		return Finding{Class: Delay, Why: why, Failures: late}, true
	case len(there) > 0:
		return Finding{Class: Receipt, Why: why, Failures: there}, true
	}
	return Finding{}, false
}

// failure reads the fields of one recipient (RFC 3464 section 2.3); without them the action is
// empty.
func (m *Mail) failure(g Group) (f Failure, action string) {
	action = firstWord(g.Get("Action"))
	final, original := addressField(g.Get("Final-Recipient")), addressField(g.Get("Original-Recipient"))
	if action == "" && final == "" && original == "" {
		return f, ""
	}
	f.Status = statusIn(g.Get("Status"))
	if action == "" || !slices.Contains([]string{"failed", "delayed", "delivered", "relayed", "expanded"}, action) {
		action = map[string]string{"5": "failed", "4": "delayed", "2": "delivered"}[before(f.Status, ".")]
	}
	f.Recipient = m.ours(original, final)
	f.Named = slices.DeleteFunc([]string{original, final}, func(a string) bool { return a == "" })
	said := g.Get("Diagnostic-Code")
	if kind, text, ok := strings.Cut(said, ";"); ok && !strings.Contains(kind, " ") {
		said = strings.TrimSpace(text)
	}
	f.Words = shorten(said)
	if action == "failed" {
		// What stands in the text around it says more where the diagnosis says nothing.
		f.Kind, f.Why = judge(f.Status, said, f.Recipient)
		if f.Kind == Undecided {
			f.Kind, f.Why = judge(f.Status, said+"\n"+m.toldText(), f.Recipient)
		}
	}
	return f, action
}

func firstWord(s string) string {
	if words := strings.Fields(lower(aComment.ReplaceAllString(s, ""))); len(words) > 0 {
		return strings.Trim(words[0], ";,.")
	}
	return ""
}

func before(s, sep string) string {
	s, _, _ = strings.Cut(s, sep)
	return s
}

// addressField reads an address with its type, such as rfc822; ana@x.example.
func addressField(value string) string {
	if _, a, ok := strings.Cut(value, ";"); ok {
		value = a
	}
	if list := addressesIn(strings.ReplaceAll(value, "+AEA-", "@")); len(list) > 0 {
		return list[0]
	}
	return ""
}

// ours returns the first of the addresses to which the original went, if that can be told, and
// else the first that is there.
func (m *Mail) ours(list ...string) string {
	list = slices.DeleteFunc(list, func(a string) bool { return a == "" })
	to := m.sentTo()
	for _, a := range list {
		if slices.Contains(to, a) {
			return a
		}
	}
	if len(to) == 1 {
		return to[0]
	}
	if len(list) > 0 {
		return list[0]
	}
	return ""
}

// sentTo returns whom the mail was addressed to that lies in this one.
func (m *Mail) sentTo() (list []string) {
	if m.Original == nil {
		return nil
	}
	for _, a := range m.Original.Addresses("To") {
		list = append(list, a.Address)
	}
	return list
}

var (
	aStatus   = regexp.MustCompile(`\b([245])\.(\d{1,3})\.(\d{1,3})\b`)
	aCode     = regexp.MustCompile(`(?:^|[^\d.])([45]\d\d)(?:[ -]|$)`)
	notStatus = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+|\d+\.\d+\.\d+\.?\d*[-_a-z]`)
)

// statusIn returns the enhanced code in a text (RFC 3463 section 2); empty if there is none.
func statusIn(text string) string { return aStatus.FindString(notStatus.ReplaceAllString(text, " ")) }

// codeIn returns the code of a reply in a text (RFC 5321 section 4.2); empty if there is none.
func codeIn(text string) string {
	if m := aCode.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// maxWords is how much of a server's words is kept.
const maxWords = 500

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "")
	}
	return s
}

// receipt recognises notices that a mail was opened, or thrown away unread (RFC 8098).
func receipt(m *Mail, _ time.Time) (Finding, bool) {
	if m.Null && phrases.Of(m.Subject).Begins(seenSubjects) {
		return Finding{Class: Receipt, Why: "its subject"}, true
	}
	if len(m.Receipt.fields) == 0 && m.ReportType != "disposition-notification" {
		return Finding{}, false
	}
	return Finding{Class: Receipt, Why: "a notice that it was seen (RFC 8098)", Failures: []Failure{{Recipient: addressField(m.Receipt.Get("Final-Recipient")), Words: m.Receipt.Get("Disposition")}}}, true
}

// seenSubjects begin the subjects of receipts that have no form.
var seenSubjects = []string{"return receipt", "read receipt", "read", "gelesen", "lu", "leido", "lesebestatigung", "opened", "geoffnet"}

// complaint recognises reports of a spam button (RFC 5965 and RFC 6449). Those of failed
// authentication (RFC 6591) are not a person's.
func complaint(m *Mail, _ time.Time) (Finding, bool) {
	kind := lower(strings.TrimSpace(m.Feedback.Get("Feedback-Type")))
	if to := m.hotmail(); to != "" {
		return Finding{Class: Complaint, Why: "a report of the spam button (Microsoft JMRP)", Failures: []Failure{{Recipient: to, Words: "abuse"}}}, true
	}
	switch {
	case len(m.Feedback.fields) == 0 && m.ReportType != "feedback-report":
		return Finding{}, false
	case kind == "auth-failure", kind == "not-spam", kind == "dmarc", kind == "dkim", kind == "virus":
		return Finding{Class: Notice, Why: "a report about " + kind}, true
	case kind == "" && len(m.Feedback.fields) > 0:
		return Finding{Class: Notice, Why: "a report of no kind"}, true
	}
	f := Failure{Recipient: m.ours(addressField(m.Feedback.Get("Original-Rcpt-To")), addressField(m.Feedback.Get("Removal-Recipient"))), Words: kind}
	return Finding{Class: Complaint, Why: "a report of the spam button (RFC 5965)", Failures: []Failure{f}}, true
}

// hotmail returns whose complaint Microsoft hands on without a report (Smart Network Data
// Services, Junk Mail Reporting Program).
func (m *Mail) hotmail() string {
	for _, h := range []*Header{&m.Header, m.Original} {
		if h != nil {
			if to := addressField(h.Get("X-HmXmrOriginalRecipient")); to != "" {
				return to
			}
		}
	}
	return ""
}

// Failed is a failure that a provider tells of in its own form: with the enhanced code, if it has one,
// and the words of the server that refused the mail.
func Failed(recipient, status, words string) Failure {
	f := Failure{Recipient: recipient, Status: status, Words: shorten(words)}
	f.Kind, f.Why = judge(status, words, recipient)
	return f
}
