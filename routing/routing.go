package routing

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/andante-hq/andante/internal/phrases"
)

// Owner is where a reply goes that is for no department: to the owner of the account.
const Owner = "owner"

// Policy is routing.yaml as a whole.
type Policy struct {
	Rules []Rule // the first that holds decides
	Sorts []Sort // where none does, the sort of which most words stand in the reply
}

// A Rule sends replies to somebody, whatever they are about. All that it asks must hold.
type Rule struct {
	To        string   // a sort, a department or [Owner]
	From      []string // addresses, or patterns such as *@partner.example
	Sequences []string // that are answered
	Words     []Phrase // one of them stands in it
	When      string   // a condition
}

// A Sort is something that replies are about.
type Sort struct {
	Name  string
	Words []Phrase // of all languages
}

// A Reply is what somebody wrote.
type Reply struct {
	Subject  string // what they wrote there themselves; empty: what we had written
	Text     string // without quote and signature
	From     string // address
	Sequence string // that it answers; empty: none that is known
	// Holds tells whether a condition holds for the contact; nil: nobody is known, and none does.
	Holds func(condition string) (bool, error)
}

// A Route is where a reply goes, and why.
type Route struct {
	To    string   // a sort, a department or [Owner]
	Words []string // of the sort that stand in the reply, as they are written in routing.yaml
	Rule  int      // number of the rule, from 1; 0: the words have decided
	// Beside are other sorts of which words stand in it, with them: more words have won.
	Beside map[string][]string
}

// Why says in words what the route rests on.
func (r Route) Why() string {
	switch {
	case r.Rule > 0:
		return fmt.Sprintf("rule %d", r.Rule)
	case len(r.Words) == 0:
		return "no word of any sort"
	}
	return strings.Join(r.Words, ", ")
}

// Route says where a reply goes.
func (p *Policy) Route(r Reply) (Route, error) {
	text := phrases.Of(r.Subject + "\n" + r.Text)
	for i, rule := range p.Rules {
		ok, err := rule.holds(r, text)
		if err != nil {
			return Route{}, fmt.Errorf("rule %d: %w", i+1, err)
		}
		if ok {
			return Route{To: rule.To, Rule: i + 1}, nil
		}
	}
	return p.bySort(text), nil
}

// bySort takes the sort of which most words stand in a text. Of those that have as many it is the
// owner's, for a reply that a department gets by mistake is worse than one that is handed on; else the
// one that is spoken of first: people begin with what they want.
func (p *Policy) bySort(text phrases.Text) Route {
	best, most, first := Route{To: Owner, Beside: map[string][]string{}}, 0, 0
	for _, s := range p.Sorts {
		found, at := s.in(text)
		switch {
		case len(found) == 0:
		case len(found) > most || len(found) == most && (s.Name == Owner || best.To != Owner && at < first):
			if most > 0 {
				best.Beside[best.To] = best.Words
			}
			best.To, best.Words, most, first = s.Name, found, len(found), at
		default:
			best.Beside[s.Name] = found
		}
	}
	return best
}

// in returns the words of a sort that stand in a text, and where the first does. Words that say
// the same at the same place, such as invoice and invoice*, count once.
func (s *Sort) in(text phrases.Text) (found []string, first int) {
	var taken []span
	first = len(text)
	for _, p := range s.Words {
		at := p.in(text)
		if at.end == 0 || slices.ContainsFunc(taken, at.meets) {
			continue
		}
		taken, found, first = append(taken, at), append(found, p.Written), min(first, at.from)
	}
	return found, first
}

func (r *Rule) holds(reply Reply, text phrases.Text) (bool, error) {
	if len(r.From) > 0 && !slices.ContainsFunc(r.From, func(pattern string) bool {
		ok, _ := path.Match(strings.ToLower(pattern), strings.ToLower(reply.From))
		return ok
	}) {
		return false, nil
	}
	if len(r.Sequences) > 0 && !slices.Contains(r.Sequences, reply.Sequence) {
		return false, nil
	}
	if len(r.Words) > 0 && !slices.ContainsFunc(r.Words, func(p Phrase) bool { return p.in(text).end > 0 }) {
		return false, nil
	}
	if r.When == "" {
		return true, nil
	}
	if reply.Holds == nil {
		return false, nil
	}
	return reply.Holds(r.When)
}
