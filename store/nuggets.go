package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// A HadNugget is a short piece of value that a contact has had.
type HadNugget struct {
	Contact andante.ContactID
	Nugget  string // its file's name
	Touch   andante.TouchID
	At      time.Time
}

// PutNuggets notes what the messages of claimed touches bring their contacts.
func (tx *Tx) PutNuggets(ctx context.Context, list []HadNugget) error {
	return insert(ctx, tx, "nuggets", "contact_id, nugget, touch_id, at", "ON CONFLICT (contact_id, nugget) DO UPDATE SET touch_id=excluded.touch_id, at=excluded.at", list, func(n HadNugget) []any {
		return []any{string(n.Contact), n.Nugget, string(n.Touch), ms(n.At)}
	})
}

// NuggetsOf returns what contacts have had, or what is on its way to them, in no order. What a
// touch was to bring that came back, or did not go, counts no more.
func (tx *Tx) NuggetsOf(ctx context.Context, contacts []andante.ContactID) ([]HadNugget, error) {
	return where(ctx, tx, `SELECT n.contact_id, n.nugget, n.touch_id, n.at FROM nuggets n JOIN touches t ON t.id=n.touch_id
		WHERE t.state IN ('claimed', 'attempted', 'open', 'done', 'sent', 'unknown') AND n.contact_id`, nil, contacts, "", func(r *sql.Rows) (n HadNugget, err error) {
		var at int64
		err = r.Scan(&n.Contact, &n.Nugget, &n.Touch, &at)
		n.At = time.UnixMilli(at).UTC()
		return n, err
	})
}
