package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
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
	// Pending: it is on the wire, and may land after At.
	Pending bool
}

// counted gathers the touches of a group in one row: an account has few rows but many
// touches, and a row costs more than what stands in it. Ids, hashes, kinds and purposes
// hold neither of the marks.
const counted = `SELECT string_agg(CAST(id AS TEXT) || ',' || CAST(contact_id AS TEXT) || ',' || CAST(account_id AS TEXT) || ',' || address || ',' ||
	kind || ',' || purpose || ',' || CAST(counted_at AS TEXT) || ',' ||
	CASE state WHEN 'attempted' THEN '2' WHEN 'claimed' THEN '1' WHEN 'unknown' THEN '1' ELSE '0' END, ';')
	FROM touches WHERE counted_at IS NOT NULL AND counted_at > $1 AND `

// Counted returns the touches of these accounts, and those of other accounts to these
// addresses, that count after since.
func (tx *Tx) Counted(ctx context.Context, since time.Time, accounts []andante.AccountID, addresses []andante.AddressHash) ([]Counted, error) {
	of, err := where(ctx, tx, counted+"account_id", []any{ms(since)}, accounts, " GROUP BY account_id", scanString[string])
	if err != nil {
		return nil, err
	}
	to, err := where(ctx, tx, counted+"address <> '' AND NOT (account_id"+tx.among(2)+") AND address", []any{ms(since), keyList(tx, accounts)}, addresses,
		" GROUP BY address", scanString[string])
	if err != nil {
		return nil, err
	}
	var list []Counted
	for _, group := range append(of, to...) {
		for t := range strings.SplitSeq(group, ";") {
			c, err := parseCounted(t)
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
	}
	return list, nil
}

func parseCounted(text string) (c Counted, err error) {
	var field [8]string
	rest := text
	for i := range field {
		field[i], rest, _ = strings.Cut(rest, ",")
	}
	at, err := strconv.ParseInt(field[6], 10, 64)
	if err != nil || field[7] == "" || rest != "" {
		return c, fmt.Errorf("a counted touch can't be read: %q", text)
	}
	return Counted{
		ID: andante.TouchID(field[0]), Contact: andante.ContactID(field[1]), Account: andante.AccountID(field[2]), Address: andante.AddressHash(field[3]),
		Kind: andante.Kind(field[4]), Purpose: andante.Purpose(field[5]), At: time.UnixMilli(at).UTC(),
		Unsure: field[7] != "0", Pending: field[7] == "2",
	}, nil
}
