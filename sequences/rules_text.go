package sequences

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/andante-hq/andante"
)

// textRules look at what goes out.
func textRules() []Rule {
	return []Rule{
		{Name: "empty-subject", Severity: isError, Firm: true, check: checkEmptySubject, Doc: "Every email has a subject for every reader; with `thread: true` it is the fallback."},
		{Name: "empty-text", Severity: isError, Firm: true, check: checkEmptyText, Doc: "The composed text is empty for no persona and variant."},
		{Name: "persona", Severity: isError, Firm: true, check: checkPersonaNames, Doc: "A block names a persona of the sequence, and a sequence those of the workspace."},
		{Name: "variant", Severity: isWarning, check: checkVariantNames, Doc: "A block names a variant of the sequence's test; others are never drawn."},
		{Name: "persona-block", Severity: isWarning, check: checkPersonaBlock, Doc: "If some personas have a block of their own, all do."},
		{Name: "false-re", Severity: isError, check: checkFalseRe, Doc: "No subject pretends to be an answer or a forwarded mail."},
		{Name: "foreign-field", Severity: isError, check: checkForeign, Doc: "Fields are written {{ contact.first_name }}, not as other programs write them."},
		{Name: "unfinished", Severity: isWarning, check: checkUnfinished, Doc: "No text holds TODO or placeholder words."},
		{Name: "checking-in", Severity: isWarning, check: checkCheckingIn, Doc: "No text just checks in, touches base or follows up on the last mail."},
		{Name: "boilerplate", Severity: isWarning, check: checkBoilerplate, Doc: "A text doesn't consist mostly of stock phrases."},
		{Name: "long-subject", Severity: isWarning, check: checkLongSubject, Doc: "A subject has at most 60 characters, merge fields aside."},
		{Name: "shouting", Severity: isWarning, check: checkShouting, Doc: "No text shouts in capitals or with several exclamation marks."},
		{Name: "link-shortener", Severity: isWarning, check: checkShortener, Doc: "Links show where they lead."},
		{Name: "hard-to-read", Severity: isWarning, check: checkReading, Doc: "No sentence has more than 40 words."},
	}
}

// falseRe matches the marks of answers and forwarded mails in several languages, at
// the beginning of a subject or of one side of an {% if %} in it.
var falseRe = regexp.MustCompile(`(?is)^(?:.*\{%-?\s*(?:else|elsif|when)\b[^%]*%\})?(?:[\s"'{]|\{%[^%]*%\})*` +
	`\b(re|aw|antw|sv|fwd?|wg|r|tr|vs|odp)\s*(?:\[\d+\])?\s*[:：]`)

func checkFalseRe(d *draft) {
	d.passages(func(p passage) {
		if p.sort != "subject" {
			return
		}
		if m := falseRe.FindStringSubmatchIndex(p.text); m != nil {
			f := d.say(p.position(m[2]), "%q belongs to an answer, and this is none", p.text[m[2]:m[1]])
			f.Suggestion = "leave it out; thread: true answers the last mail"
		}
	})
}

// foreign matches the merge fields of other programs: *|FNAME|*, {first_name},
// ${first_name}, [[name]], %%name%%, <<name>>.
var foreign = regexp.MustCompile(`\*\|[A-Za-z0-9_:]+\|\*|\$?\{ *[A-Za-z_]+(?:\.[A-Za-z0-9_]+)* *\}|\[\[ *[A-Za-z_. ]+ *\]\]|%%[A-Za-z_.]+%%|<<[A-Za-z_. ]+>>`)

func checkForeign(d *draft) {
	d.passages(func(p passage) {
		prose := p.prose(true)
		for i, m := range foreign.FindAllStringIndex(prose, maxSpots) {
			f := d.say(p.position(m[0]), "%q is no field here, and goes out as it is", prose[m[0]:m[1]])
			if i == 0 {
				f.Suggestion = "write {{ contact.first_name }}"
			}
		}
	})
}

var unfinished = regexp.MustCompile(`\b(?:TODO|FIXME|TBD|XXX)\b|(?i)\blorem ipsum\b`)

