package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// A Mail is what a comparison with what was received needs to know of a touch by email.
type Mail struct {
	Touch     andante.TouchID
	Contact   andante.ContactID
	Sequence  string
	Step      string
	State     andante.State
	Attempts  int
	MessageID string // empty until its first claim
	Settled   time.Time
}

// Correspondents returns as whom each contact got mails, the last one first.
func (tx *Tx) Correspondents(ctx context.Context, contacts []andante.ContactID) (map[andante.ContactID][]string, error) {
	list := map[andante.ContactID][]string{}
	_, err := where(ctx, tx, "SELECT contact_id, sender, max(settled_at) AS last FROM touches WHERE kind='email' AND state IN ('sent', 'unknown') AND contact_id", nil, contacts,
		" GROUP BY contact_id, sender ORDER BY last DESC, sender", func(r *sql.Rows) (struct{}, error) {
			var contact andante.ContactID
			var sender string
			var last sql.NullInt64
			err := r.Scan(&contact, &sender, &last)
			list[contact] = append(list[contact], sender)
			return struct{}{}, err
		})
	return list, err
}

// Texted returns which of these numbers ever had a text message, or may have had one.
func (tx *Tx) Texted(ctx context.Context, numbers []andante.AddressHash) (map[andante.AddressHash]bool, error) {
	had := map[andante.AddressHash]bool{}
	_, err := where(ctx, tx, "SELECT DISTINCT t.address FROM addressed a JOIN touches t ON t.contact_id=a.contact_id AND t.address=a.address WHERE t.kind='sms' AND t.state IN ('sent', 'unknown') AND a.address",
		nil, numbers, "", func(r *sql.Rows) (struct{}, error) {
			var number andante.AddressHash
			err := r.Scan(&number)
			had[number] = true
			return struct{}{}, err
		})
	return had, err
}

// MailsAfter returns up to n touches by email that belong to an enrollment, in the order
// of their ids after the given one; empty: from the first on.
func (tx *Tx) MailsAfter(ctx context.Context, after andante.TouchID, n int) ([]Mail, error) {
	if after == "" {
		after = firstID
	}
	const text = `SELECT id, contact_id, sequence, step, state, attempts, message_id, settled_at FROM touches
		WHERE id > $1 AND kind='email' AND enrollment_id IS NOT NULL ORDER BY id LIMIT $2`
	return query(ctx, tx, text, []any{string(after), n}, func(r *sql.Rows) (m Mail, err error) {
		var settled sql.NullInt64
		err = r.Scan(&m.Touch, &m.Contact, &m.Sequence, &m.Step, &m.State, &m.Attempts, &m.MessageID, &settled)
		m.Settled = instant(settled)
		return m, err
	})
}
