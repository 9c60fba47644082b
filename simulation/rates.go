package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// Rates say how often people answer what they get, by kind.
type Rates map[andante.Kind]map[string]Share

// A Share is a part of all, from 0 to 1; it is written as 2.5%.
type Share float64

// UnmarshalText reads 2.5%.
func (s *Share) UnmarshalText(b []byte) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(string(b)), "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !percent || err != nil || n < 0 || n > 100 {
		return fmt.Errorf("write a share such as 2.5%%, not %q", b)
	}
	*s = Share(n / 100)
	return nil
}

// answers are what people do about what a machine sends, and the event that tells it.
var answers = map[string]string{
	"reply": andante.EventReplied, "click": andante.EventClicked, "opt_out": andante.EventOptedOut, "purchase": andante.EventPurchased,
	"answer": andante.EventAnswered, "meet": andante.EventMet, "complain": andante.EventComplained,
}

// ParseRates reads a file of rates, such as
//
//	email: {reply: 2%, click: 6%, opt_out: 0.3%}
//	call: {connected: 25%, voicemail: 45%, no_answer: 30%}
func ParseRates(file string, src []byte) (Rates, []*andante.Finding) {
	raw := map[string]map[string]Share{}
	doc, found := yamldoc.Parse(file, 1, src)
	found = append(found, doc.Decode(&raw)...)
	wrong := func(path []string, format string, args ...any) {
		line, column := doc.Position(path...)
		found = append(found, &andante.Finding{File: file, Line: line, Column: column, Severity: andante.SeverityError, Rule: "rates", Message: fmt.Sprintf(format, args...)})
	}
	rates := Rates{}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		kind := andante.Kind(key)
		if !kind.Valid() || kind == andante.Decide {
			wrong([]string{key}, "there is no kind %s", key)
			continue
		}
		sum := Share(0)
		for _, what := range slices.Sorted(maps.Keys(raw[key])) {
			if sum += raw[key][what]; !allowed(kind, what) {
				wrong([]string{key, what}, "%s is nothing that follows %s; there are: %s", what, key, strings.Join(outcomes(kind), ", "))
			}
		}
		if sum > 1.000001 {
			wrong([]string{key}, "the shares of %s are more than 100%%", key)
		}
		rates[kind] = raw[key]
	}
	return rates, found
}

func outcomes(k andante.Kind) (list []string) {
	if !k.ByHuman() {
		return slices.Sorted(maps.Keys(answers))
	}
	for _, r := range andante.Results {
		list = append(list, string(r))
	}
	return list
}

func allowed(k andante.Kind, what string) bool { return slices.Contains(outcomes(k), what) }

// draw picks an outcome by the seed; empty: none of them.
func (r Rates) draw(seed andante.Seed, k andante.Kind, id andante.TouchID) string {
	at := seed.Fraction("respond", string(id))
	for _, what := range slices.Sorted(maps.Keys(r[k])) {
		if at -= float64(r[k][what]); at < 0 {
			return what
		}
	}
	return ""
}

// Answer draws what comes back of a touch that a machine sent: an event, and how long after
// it; empty: nothing.
func (r Rates) Answer(seed andante.Seed, k andante.Kind, id andante.TouchID) (event string, after time.Duration) {
	// Most answer within a day, the last after three.
	x := seed.Fraction("respond after", string(id))
	return answers[r.draw(seed, k, id)], time.Minute + time.Duration(x*x*float64(72*time.Hour))
}

// Outcome draws how a task ends.
func (r Rates) Outcome(seed andante.Seed, k andante.Kind, id andante.TouchID) andante.Result {
	if what := r.draw(seed, k, id); what != "" {
		return andante.Result(what)
	}
	return andante.Voicemail
}
