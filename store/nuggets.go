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

// AddNuggets notes what contacts have had. The first time counts.
func (tx *Tx) AddNuggets(ctx context.Context, list []HadNugget) error {
	return insert(ctx, tx, "nuggets", "contact_id, nugget, touch_id, at", "ON CONFLICT (contact_id, nugget) DO NOTHING", list, func(n HadNugget) []any {
		return []any{string(n.Contact), n.Nugget, string(n.Touch), ms(n.At)}
	})
}

// NuggetsOf returns what contacts have had, in no order.
func (tx *Tx) NuggetsOf(ctx context.Context, contacts []andante.ContactID) ([]HadNugget, error) {
	return where(ctx, tx, "SELECT contact_id, nugget, touch_id, at FROM nuggets WHERE contact_id", nil, contacts, "", func(r *sql.Rows) (n HadNugget, err error) {
		var at int64
		err = r.Scan(&n.Contact, &n.Nugget, &n.Touch, &at)
		n.At = time.UnixMilli(at).UTC()
		return n, err
	})
}
