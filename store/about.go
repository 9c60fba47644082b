package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// theirTouches is a condition on what belongs to a contact's touches.
const theirTouches = "touch_id IN (SELECT id FROM touches WHERE contact_id=$1)"

// about says, for each table that tells something of a contact, which rows are about it and what is
// left of them when it is forgotten: nothing, or numbers without words. The touches and attempts of
// the ledger stay, with what limits count of them, so that a company gets no more because one of
// its people has gone, and what was reported stays true. Those of them that stand on others come
// first.
var about = []struct {
	table string
	where string // $1 is the contact
	keep  string // what becomes of the rows; empty: they go
}{
	{"verdicts", theirTouches, ""},
	{"quotes", theirTouches, ""},
	{"tasks", theirTouches, ""},
	{"reviews", theirTouches, ""},
	{"cards", theirTouches, ""},
	{"attempts", theirTouches, "response='', outcome=CASE WHEN outcome IN ('pending', 'unknown') THEN 'sent' ELSE outcome END"},
	{"deliveries", "event_id IN (SELECT id FROM events WHERE contact_id=$1)", ""},
	{"notices", "contact_id=$1", ""},
	{"arrivals", "(contact_id=$1 OR " + theirTouches + ")", "contact_id=NULL, toward='', why=''"},
	{"clicks", theirTouches, ""},
	{"answers", "contact_id=$1", ""},
	{"nuggets", "contact_id=$1", ""},
	{"trials", "contact_id=$1", ""},
	{"consents", "contact_id=$1", ""},
	{"holds", "scope='contact' AND key=$1", ""},
	{"suppressions", "address='' AND contact_id=$1", ""},
	{"suppressions", "contact_id=$1", "contact_id=NULL, source=''"},
	{"former", "contact_id=$1", ""},
	{"conversations", "contact_id=$1", "note=''"},
	{"events", "contact_id=$1", "detail=''"},
	{"enrollments", "contact_id=$1", ledger},
	{"addressed", "contact_id=$1", ""},
	{"touches", "contact_id=$1", "address='', subject='', evidence=''"},
	{"counted", "contact_id=$1", ledger},
	{"contacts", "id=$1", ""},
}

// ledger is what becomes of rows that hold no word of a person.
const ledger = "contact_id=contact_id"

// impersonal are the tables that know nobody: what is ours, what stands for many, and what says
// nothing without a row that is about somebody.
var impersonal = []string{
	"meta", "accounts", "addresses", "parts", "revisions", "imports", "batches", "codes", "api_keys", "audit", "mailboxes", "leases", "rates", "throttles", "hosts",
}

// Erase takes out of the store whatever tells who a contact is, was told or said. Its account goes
// along if nobody else is in it and it is no company. Nothing may be on its way to the contact, and its account must
// be locked.
func (tx *Tx) Erase(ctx context.Context, c andante.Contact) error {
	for _, t := range about {
		text := "DELETE FROM " + t.table
		switch t.keep {
		case "":
		case ledger:
			continue
		default:
			text = "UPDATE " + t.table + " SET " + t.keep
		}
		if _, err := tx.exec(ctx, text+" WHERE "+t.where, string(c.ID)); err != nil {
			return fmt.Errorf("erase %s: %w", t.table, err)
		}
	}
	if err := tx.recount(ctx, []andante.ContactID{c.ID}); err != nil { // without addresses
		return err
	}
	if err := tx.eraseDomain(ctx, c.Email); err != nil {
		return err
	}
	return tx.dropPrivate(ctx, c.Account)
}

// eraseDomain forgets what was found out about the domain of an address, if nobody else has it: it
// may be a family's own.
func (tx *Tx) eraseDomain(ctx context.Context, email string) error {
	_, domain, _ := strings.Cut(email, "@")
	if domain == "" {
		return nil
	}
	for _, table := range []string{"hosts", "throttles"} {
		_, err := tx.exec(ctx, "DELETE FROM "+table+" WHERE domain=$1 AND NOT EXISTS (SELECT 1 FROM contacts WHERE email LIKE $2 ESCAPE '\\')", domain, "%@"+likely(domain))
		if err != nil {
			return err
		}
	}
	return nil
}

// likely writes text for LIKE.
func likely(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// A Row is a row as it stands in the store, by column. Times are instants.
type Row map[string]any

// inner are columns that only the store itself reads.
var inner = []string{"packed", "waits_at", "doubted_at", "lane", "lease_id", "email_hash", "phone_hash"}

// About returns all that is known of a contact, by table.
func (tx *Tx) About(ctx context.Context, c andante.Contact) (map[string][]Row, error) {
	all := map[string][]Row{}
	for _, t := range about {
		if t.table == "counted" || t.table == "addressed" || t.table == "suppressions" && t.keep == "" { // the other line has them too
			continue
		}
		list, err := query(ctx, tx, "SELECT * FROM "+t.table+" WHERE "+t.where, []any{string(c.ID)}, scanRow)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", t.table, err)
		}
		list = slices.DeleteFunc(list, func(r Row) bool { return r["to_contact"] == true }) // a link in it is its reader's alone
		if len(list) > 0 {
			all[t.table] = list
		}
	}
	account, err := query(ctx, tx, "SELECT * FROM accounts WHERE id=$1", []any{string(c.Account)}, scanRow)
	if len(account) > 0 {
		all["accounts"] = account
	}
	return all, err
}

func scanRow(r *sql.Rows) (Row, error) {
	columns, err := r.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := r.Scan(into...); err != nil {
		return nil, err
	}
	row := Row{}
	for i, name := range columns {
		if v := readable(name, values[i]); v != nil && !slices.Contains(inner, name) {
			row[name] = v
		}
	}
	return row, nil
}

// readable is what people and programs can read of a value; nil: there is none.
func readable(column string, v any) any {
	switch v := v.(type) {
	case int64:
		switch {
		case typeOf(column) == typeBool:
			return v != 0
		case column == "at" || strings.HasSuffix(column, "_at"):
			return time.UnixMilli(v).UTC()
		}
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case string:
		if v == "" {
			return nil
		}
		if (v[0] == '{' || v[0] == '[') && json.Valid([]byte(v)) {
			return json.RawMessage(v)
		}
	}
	return v
}
