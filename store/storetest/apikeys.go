package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

var apiKeyTests = []test{{"kept as a hash, until revoked", apiKeys}, {"audit", audited}}

func apiKeys(_ *testing.T, s db) {
	key := func(n int) store.APIKey {
		return store.APIKey{ID: string(id[andante.EventID](n)), Name: "name " + text(n), Hash: "hash" + text(n), Scopes: []string{"events", "read"}[:1+n%2], Created: at(n)}
	}
	all := []store.APIKey{key(1), key(2)}
	revoke := func(id string) (ok bool) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			ok, err = tx.RevokeAPIKey(ctx, id, at(9))
			return err
		})
		return ok
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for _, k := range all {
			if err := tx.AddAPIKey(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
	byHash := func(hash string) []store.APIKey {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.APIKey, error) { return tx.APIKeyByHash(ctx, hash) })
	}
	s.same("by its hash", all[:1], byHash(all[0].Hash))
	s.same("another", 0, len(byHash("x")))
	s.same("revoked, once", []bool{true, false, false}, []bool{revoke(all[0].ID), revoke(all[0].ID), revoke(string(id[andante.EventID](99)))})
	s.same("and no key any more", 0, len(byHash(all[0].Hash)))
	all[0].Revoked = at(9)
	s.same("all", all, read(s, func(ctx context.Context, tx *store.Tx) ([]store.APIKey, error) { return tx.APIKeys(ctx) }))
}

func audited(_ *testing.T, s db) {
	change := func(n int) store.Audited {
		return store.Audited{ID: string(id[andante.EventID](n)), By: "crm", What: "hold", Subject: text(n + 1), At: at(n)}
	}
	all := []store.Audited{change(1), change(2), change(3)}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for _, a := range all {
			if err := tx.AddAudit(ctx, a); err != nil {
				return err
			}
		}
		return nil
	})
	since := func(when time.Time, n int) []store.Audited {
		return read(s, func(ctx context.Context, tx *store.Tx) ([]store.Audited, error) { return tx.Audit(ctx, when, n) })
	}
	s.same("the latest first", []store.Audited{all[2], all[1]}, since(at(2), 9))
	s.same("some", all[2:], since(at(0), 1))
}
