package sequences

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// checkingIn are phrases of mails that want something and give nothing, by
// language.
var checkingIn = map[string][]string{
	"en": {
		"just checking in", "checking in with you", "checking in on", "wanted to check in", "just check in",
		"touching base", "touch base", "circling back", "circle back", "just following up",
		"following up on my last", "following up on my previous", "follow up on my last", "follow up on my previous",
		"following up on the below", "following up to see", "bumping this", "bump this", "to the top of your inbox",
		"did you get my last", "did you see my last", "did you have a chance to", "have you had a chance to",
		"any thoughts on my last", "haven't heard back", "have not heard back", "just wanted to see if", "reaching out again",
	},
	"de": {
		"wollte nur mal", "wollte mal kurz", "wollte nachhaken", "kurz nachhaken", "nochmal nachhaken", "noch einmal nachhaken",
		"wollte nachfragen", "wollte kurz nachfragen", "nur kurz nachfragen", "mal nachfragen", "hake nach", "hake ich nach",
		"ich komme zurück auf meine letzte", "komme noch einmal auf meine", "komme nochmal auf meine",
		"bezüglich meiner letzten e-mail", "bezug auf meine letzte", "meine letzte e-mail erhalten", "meine letzte mail erhalten",
		"mich wieder in erinnerung", "mich in erinnerung rufen", "noch nichts von ihnen gehört", "leider nichts von ihnen gehört",
		"schon gelegenheit gehabt", "haben sie schon die zeit gefunden",
	},
}

// stock are phrases that stand in everybody's mail and say nothing, by language.
var stock = map[string][]string{
	"en": {
		"i hope this email finds you well", "i hope this message finds you well", "hope you are doing well", "hope you're doing well",
		"my name is", "i am reaching out", "i'm reaching out", "i wanted to reach out", "allow me to introduce", "i would like to introduce",
		"we are a leading provider of", "leading provider", "we are excited to", "we're excited to", "we are pleased to",
		"best-in-class", "world-class", "cutting-edge", "state-of-the-art", "industry-leading", "innovative solutions", "tailored solutions",
		"take your business to the next level", "next level", "win-win", "low-hanging fruit", "synergies",
		"please do not hesitate to contact us", "please do not hesitate to contact me", "please don't hesitate to",
		"if you have any questions", "should you have any questions", "feel free to reach out", "feel free to contact",
		"looking forward to hearing from you", "look forward to hearing from you", "i would love to hop on a quick call", "hop on a quick call",
		"thank you for your time", "thank you for your time and consideration", "thanks in advance", "have a great day", "have a great week",
		"at your earliest convenience", "as per my last email",
	},
	"de": {
		"ich hoffe es geht ihnen gut", "ich hoffe sie hatten einen guten start", "mein name ist",
		"wir freuen uns ihnen mitteilen zu können", "führender anbieter", "führenden anbieter",
		"maßgeschneiderte lösungen", "innovative lösungen", "ganzheitliche lösungen", "auf das nächste level", "win-win-situation",
		"bei fragen stehen wir ihnen gerne zur verfügung", "bei fragen stehe ich ihnen gerne zur verfügung", "für rückfragen stehen wir",
		"für rückfragen stehe ich", "gerne zur verfügung", "zögern sie nicht uns zu kontaktieren",
		"wir freuen uns auf ihre rückmeldung", "ich freue mich auf ihre rückmeldung", "ich freue mich von ihnen zu hören",
		"vielen dank im voraus", "vielen dank für ihre zeit", "ich wünsche ihnen einen schönen tag",
	},
}

var (
	checkingInPhrases = newPhrases(checkingIn)
	stockPhrases      = newPhrases(stock)
)

// phrases are lists of words by their first word, the longest first.
type phrases map[string][][]string

func newPhrases(table map[string][]string) phrases {
	p := phrases{}
	for _, list := range table {
		for _, phrase := range list {
			w := strings.Fields(phrase)
			p[w[0]] = append(p[w[0]], w)
		}
	}
	for _, list := range p {
		slices.SortFunc(list, func(a, b []string) int { return cmp.Compare(len(b), len(a)) })
	}
	return p
}

// A word of a text in small letters, and where it stands.
type word struct {
	text       string
	start, end int
	apart      bool // the end of a sentence lies before it
}

var wordForm = regexp.MustCompile(`[\pL\pN]+(?:[-'’][\pL\pN]+)*`)

func wordsOf(text string) []word {
	var words []word
	last := 0
	for _, loc := range wordForm.FindAllStringIndex(text, -1) {
		w := strings.ReplaceAll(strings.ToLower(text[loc[0]:loc[1]]), "’", "'")
		words = append(words, word{w, loc[0], loc[1], strings.ContainsAny(text[last:loc[0]], ".!?;:")})
		last = loc[1]
	}
	return words
}

// find returns where phrases stand in the text, and how many words they have
// together. They may run over line ends and commas.
func (p phrases) find(text string) (spots [][2]int, count int) {
	words := wordsOf(text)
	for i := 0; i < len(words); {
		n := p.at(words[i:])
		if n > 0 {
			spots = append(spots, [2]int{words[i].start, words[i+n-1].end})
		}
		count += n
		i += max(n, 1)
	}
	return spots, count
}

// at returns how many words the longest phrase has that the text begins with.
func (p phrases) at(words []word) int {
	for _, phrase := range p[words[0].text] {
		if len(phrase) > len(words) {
			continue
		}
		same := true
		for i := 1; i < len(phrase) && same; i++ {
			same = words[i].text == phrase[i] && !words[i].apart
		}
		if same {
			return len(phrase)
		}
	}
	return 0
}

// shorteners hide where a link leads, and spam filters know them.
var shorteners = []string{
	"bit.ly", "bitly.com", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly", "rebrand.ly", "lnkd.in", "cutt.ly",
	"shorturl.at", "tiny.cc", "rb.gy", "t.ly", "bl.ink", "v.gd", "s.id", "short.io", "tny.im", "soo.gd", "t1p.de", "kurzelinks.de",
}

var shortenerForm = regexp.MustCompile(`(?i)(?:^|[^\w.@-])(?:https?://)?(?:www\.)?(` + alternatives(shorteners) + `)/`)

func alternatives(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return strings.Join(quoted, "|")
}
