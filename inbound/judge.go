package inbound

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante/internal/phrases"
)

// Verdict is what the failure of a delivery is about.
type Verdict string

// The verdicts. Hard needs evidence: only it costs a person their mail.
const (
	Hard      Verdict = "hard"    // there is no such mailbox, or it is closed for good
	Soft      Verdict = "soft"    // full, away, or not reached: it may go another day
	ByUs      Verdict = "sender"  // it is we who are not wanted: reputation, authentication, rate
	Content   Verdict = "content" // this message is not wanted: spam, virus, size
	Undecided Verdict = "unknown"
)

// judge tells what a failure is about from its enhanced code (RFC 3463, may be empty) and the
// server's words, and which phrase or code told it. Words weigh more than codes, for servers use
// the same codes for many things; and of words those about us weigh most, then those that leave
// hope.
func judge(status, words, to string) (Verdict, string) {
	s := phrases.Of(words)
	inText := statusIn(words)
	passing := strings.HasPrefix(orElse(inText, status), "4.") || strings.HasPrefix(codeIn(words), "4")
	if v, why := judgeName(lower(words), to); v != Undecided {
		return v, why
	}
	for _, r := range rulings {
		if r.verdict == Hard && passing { // it was tried again and again, and nobody said that it never will be
			continue
		}
		if phrase := s.Which(r.phrases); phrase != "" && !s.Has(r.unless) {
			return r.verdict, `"` + phrase + `"`
		}
		if phrase := raw(words, r.letters); phrase != "" {
			return r.verdict, `"` + phrase + `"`
		}
	}
	for _, code := range []string{inText, status} { // a server's own is more exact than what a gateway made of it
		if v := ofStatus(code, s); v != Undecided {
			return v, code
		}
	}
	switch code := codeIn(words); {
	case strings.HasPrefix(code, "4"), strings.HasPrefix(status, "4."):
		return Soft, orElse(code, status)
	case code == "552":
		return Soft, code // RFC 5321 section 4.2.3: exceeded storage allocation
	case code == "556":
		return Hard, code // RFC 7504 section 4: takes no mail
	}
	return Undecided, ""
}

// notFound is how Postfix tells that a name is not known.
var notFound = regexp.MustCompile(`host or domain name not found\. name service error(?: \(.*?\))?\s+for\s+name=(\S+)`)

// judgeName tells what a name means that is not known: that of the domain itself leaves no
// mailbox, and that of its mail server is a mistake of theirs.
func judgeName(words, to string) (Verdict, string) {
	found := notFound.FindStringSubmatch(strings.Join(strings.Fields(words), " "))
	if found == nil {
		return Undecided, ""
	}
	if _, domain, _ := strings.Cut(to, "@"); domain != found[1] || strings.Contains(words, "try again") {
		return Soft, "name " + found[1] + " not found"
	}
	return Hard, "domain " + found[1] + " not found"
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// raw finds phrases of languages that put no spaces between words.
func raw(text string, list []string) string {
	for _, phrase := range list {
		if strings.Contains(text, phrase) {
			return phrase
		}
	}
	return ""
}

// ofStatus tells what an enhanced code is about, where no words say otherwise (RFC 3463 section 3,
// IANA registry of enhanced status codes, Microsoft Learn "Email non-delivery reports and SMTP
// errors in Exchange Online").
func ofStatus(code string, s phrases.Text) Verdict {
	class, rest, _ := strings.Cut(code, ".")
	subject, _, _ := strings.Cut(rest, ".")
	switch {
	case code == "":
		return Undecided
	case class == "4" && subject == "7" && s.Has(policyWords):
		return ByUs
	case class == "4":
		return Soft
	case slices.Contains([]string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}, code):
		return Hard
	case code == "5.4.1" && s.Has([]string{"access denied"}): // Exchange Online: not in its directory
		return Hard
	case slices.Contains([]string{"5.1.7", "5.1.8", "5.1.90", "5.4.5"}, code), ofUs(code):
		return ByUs
	case slices.Contains([]string{"5.2.3", "5.3.4", "5.7.10", "5.7.54"}, code), subject == "6":
		return Content
	case slices.Contains([]string{"5.2.2", "5.3.1", "5.3.2", "5.4.1", "5.4.2", "5.4.3", "5.4.4", "5.4.6", "5.4.7", "5.4.8", "5.4.14", "5.4.300", "5.4.310", "5.4.312", "5.4.316"}, code):
		return Soft
	}
	return Undecided
}

// ofUs tells the codes about authentication and reputation of whoever sends: RFC 7372 and those of
// the large providers.
func ofUs(code string) bool {
	n := strings.TrimPrefix(code, "5.7.")
	if n == code {
		return false
	}
	switch len(n) {
	case 2:
		return n >= "23" && n <= "32" || n == "57" || n == "60" || n == "64"
	case 3:
		return n >= "500" && n <= "799"
	}
	return false
}

// A ruling is a verdict with the phrases that lead to it.
type ruling struct {
	verdict Verdict
	phrases []string
	unless  []string // words with which the phrases mean something else
	letters []string // of languages without spaces between words
}

// rulings in the order in which they are asked.
var rulings = []ruling{
	{verdict: Undecided, phrases: membersWords},
	{verdict: Soft, phrases: firstWords},
	{verdict: ByUs, phrases: usWords, unless: certainWords},
	{verdict: Content, phrases: contentWords, unless: append(slices.Clone(certainWords), roomWords...)},
	{verdict: Soft, phrases: fullWords, letters: fullLetters},
	{verdict: Hard, phrases: goneWords, letters: goneLetters},
	{verdict: ByUs, phrases: weakUsWords},
	{verdict: Content, phrases: weakContentWords},
	{verdict: Hard, phrases: []string{"mailbox unavailable"}}, // RFC 5321 section 4.2.3 of 550
	{verdict: Soft, phrases: laterWords},
}
