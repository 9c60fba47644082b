package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// An APIKey lets another program in. The key itself is not kept, only its hash.
type APIKey struct {
	ID      string
	Name    string
	Hash    string // SHA-256 of the key in hex
	Scopes  []string
	Created time.Time
	Revoked time.Time
}

const apiKeyColumns = "id, name, hash, scopes, created_at, revoked_at"

func scanAPIKey(r *sql.Rows) (k APIKey, err error) {
	var scopes string
	var created int64
	var revoked sql.NullInt64
	err = r.Scan(&k.ID, &k.Name, &k.Hash, &scopes, &created, &revoked)
	k.Scopes, k.Created, k.Revoked = strings.Fields(scopes), time.UnixMilli(created).UTC(), instant(revoked)
	return k, err
}

// AddAPIKey adds a key.
func (tx *Tx) AddAPIKey(ctx context.Context, k APIKey) error {
	return insert(ctx, tx, "api_keys", apiKeyColumns, "", []APIKey{k}, func(k APIKey) []any {
		return []any{k.ID, k.Name, k.Hash, strings.Join(k.Scopes, " "), ms(k.Created), ms(k.Revoked)}
	})
}

// APIKeys returns every key, the first first.
func (tx *Tx) APIKeys(ctx context.Context) ([]APIKey, error) {
	return query(ctx, tx, "SELECT "+apiKeyColumns+" FROM api_keys ORDER BY created_at, id", nil, scanAPIKey)
}

// APIKeyByHash returns the key with a hash, if there is one that is not revoked.
func (tx *Tx) APIKeyByHash(ctx context.Context, hash string) ([]APIKey, error) {
	return query(ctx, tx, "SELECT "+apiKeyColumns+" FROM api_keys WHERE hash=$1 AND revoked_at IS NULL", []any{hash}, scanAPIKey)
}

// RevokeAPIKey ends a key. False: there is none that is not revoked.
func (tx *Tx) RevokeAPIKey(ctx context.Context, id string, at time.Time) (bool, error) {
	res, err := tx.exec(ctx, "UPDATE api_keys SET revoked_at=$2 WHERE id=$1 AND revoked_at IS NULL", id, ms(at))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// An Audited is a change that somebody made from outside.
type Audited struct {
	ID      string
	By      string // name of the API key
	What    string // such as POST /api/v1/events
	Subject string // id of whom it was about; empty: several, or nobody
	At      time.Time
}

// AddAudit appends a change.
func (tx *Tx) AddAudit(ctx context.Context, a Audited) error {
	return insert(ctx, tx, "audit", "id, who, what, subject, at", "", []Audited{a}, func(a Audited) []any {
		return []any{a.ID, a.By, a.What, a.Subject, ms(a.At)}
	})
}

// Audit returns up to n changes since an instant, the latest first.
func (tx *Tx) Audit(ctx context.Context, since time.Time, n int) ([]Audited, error) {
	return query(ctx, tx, "SELECT id, who, what, subject, at FROM audit WHERE at >= $1 ORDER BY at DESC, id LIMIT $2", []any{ms(since), n}, func(r *sql.Rows) (a Audited, err error) {
		var at int64
		err = r.Scan(&a.ID, &a.By, &a.What, &a.Subject, &at)
		a.At = time.UnixMilli(at).UTC()
		return a, err
	})
}