func checkUnfinished(d *draft) {
	d.passages(func(p passage) {
		prose := p.prose(true)
		for _, m := range unfinished.FindAllStringIndex(prose, maxSpots) {
			d.say(p.position(m[0]), "%q looks unfinished", prose[m[0]:m[1]])
		}
	})
}

// maxSpots is how often one text hears the same reproach.
const maxSpots = 50

func checkCheckingIn(d *draft) {
	d.passages(func(p passage) {
		spots, _ := checkingInPhrases.find(p.prose(true))
		for _, at := range spots[:min(len(spots), maxSpots)] {
			phrase := strings.Join(strings.Fields(p.text[at[0]:at[1]]), " ")
			d.say(p.position(at[0]), "%q gives the reader nothing", phrase).Suggestion = "say what is new for them"
		}
	})
}

const (
	stockShare = 0.4 // of the words
	stockWords = 8   // fewer are a greeting
)

func checkBoilerplate(d *draft) {
	d.passages(func(p passage) {
		if p.sort != "body" {
			return
		}
		text := p.prose(true)
		spots, count := stockPhrases.find(text)
		words := len(wordsOf(text))
		if count >= stockWords && float64(count) >= stockShare*float64(words) {
			d.say(p.position(spots[0][0]), "%d of %d words stand in everybody's mail", count, words).Suggestion = "say what only you can say to them"
		}
	})
}

const maxSubject = 60

func checkLongSubject(d *draft) {
	d.passages(func(p passage) {
		if p.sort != "subject" {
			return
		}
		shown := strings.TrimSpace(liquidForm.ReplaceAllString(p.text, ""))
		if n := utf8.RuneCountInString(shown); n > maxSubject {
			d.say(p.at, "the subject has %d characters, and phones show about %d", n, maxSubject)
		}
	})
}

var (
	manyMarks = regexp.MustCompile(`[!?]*!{2,}[!?]*|!\?!`)
	capitals  = regexp.MustCompile(`\p{Lu}{4,}(?:[^\pL\n]+\p{Lu}{4,})+`)
)

func checkShouting(d *draft) {
	d.passages(func(p passage) {
		text := p.prose(true)
		if loc := manyMarks.FindStringIndex(text); loc != nil {
			d.say(p.position(loc[0]), "one exclamation mark is plenty")
		}
		if loc := capitals.FindStringIndex(text); loc != nil {
			d.say(p.position(loc[0]), "%q shouts", text[loc[0]:loc[1]]).Suggestion = "write it in small letters"
			return
		}
		if p.sort != "body" && shouts(text) {
			d.say(p.at, "the %s is in capitals", p.sort).Suggestion = "write it in small letters"
		}
	})
}

// shouts tells whether most letters are capitals. A short text may be a name.
func shouts(text string) bool {
	letters, upper := 0, 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.IsUpper(r) {
			upper++
		}
	}
	return letters >= 8 && upper*10 >= letters*7
}

func checkShortener(d *draft) {
	d.passages(func(p passage) {
		for _, m := range shortenerForm.FindAllStringSubmatchIndex(p.prose(false), -1) {
			d.say(p.position(m[2]), "%s hides where the link leads", p.text[m[2]:m[3]]).Suggestion = "write the whole address"
		}
	})
}

const maxSentence = 40 // words

// sentence runs to its mark, or to the end of its paragraph or list item.
var sentence = regexp.MustCompile(`(?s)\S.*?(?:[.!?…:](?:\s|$)|\n\s*\n|\n\s*(?:[-*+#>|]|\d+[.)])\s|$)`)

func checkReading(d *draft) {
	d.passages(func(p passage) {
		if p.sort != "body" || p.step.Kind == andante.Decide {
			return
		}
		text := p.prose(true)
		for _, loc := range sentence.FindAllStringIndex(text, -1) {
			if n := len(strings.Fields(text[loc[0]:loc[1]])); n > maxSentence {
				d.say(p.position(loc[0]), "a sentence of %d words is hard to read", n).Suggestion = "make two of it"
				return
			}
		}
	})
}
