package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var conversationTests = []test{{"added up", conversations}}

func conversations(_ *testing.T, s db) {
	n := 0
	add := func(owner string, account, minutes, worth, when int) andante.Conversation {
		n++
		c := andante.Conversation{
			ID: id[andante.ConversationID](n), Contact: id[andante.ContactID](account), Account: id[andante.AccountID](account), Owner: owner,
			Kind: andante.Call, Inbound: n%2 == 0, Minutes: minutes, Worth: worth, Note: text(n), At: at(when),
		}
		if n%2 == 1 {
			c.Touch = id[andante.TouchID](n)
		}
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.AddConversations(ctx, []andante.Conversation{c})
		})
		return c
	}
	first := add("nora", 1, 10, 5, 1)
	second := add("nora", 1, 20, 3, 2)
	add("nora", 2, 90, 0, 3)
	twice := add("tom", 1, 15, 4, 4)
	longAgo := add("tom", 1, 99, 5, -9)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddConversations(ctx, []andante.Conversation{twice})
	})
	s.same("those of most valuable minutes first", []store.Spoken{
		{Owner: "tom", Account: id[andante.AccountID](1), Minutes: 15, Valuable: 15, Worth: 4, Rated: 1, Last: at(4)},
		{Owner: "nora", Account: id[andante.AccountID](1), Minutes: 30, Valuable: 10, Worth: 8, Rated: 2, Last: at(2)},
		{Owner: "nora", Account: id[andante.AccountID](2), Minutes: 90, Last: at(3)},
	}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Spoken, error) { return tx.SpokenSince(ctx, at(0)) }))
	s.same("of one contact, the first first", []andante.Conversation{longAgo, first, second, twice},
		read(s, func(ctx context.Context, tx *store.Tx) ([]andante.Conversation, error) {
			return tx.ConversationsOf(ctx, id[andante.ContactID](1))
		}))
}
