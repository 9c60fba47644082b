package store

import (
	"context"
	"database/sql"
)

// A Mailbox is how far a folder of a mailbox was read (RFC 9051 section 2.3.1.1).
type Mailbox struct {
	Name     string // key in andante.yaml
	Folder   string
	Validity uint32 // UIDVALIDITY
	UID      uint32 // of the last mail that was read
}

// ReadMailbox returns how far a folder was read; false if it never was.
func (tx *Tx) ReadMailbox(ctx context.Context, name, folder string) (m Mailbox, known bool, err error) {
	list, err := query(ctx, tx, "SELECT name, folder, validity, uid FROM mailboxes WHERE name=$1 AND folder=$2", []any{name, folder}, func(r *sql.Rows) (m Mailbox, err error) {
		return m, r.Scan(&m.Name, &m.Folder, &m.Validity, &m.UID)
	})
	if err != nil || len(list) == 0 {
		return m, false, err
	}
	return list[0], true, nil
}

// PutMailbox notes how far a folder was read.
func (tx *Tx) PutMailbox(ctx context.Context, m Mailbox) error {
	return insert(ctx, tx, "mailboxes", "name, folder, validity, uid", "ON CONFLICT (name, folder) DO UPDATE SET validity=excluded.validity, uid=excluded.uid", []Mailbox{m}, func(m Mailbox) []any {
		return []any{m.Name, m.Folder, int64(m.Validity), int64(m.UID)}
	})
}
