package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var answerTests = []test{{"in order", answersKept}}

func answersKept(_ *testing.T, s db) {
	answer := func(n, contact, when int) store.Answer {
		return store.Answer{Contact: id[andante.ContactID](contact), Path: "contact.need", Value: text(n), Source: "task by " + text(n), At: at(when)}
	}
	all := []store.Answer{answer(1, 7, 2), answer(2, 7, 1), answer(3, 8, 1)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddAnswers(ctx, all) })
	s.same("of a contact", []store.Answer{all[1], all[0]}, read(s, func(ctx context.Context, tx *store.Tx) ([]store.Answer, error) {
		return tx.AnswersOf(ctx, []andante.ContactID{id[andante.ContactID](7)})
	}))
}
