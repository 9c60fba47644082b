package routing_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/routing"
)

func phrases(t *testing.T, list ...string) (all []routing.Phrase) {
	t.Helper()
	for _, s := range list {
		p, err := routing.ParsePhrase(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func policy(t *testing.T) *routing.Policy {
	t.Helper()
	return &routing.Policy{
		Rules: []routing.Rule{
			{To: routing.Owner, When: "key"},
			{To: "invoice", From: []string{"*@bank.example"}},
			{To: "fault", Sequences: []string{"service-due"}, Words: phrases(t, "noise", "drip*")},
		},
		Sorts: []routing.Sort{
			{Name: "order", Words: phrases(t, "my order", "deliver*", "Lieferung")},
			{Name: "invoice", Words: phrases(t, "invoice", "invoice*", "*rechnung", "paid twice")},
			{Name: routing.Owner, Words: phrases(t, "call me")},
		},
	}
}

// TestRoute: a rule before the words, of the words the most, of as many the first that is spoken
// of; what no word speaks of is the owner's.
func TestRoute(t *testing.T) {
	t.Parallel()
	p := policy(t)
	for _, test := range []struct {
		name  string
		reply routing.Reply
		want  routing.Route
	}{
		{"nothing", routing.Reply{Text: "Thanks!"}, routing.Route{To: "owner"}},
		{"a word", routing.Reply{Text: "When will it be DELIVERED?"}, routing.Route{To: "order", Words: []string{"deliver*"}}},
		{"an accent, an end", routing.Reply{Text: "Zur Stromréchnung: zu hoch."}, routing.Route{To: "invoice", Words: []string{"*rechnung"}}},
		{"part of a word", routing.Reply{Text: "reorder myorder lieferungen"}, routing.Route{To: "owner"}},
		{"the same word counts once", routing.Reply{Text: "invoice, and my order was delivered"}, routing.Route{To: "order", Words: []string{"my order", "deliver*"}, Beside: map[string][]string{"invoice": {"invoice"}}}},
		{"as many: the owner", routing.Reply{Text: "The invoice? Call me."}, routing.Route{To: "owner", Words: []string{"call me"}, Beside: map[string][]string{"invoice": {"invoice"}}}},
		{"as many: the first, whatever the file's order", routing.Reply{Text: "The invoice of the delivery"}, routing.Route{To: "invoice", Words: []string{"invoice"}, Beside: map[string][]string{"order": {"deliver*"}}}},
		{"their own subject", routing.Reply{Subject: "Paid twice", Text: "See there."}, routing.Route{To: "invoice", Words: []string{"paid twice"}}},
		{"an address is no word", routing.Reply{Text: "write to invoice@acme.example"}, routing.Route{To: "owner"}},
		{"a rule by its writer", routing.Reply{From: "Desk@Bank.Example", Text: "my order"}, routing.Route{To: "invoice", Rule: 2}},
		{"a rule by its sequence and words", routing.Reply{Sequence: "service-due", Text: "It drips."}, routing.Route{To: "fault", Rule: 3}},
		{"all that a rule asks must hold", routing.Reply{Sequence: "service-due", Text: "my order"}, routing.Route{To: "order", Words: []string{"my order"}}},
		{"a condition", routing.Reply{Text: "my order", Holds: func(c string) (bool, error) { return c == "key", nil }}, routing.Route{To: "owner", Rule: 1}},
		{"of nobody none holds", routing.Reply{Text: "my order"}, routing.Route{To: "order", Words: []string{"my order"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := p.Route(test.reply)
			if len(got.Beside) == 0 {
				got.Beside = nil
			}
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Error(err, diff)
			}
		})
	}
	failed := errors.New("no")
	if _, err := p.Route(routing.Reply{Holds: func(string) (bool, error) { return false, failed }}); !errors.Is(err, failed) {
		t.Error(err)
	}
}

func TestParsePhrase(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "*", "**", "?!", "ab*", "*ab*", "a*b", "info@acme.example"} {
		if _, err := routing.ParsePhrase(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
