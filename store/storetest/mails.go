package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var mailTests = []test{{"in the order of their ids", mailsInOrder}}

func mailsInOrder(_ *testing.T, s db) {
	var want []store.Mail
	for n := range 7 {
		t := touch(n)
		t.State, t.Attempts, t.MessageID, t.Settled = andante.Sent, n, text(n)+"@mail.example", sometimes(n, at(n))
		switch n {
		case 2:
			t.Kind = andante.Call
		case 4:
			t.Enrollment = "" // known from before
		default:
			want = append(want, store.Mail{
				Touch: t.ID, Contact: t.Contact, Sequence: t.Sequence, Step: t.Step, State: t.State, Attempts: n, MessageID: t.MessageID, Settled: t.Settled,
			})
		}
		s.add(t)
	}
	var got []store.Mail
	var last andante.TouchID
	for {
		page := read(s, func(ctx context.Context, tx *store.Tx) ([]store.Mail, error) { return tx.MailsAfter(ctx, last, 2) })
		if len(page) == 0 {
			break
		}
		got, last = append(got, page...), page[len(page)-1].Touch
	}
	s.same("mails", want, got)
}
