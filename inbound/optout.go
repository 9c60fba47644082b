package inbound

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante/internal/phrases"
)

// optOut recognises a human who wants no more mail and says so. What may mean something else is
// a reply: its owner reads it, and the machine is silent till then.
func optOut(m *Mail, _ time.Time) (Finding, bool) {
	text := m.Own()
	own := phrases.Of(text)
	f := Finding{Class: OptOut, Text: text}
	subject := phrases.Of(m.Subject)
	for subject.Begins(repliedWords) {
		subject = phrases.Text(" " + string(subject)[1+len(firstOf(subject))+1:])
	}
	switch {
	case own.IsOneOf(alone):
		f.Why = "it says nothing else"
	case own.Words() <= 4 && own.Has(stopWords) && !own.Has(notSoWords):
		f.Why = `"` + own.Which(stopWords) + `"`
	case own.Words() <= 3 && subject.Words() <= 3 && subject.Has(stopWords) && !own.Has(notSoWords):
		f.Why = `its subject: "` + subject.Which(stopWords) + `"`
	case own.Words() > 150 || own.Has(notSoWords):
		return f, false
	case own.Has(leaveMeWords):
		f.Why = `"` + own.Which(leaveMeWords) + `"`
	case raw(text, leaveLetters) != "":
		f.Why = `"` + raw(text, leaveLetters) + `"`
	default:
		f.Why = inSentences(text, own)
	}
	return f, f.Why != ""
}

// sentenceEnd parts sentences, and no domains.
var sentenceEnd = regexp.MustCompile(`[.!?;](?:\s|$)|\n`)

// maxSentences is how many sentences are looked at.
const maxSentences = 200

// alone are the wish if they are all that somebody wrote.
var alone = []string{"remove", "please remove", "remove please", "remove pls", "no more", "no mas", "baja", "delete me please", "graag uitschrijven", "loschen", "bitte loschen"}

// inSentences returns the words by which a sentence says it in its own way: that they are to be
// taken from a list, or that somebody is to stop.
func inSentences(text string, own phrases.Text) string {
	for _, sentence := range sentenceEnd.Split(text, maxSentences) {
		words := strings.Fields(string(phrases.Of(sentence)))
		for i, w := range words {
			switch around := words[max(0, i-8):min(len(words), i+9)]; {
			case anyAmong(around, othersWords):
			case among(w, takeAwayVerbs) && (fromYourList(around) || anyAmong(around, listWords) && own.Words() <= 7):
				return strings.Join(around, " ")
			case among(w, stopVerbs) && sendsUs(words[i+1:min(len(words), i+6)]) && !anyAmong(words[max(0, i-2):i], negations):
				return strings.Join(words[i:min(len(words), i+5)], " ")
			}
		}
	}
	if own.Has(lawWords) && own.Has(unaskedWords) {
		return own.Which(lawWords) + " ... " + own.Which(unaskedWords)
	}
	return ""
}

// sendsUs tells whether words are about what we send to them: by a word that says so alone, or by
// sending and whom or what.
func sendsUs(words []string) bool {
	for i, w := range words {
		if among(w, sendingWords) {
			return !among(w, sendWords) || i+1 == len(words) || among(words[i+1], toUsWords)
		}
	}
	return false
}

// fromYourList tells whether words name a list of ours: from your mailing list, aus Ihrem Verteiler.
func fromYourList(words []string) bool {
	for i, w := range words {
		if among(w, yourWords) && i > 0 && among(words[i-1], fromWords) && anyAmong(words[i+1:min(len(words), i+5)], listWords) {
			return true
		}
	}
	return false
}

func among(w string, list []string) bool { return slices.Contains(list, w) }

func anyAmong(words, list []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return among(w, list) })
}

func firstOf(s phrases.Text) string {
	for i := 1; i < len(s); i++ {
		if s[i] == ' ' {
			return string(s[1:i])
		}
	}
	return ""
}
