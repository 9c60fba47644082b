package ops

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// What an API key may do.
const (
	ScopeEvents = "events" // tell what contacts did, and make contacts of those whom nobody knows
	ScopeRead   = "read"   // contacts, and what they got
	ScopeWrite  = "write"  // change contacts, enroll, stop, hold and suppress
	ScopeErase  = "erase"  // what nothing brings back: merge and erase
)

// Scopes lists every scope.
var Scopes = []string{ScopeEvents, ScopeRead, ScopeWrite, ScopeErase}

// apiKeyBegins tells keys from other secrets, for people and for scanners of repositories.
const apiKeyBegins = "andante_"

// Errors of keys.
var (
	ErrNoKey    = errors.New("the API key is not valid")
	ErrNoScopes = fmt.Errorf("a key needs scopes, of %v", Scopes)
)

// NewAPIKey makes a key of 256 random bits with some scopes. It is shown once, and kept as a hash.
func (o *Ops) NewAPIKey(ctx context.Context, name string, scopes []string) (key andante.Secret, id string, err error) {
	if len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(Scopes, s) }) {
		return "", "", ErrNoScopes
	}
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", "", err
	}
	text := apiKeyBegins + base64.RawURLEncoding.EncodeToString(b[:])
	k := store.APIKey{ID: string(andante.NewID[andante.EventID](o.now())), Name: andante.CleanText(strings.TrimSpace(name)), Hash: hashOfKey(text), Scopes: scopes, Created: o.now()}
	return andante.Secret(text), k.ID, o.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddAPIKey(ctx, k) })
}

func hashOfKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// APIKeys returns every key, the first first.
func (o *Ops) APIKeys(ctx context.Context) (list []store.APIKey, err error) {
	return list, o.Store.Read(ctx, func(tx *store.Tx) error {
		list, err = tx.APIKeys(ctx)
		return err
	})
}

// RevokeAPIKey ends a key at once. [andante.ErrNotFound] if there is none.
func (o *Ops) RevokeAPIKey(ctx context.Context, id string) error {
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		if !andante.IsID(id) {
			return fmt.Errorf("key %s: %w", id, andante.ErrNotFound)
		}
		ok, err := tx.RevokeAPIKey(ctx, id, o.now())
		if err == nil && !ok {
			err = fmt.Errorf("key %s: %w", id, andante.ErrNotFound)
		}
		return err
	})
}

// CheckAPIKey returns whose key this is, or [ErrNoKey].
func (o *Ops) CheckAPIKey(ctx context.Context, key string) (k store.APIKey, err error) {
	if !strings.HasPrefix(key, apiKeyBegins) {
		return k, ErrNoKey
	}
	err = o.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.APIKeyByHash(ctx, hashOfKey(key))
		if err == nil && len(list) == 0 {
			err = ErrNoKey
		}
		if err == nil {
			k = list[0]
		}
		return err
	})
	return k, err
}

// Audit notes a change that somebody made from outside.
func (o *Ops) Audit(ctx context.Context, by, what, subject string) error {
	a := store.Audited{ID: string(andante.NewID[andante.EventID](o.now())), By: by, What: what, Subject: subject, At: o.now()}
	return o.together.do(ctx, change{nil, func(ctx context.Context, tx *store.Tx) error { return tx.AddAudit(ctx, a) }})
}
