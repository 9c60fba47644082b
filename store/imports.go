package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// A Trial is a contact of an import whose mail is one of the first, by which the others are
// judged.
type Trial struct {
	Contact andante.ContactID
	Import  andante.ImportID
	Touch   andante.TouchID
	Bounced bool
	State   andante.State // of the touch, as it is now
	Settled time.Time     // likewise
}

// Taken tells whether the trial's mail went, may have gone, or is on its way.
func (t Trial) Taken() bool {
	switch t.State {
	case andante.Claimed, andante.Attempted, andante.Sent, andante.Unknown:
		return true
	}
	return t.Bounced
}

// AddImport begins an import. It does nothing for one that there is.
func (tx *Tx) AddImport(ctx context.Context, id andante.ImportID, at time.Time) error {
	_, err := tx.exec(ctx, "INSERT INTO imports (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", string(id), ms(at))
	return err
}

// PassImport ends the trial of an import: its others go as everybody does.
func (tx *Tx) PassImport(ctx context.Context, id andante.ImportID, at time.Time) error {
	_, err := tx.exec(ctx, "UPDATE imports SET passed_at=$1 WHERE id=$2 AND passed_at IS NULL", ms(at), string(id))
	return err
}

// Imports returns all of them, the last first.
func (tx *Tx) Imports(ctx context.Context) ([]andante.ImportID, error) {
	return query(ctx, tx, "SELECT id FROM imports ORDER BY at DESC, id", nil, scanString[andante.ImportID])
}

const openImports = "SELECT id FROM imports WHERE passed_at IS NULL AND id"

// OpenImports returns which of these imports are on trial.
func (tx *Tx) OpenImports(ctx context.Context, ids []andante.ImportID) ([]andante.ImportID, error) {
	return where(ctx, tx, openImports, nil, ids, "", scanString[andante.ImportID])
}

// LockImports returns them too, and keeps others from counting their trials until the
// transaction ends. Lock after accounts and addresses.
func (tx *Tx) LockImports(ctx context.Context, ids []andante.ImportID) ([]andante.ImportID, error) {
	return where(ctx, tx, openImports, nil, ids, " ORDER BY id"+tx.d.lock, scanString[andante.ImportID])
}

// Trials returns the trials of imports, in no order.
func (tx *Tx) Trials(ctx context.Context, ids []andante.ImportID) ([]Trial, error) {
	return where(ctx, tx, `SELECT r.contact_id, r.import_id, r.touch_id, r.dead, t.state, t.settled_at
		FROM trials r JOIN touches t ON t.id=r.touch_id WHERE r.import_id`, nil, ids, "", func(r *sql.Rows) (t Trial, err error) {
		var at sql.NullInt64
		err = r.Scan(&t.Contact, &t.Import, &t.Touch, &t.Bounced, &t.State, &at)
		t.Settled = instant(at)
		return t, err
	})
}

// PutTrials notes whose mails are on trial, in place of an earlier mail of theirs.
func (tx *Tx) PutTrials(ctx context.Context, list []Trial) error {
	return insert(ctx, tx, "trials", "contact_id, import_id, touch_id, dead",
		"ON CONFLICT (contact_id) DO UPDATE SET import_id=excluded.import_id, touch_id=excluded.touch_id, dead=excluded.dead", list, func(t Trial) []any {
			return []any{string(t.Contact), string(t.Import), string(t.Touch), t.Bounced}
		})
}
