package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// An Answer is what became known of a contact, or its account: by whom, and when. Answers are
// appended; the latest of a field holds.
type Answer struct {
	Contact andante.ContactID
	Path    string // of the field
	Value   string
	Source  string // answer page, task by nora, event form.benchmark, import ...
	At      time.Time
}

const answerColumns = "contact_id, path, value, source, at"

// AddAnswers appends answers.
func (tx *Tx) AddAnswers(ctx context.Context, list []Answer) error {
	return insert(ctx, tx, "answers", answerColumns, "", list, func(a Answer) []any {
		return []any{string(a.Contact), a.Path, andante.CleanText(a.Value), andante.CleanText(a.Source), ms(a.At)}
	})
}

// AnswersOf returns what became known of contacts, the first first.
func (tx *Tx) AnswersOf(ctx context.Context, ids []andante.ContactID) ([]Answer, error) {
	return where(ctx, tx, "SELECT "+answerColumns+" FROM answers WHERE contact_id", nil, ids, " ORDER BY at, path", func(r *sql.Rows) (a Answer, err error) {
		var at int64
		err = r.Scan(&a.Contact, &a.Path, &a.Value, &a.Source, &at)
		a.At = time.UnixMilli(at).UTC()
		return a, err
	})
}
