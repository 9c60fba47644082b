package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

const conversationColumns = "id, contact_id, account_id, touch_id, owner, kind, inbound, minutes, worth, note, at"

// AddConversations appends what people said to each other. One that is told twice is there
// once.
func (tx *Tx) AddConversations(ctx context.Context, list []andante.Conversation) error {
	return insert(ctx, tx, "conversations", conversationColumns, "ON CONFLICT (id) DO NOTHING", list,
		func(c andante.Conversation) []any {
			return []any{string(c.ID), string(c.Contact), string(c.Account), null(c.Touch), c.Owner, string(c.Kind), c.Inbound, c.Minutes, c.Worth, c.Note, ms(c.At)}
		})
}

// ConversationsOf returns what a contact and we said to each other, the first first.
func (tx *Tx) ConversationsOf(ctx context.Context, id andante.ContactID) ([]andante.Conversation, error) {
	return query(ctx, tx, "SELECT "+conversationColumns+" FROM conversations WHERE contact_id=$1 ORDER BY at, id", []any{string(id)}, func(r *sql.Rows) (c andante.Conversation, err error) {
		var touch sql.NullString
		var at int64
		err = r.Scan(&c.ID, &c.Contact, &c.Account, &touch, &c.Owner, &c.Kind, &c.Inbound, &c.Minutes, &c.Worth, &c.Note, &at)
		c.Touch, c.At = andante.TouchID(touch.String), time.UnixMilli(at).UTC()
		return c, err
	})
}

// Spoken is what an owner and an account had to say to each other.
type Spoken struct {
	Owner    string
	Account  andante.AccountID
	Minutes  int
	Valuable int // minutes of conversations that are worth 4 or 5
	Worth    int // of those that were rated, added up
	Rated    int
	Last     time.Time
}

// SpokenSince adds conversations up by owner and account, those of most valuable minutes first.
func (tx *Tx) SpokenSince(ctx context.Context, since time.Time) ([]Spoken, error) {
	return query(ctx, tx, `SELECT owner, account_id, sum(minutes), sum(CASE WHEN worth >= 4 THEN minutes ELSE 0 END), sum(worth), sum(CASE WHEN worth > 0 THEN 1 ELSE 0 END), max(at)
		FROM conversations WHERE at >= $1 GROUP BY owner, account_id ORDER BY 4 DESC, 3 DESC, owner, account_id`, []any{ms(since)}, func(r *sql.Rows) (s Spoken, err error) {
		var last int64
		err = r.Scan(&s.Owner, &s.Account, &s.Minutes, &s.Valuable, &s.Worth, &s.Rated, &last)
		s.Last = time.UnixMilli(last).UTC()
		return s, err
	})
}
