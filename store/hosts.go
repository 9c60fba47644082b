package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/andante-hq/andante"
)

// A Host is who runs the mailboxes of a domain, as its mail exchangers said.
type Host struct {
	Domain   string
	Provider string // empty: nobody that is known
	Asked    time.Time
}

// Hosts returns what is known of these domains.
func (tx *Tx) Hosts(ctx context.Context, domains []string) ([]Host, error) {
	return where(ctx, tx, "SELECT domain, provider, asked_at FROM hosts WHERE domain", nil, domains, "", func(r *sql.Rows) (h Host, err error) {
		var asked int64
		err = r.Scan(&h.Domain, &h.Provider, &asked)
		h.Asked = time.UnixMilli(asked).UTC()
		return h, err
	})
}

// PutHosts writes what is known.
func (tx *Tx) PutHosts(ctx context.Context, list []Host) error {
	return insert(ctx, tx, "hosts", "domain, provider, asked_at", "ON CONFLICT (domain) DO UPDATE SET provider=excluded.provider, asked_at=excluded.asked_at", list,
		func(h Host) []any { return []any{h.Domain, h.Provider, ms(h.Asked)} })
}

// AddressesOf returns the mail addresses to which touches go.
func (tx *Tx) AddressesOf(ctx context.Context, ids []andante.TouchID) (map[andante.TouchID]string, error) {
	addresses := make(map[andante.TouchID]string, len(ids))
	_, err := where(ctx, tx, "SELECT t.id, c.email FROM touches t JOIN contacts c ON c.id=t.contact_id WHERE t.id", nil, ids, "", func(r *sql.Rows) (struct{}, error) {
		var id andante.TouchID
		var address string
		err := r.Scan(&id, &address)
		addresses[id] = address
		return struct{}{}, err
	})
	return addresses, err
}

// A Slot is the instant that a planned touch is given because its throttle is spent.
type Slot struct {
	Touch    andante.TouchID
	Due      time.Time
	Reason   andante.Reason
	Evidence andante.Evidence
}

// PutSlots puts planned touches off to their slots. They must be locked.
func (tx *Tx) PutSlots(ctx context.Context, list []Slot) error {
	_, err := update(ctx, tx, "touches", "id, due_at, reason, evidence", "AND touches.state='planned'", list, func(s Slot) []any {
		return []any{string(s.Touch), ms(s.Due), string(s.Reason), orEmpty(s.Evidence)}
	})
	return err
}
