package inbound

import "github.com/andante-hq/andante/internal/phrases"

// A Wish is what an answer to a text message asks for.
type Wish string

// The wishes.
const (
	WishNone  Wish = ""      // somebody wrote
	WishStop  Wish = "stop"  // no more texts
	WishMaybe Wish = "maybe" // perhaps that: nothing goes out, and a person reads it
	WishHelp  Wish = "help"
	WishStart Wish = "start" // texts again
)

// Words that are a wish if they are all that a text says (CTIA Messaging Principles section 5.1.3;
// 47 CFR 64.1200(a)(10); Twilio: Advanced Opt-Out).
var (
	stopTexts  = []string{"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "stopp", "arret", "alto", "baja"}
	helpTexts  = []string{"help", "info", "hilfe", "aide", "ayuda"}
	startTexts = []string{"start", "unstop"}
)

// WishOf tells what an answer to a text message asks for. Case, punctuation, emoji and other
// spellings of the same letters make no difference; a word in a sentence is none of these wishes.
func WishOf(text string) Wish {
	s := phrases.Of(asText([]byte(text)))
	switch {
	case s.IsOneOf(stopTexts):
		return WishStop
	case s.IsOneOf(helpTexts):
		return WishHelp
	case s.IsOneOf(startTexts):
		return WishStart
	case s.Has(notSoWords):
		return WishNone
	case s.IsOneOf(alone), s.Words() <= 6 && s.Has(stopWords), s.Has(leaveMeWords), inSentences(text, s) != "":
		return WishMaybe
	}
	return WishNone
}
