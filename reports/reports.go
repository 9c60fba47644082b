package reports

import (
	"context"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Reports reads a store.
type Reports struct {
	Store *store.Store
	Clock andante.Clock
	// Workspace names people and zones; the folder's or the current revision.
	Workspace *workspace.Workspace
	// Hash returns the keyed hash of an address, by which suppressions are found;
	// nil: they are found by contact alone.
	Hash func(address string) andante.AddressHash
	// Plan returns the sequence that an enrollment keeps, by its hash; nil: the forecast
	// takes all for what is in the workspace.
	Plan func(ctx context.Context, tx *store.Tx, hash string) (*sequences.Sequence, error)
}

// hashes returns the keyed hashes of a contact's addresses.
func (r *Reports) hashes(c andante.Contact) []andante.AddressHash {
	var list []andante.AddressHash
	for _, address := range []string{c.Email, c.Phone} {
		if h := r.hash(address); h != "" {
			list = append(list, h)
		}
	}
	return list
}

func (r *Reports) hash(address string) andante.AddressHash {
	if r.Hash == nil || address == "" {
		return ""
	}
	return r.Hash(address)
}
