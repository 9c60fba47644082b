package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"github.com/andante-hq/andante"
)

// A Counted is what limits see of a touch.
type Counted struct {
	ID      andante.TouchID
	Contact andante.ContactID
	Account andante.AccountID
	Address andante.AddressHash
	Kind    andante.Kind
	Purpose andante.Purpose
	At      time.Time
	// Unsure: no receipt says when it landed; At is the latest instant.
	Unsure bool
	// Pending: it is claimed, on the wire or somebody's task, and may land after At.
	Pending bool

	Waiting      bool // it is somebody's task
	Introduction bool
	Unanswered   bool // a call that reached nobody
}

// Counted returns the touches of these accounts, and those of other accounts to these
// addresses, that count after since. Those of an account stand together.
//
// They come from the table counted, which has a row for each contact: a row costs more
// than what stands in it, and an account that is full has few contacts but many touches.
// The table addressed tells which contacts ever had something at an address. Every
// statement that changes what counts keeps both; accounts must be locked for it.
func (tx *Tx) Counted(ctx context.Context, since time.Time, accounts []andante.AccountID, addresses []andante.AddressHash) ([]Counted, error) {
	rows, err := readCounted(ctx, tx, "account_id", accounts)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b countedRow) int { return cmp.Compare(a.account, b.account) })
	n, seen := 0, make(map[andante.ContactID]bool, len(rows))
	for _, r := range rows {
		n += r.touches()
	}
	list := make([]Counted, 0, n)
	for _, r := range rows {
		seen[r.contact] = true
		list = r.since(list, since)
	}
	addressed, err := where(ctx, tx, "SELECT DISTINCT contact_id FROM addressed WHERE address", nil, addresses, "", scanString[andante.ContactID])
	if err != nil {
		return nil, err
	}
	others := slices.DeleteFunc(addressed, func(id andante.ContactID) bool { return seen[id] })
	if rows, err = readCounted(ctx, tx, "contact_id", others); err != nil {
		return nil, err
	}
	for _, r := range rows {
		for _, c := range r.since(nil, since) {
			if c.Address != "" && slices.Contains(addresses, c.Address) {
				list = append(list, c)
			}
		}
	}
	return list, nil
}

const countedRows = "SELECT account_id, contact_id, packed FROM counted WHERE "

// A countedRow is what the table counted says of a contact.
type countedRow struct {
	account andante.AccountID
	contact andante.ContactID
	packed
	broken bool // it can't be read
}

func scanCountedRow(r *sql.Rows) (c countedRow, err error) {
	var b []byte
	if err = r.Scan(&c.account, &c.contact, &b); err == nil {
		var unread error
		c.packed, unread = unpack(b)
		c.broken = unread != nil
	}
	return c, err
}

// readCounted reads rows. One that can't be read is made anew, for it would stop
// everybody who is asked about with its contact; whoever changes it next writes it.
func readCounted[K ~string](ctx context.Context, tx *Tx, column string, keys []K) ([]countedRow, error) {
	rows, err := where(ctx, tx, countedRows+column, nil, keys, "", scanCountedRow)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		if !r.broken {
			continue
		}
		again, err := tx.countAgain(ctx, []andante.ContactID{r.contact})
		if err != nil {
			return nil, err
		}
		if rows[i] = (countedRow{account: r.account, contact: r.contact}); len(again) > 0 {
			rows[i] = again[0]
		}
	}
	return rows, nil
}

// count notes what has become of touches in the table counted.
func (tx *Tx) count(ctx context.Context, changes []*Change) error {
	if len(changes) == 0 {
		return nil
	}
	known, err := readCounted(ctx, tx, "contact_id", distinct(changes, func(c *Change) andante.ContactID { return c.Touch.Contact }))
	if err != nil {
		return err
	}
	at := make(map[andante.ContactID]int, len(known))
	for i, r := range known {
		at[r.contact] = i
	}
	for _, c := range changes {
		t := &c.Touch
		i, ok := at[t.Contact]
		if !ok {
			i, known = len(known), append(known, countedRow{account: t.Account, contact: t.Contact})
			at[t.Contact] = i
		}
		if err := known[i].put(t, c.StateOnly); err != nil {
			return err
		}
	}
	return tx.putCounted(ctx, known)
}

