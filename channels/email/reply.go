package email

import (
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
)

// A reply is what the relay said: a code and one or more lines.
type reply struct {
	code  int
	lines []string
}

// good tells whether the command was carried out.
func (r reply) good() bool { return r.code/100 == 2 }

// text returns the relay's words, clean, with the enhanced code once.
func (r reply) text() string {
	enhanced := ""
	words := make([]string, 0, len(r.lines))
	for _, l := range r.lines {
		e, rest := cutEnhanced(l)
		if enhanced == "" {
			enhanced = e
		}
		if e != "" && e == enhanced {
			l = rest
		}
		words = append(words, strings.TrimSpace(l))
	}
	return andante.CleanText(strings.TrimSpace(enhanced + " " + strings.Join(words, " ")))
}

// enhanced returns the status code of RFC 3463 that begins the first line that
// has one, such as 5.1.1, or "".
func (r reply) enhanced() string {
	for _, l := range r.lines {
		if e, _ := cutEnhanced(l); e != "" {
			return e
		}
	}
	return ""
}

// cutEnhanced cuts class.subject.detail from the beginning of a line (RFC 2034
// section 4).
func cutEnhanced(line string) (code, rest string) {
	code, rest, _ = strings.Cut(strings.TrimSpace(line), " ")
	parts := strings.Split(code, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) {
		return "", line
	}
	for _, p := range parts[1:] {
		if n, err := strconv.Atoi(p); err != nil || n < 0 || n > 999 || len(p) > 3 {
			return "", line
		}
	}
	return code, rest
}

// queueID finds the relay's own id for a mail in the words with which it took
// it; "" where none is recognised.
func queueID(words string) string {
	for _, mark := range []string{"queued as ", "queued mail for delivery as ", "id=", "Message accepted for delivery: "} {
		if _, rest, found := strings.Cut(words, mark); found {
			return firstWord(rest)
		}
	}
	// Amazon SES: "250 Ok 0100018…-…".
	if rest, found := strings.CutPrefix(words, "Ok "); found && len(rest) > 20 && !strings.Contains(rest, " ") {
		return firstWord(rest)
	}
	return ""
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	word = strings.Trim(word, "<>[](),;.")
	return word[:min(len(word), 200)]
}
