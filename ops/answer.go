package ops

import (
	"context"
	"fmt"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// AnswerOf returns what an answer link says: the path of a field and its value. False: it says
// nothing of the kind.
func (l Link) AnswerOf() (path, value string, ok bool) {
	path, value, ok = strings.Cut(l.Says, "=")
	return path, value, ok && l.Page == AnswerPage && path != "" && value != ""
}

// Answer keeps the answer of a link that somebody has sent, with what follows from it. The same
// answer counts once, however often it is sent. [andante.ErrNotFound] if the contact, or the field,
// is no more.
func (o *Ops) Answer(ctx context.Context, l Link) error {
	path, value, ok := l.AnswerOf()
	if !ok {
		return ErrBadToken
	}
	whose := func(ctx context.Context, tx *store.Tx) ([]andante.AccountID, error) {
		list, err := behind(ctx, tx, l.Contact)
		return unique(list, accountOf), err
	}
	return o.together.do(ctx, change{whose, func(ctx context.Context, tx *store.Tx) error {
		w, err := o.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		if !w.Declares(path) {
			return fmt.Errorf("field %s: %w", path, andante.ErrNotFound)
		}
		find := func() ([]andante.Contact, error) { return behind(ctx, tx, l.Contact) }
		return o.changeContacts(ctx, tx, find, func(people []andante.Contact) error {
			if len(people) == 0 {
				return fmt.Errorf("contact %s: %w", l.Contact, andante.ErrNotFound)
			}
			seed, err := tx.Seed(ctx)
			if err != nil {
				return err
			}
			e := andante.Event{
				ID: andante.DeriveID[andante.EventID](seed, andante.PlannedAt(string(l.Touch)), "answer", string(l.Touch), l.Says), Contact: people[0].ID, Account: people[0].Account,
				Touch: l.Touch, Name: andante.EventAnswered, At: o.now(), Detail: path + ": " + value,
			}
			known, err := tx.AddEvent(ctx, e)
			if err != nil {
				return err
			}
			d := TaskDone{Answers: map[string]string{path: value}, At: o.now(), Source: "answer page"}
			if err := o.keepAnswers(ctx, tx, people[0].ID, d); err != nil || !known {
				return err
			}
			return o.follows(ctx, tx, e)
		})
	}})
}
