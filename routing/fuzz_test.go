package routing_test

import (
	"testing"

	"github.com/andante-hq/andante/routing"
)

// FuzzRoute: whatever stands in a reply, and in a phrase, a route has a goal and reasons.
func FuzzRoute(f *testing.F) {
	f.Add("Where is my order?", "my order")
	f.Add("Straße\x00\xff", "*straße*")
	f.Add("日本語 invoice", "日本*")
	f.Fuzz(func(t *testing.T, text, phrase string) {
		p := &routing.Policy{Sorts: []routing.Sort{{Name: "order"}}}
		if parsed, err := routing.ParsePhrase(phrase); err == nil {
			p.Sorts[0].Words = append(p.Sorts[0].Words, parsed)
		}
		got, err := p.Route(routing.Reply{Subject: phrase, Text: text})
		if err != nil || got.To != routing.Owner && len(got.Words) == 0 || got.Why() == "" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