// putCounted writes rows, and who can be found at addresses that are new to them.
func (tx *Tx) putCounted(ctx context.Context, list []countedRow) error {
	err := insert(ctx, tx, "counted", "contact_id, account_id, packed", "ON CONFLICT (contact_id) DO UPDATE SET packed=excluded.packed", list,
		func(r countedRow) []any { return []any{string(r.contact), string(r.account), r.bytes()} })
	if err != nil {
		return err
	}
	var fresh [][2]string
	for _, r := range list {
		for _, address := range r.fresh {
			fresh = append(fresh, [2]string{address, string(r.contact)})
		}
	}
	return insert(ctx, tx, "addressed", "address, contact_id", "ON CONFLICT DO NOTHING", fresh,
		func(f [2]string) []any { return []any{f[0], f[1]} })
}

// recount makes the rows of some contacts anew from their touches.
func (tx *Tx) recount(ctx context.Context, contacts []andante.ContactID) error {
	rows, err := tx.countAgain(ctx, contacts)
	if err != nil {
		return err
	}
	return tx.putCounted(ctx, rows)
}

// countAgain packs what the touches of some contacts say.
func (tx *Tx) countAgain(ctx context.Context, contacts []andante.ContactID) ([]countedRow, error) {
	touches, err := where(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE counted_at IS NOT NULL AND contact_id", nil, contacts, " ORDER BY contact_id, id", scanTouch)
	if err != nil {
		return nil, err
	}
	var list []countedRow
	for _, t := range touches {
		if n := len(list); n == 0 || list[n-1].contact != t.Contact {
			list = append(list, countedRow{account: t.Account, contact: t.Contact})
		}
		if err := list[len(list)-1].put(&t, false); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func contactOf(t *andante.Touch) andante.ContactID { return t.Contact }

// distinct returns the keys of a list, each once, in their order.
func distinct[T any, K comparable](list []T, key func(T) K) []K {
	seen := make(map[K]bool, len(list))
	var keys []K
	for _, t := range list {
		if k := key(t); !seen[k] {
			seen[k], keys = true, append(keys, k)
		}
	}
	return keys
}

// Miscounted looks at up to n contacts after one, by id, and returns those whose row in
// the table counted is not what their touches say, or of whom the table addressed lacks an
// address, and the last that it looked at; empty when there is none. It is for tests.
func (tx *Tx) Miscounted(ctx context.Context, after andante.ContactID, n int) (wrong []andante.ContactID, last andante.ContactID, err error) {
	ids, err := query(ctx, tx, "SELECT id FROM contacts WHERE id > $1 ORDER BY id LIMIT $2", []any{cmp.Or(string(after), firstID), n}, scanString[andante.ContactID])
	if err != nil || len(ids) == 0 {
		return nil, "", err
	}
	kept, err := where(ctx, tx, countedRows+"contact_id", nil, ids, "", scanCountedRow)
	if err != nil {
		return nil, "", err
	}
	again, err := tx.countAgain(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	is, should := byContact(kept), byContact(again)
	at := map[[2]string]bool{}
	_, err = where(ctx, tx, "SELECT address, contact_id FROM addressed WHERE contact_id", nil, ids, "", func(r *sql.Rows) (struct{}, error) {
		var a [2]string
		err := r.Scan(&a[0], &a[1])
		at[a] = true
		return struct{}{}, err
	})
	for _, id := range ids {
		unknown := slices.ContainsFunc(should[id], func(c Counted) bool { return c.Address != "" && !at[[2]string{string(c.Address), string(id)}] })
		if unknown || !slices.Equal(is[id], should[id]) {
			wrong = append(wrong, id)
		}
	}
	return wrong, ids[len(ids)-1], err
}

// byContact returns what rows say of each contact, by touch.
func byContact(rows []countedRow) map[andante.ContactID][]Counted {
	m := make(map[andante.ContactID][]Counted, len(rows))
	for _, r := range rows {
		list := r.since(nil, time.UnixMilli(math.MinInt64))
		slices.SortFunc(list, func(a, b Counted) int { return cmp.Compare(a.ID, b.ID) })
		m[r.contact] = list
	}
	return m
}
