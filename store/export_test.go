package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
)

// MigrateDown takes every migration back.
func (s *Store) MigrateDown(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	_, err = p.DownTo(ctx, 0)
	return err
}

// AddressOf is what a home remembers of a URL.
var AddressOf = addressOf

// Miscount breaks what the store counts of a contact on purpose.
func Miscount(ctx context.Context, tx *Tx, how string, id andante.ContactID) error {
	text := "UPDATE counted SET packed=$2 WHERE contact_id=$1"
	args := []any{string(id), []byte("x")}
	switch how {
	case "none":
		text, args = "DELETE FROM counted WHERE contact_id=$1", args[:1]
	case "no address":
		text, args = "DELETE FROM addressed WHERE contact_id=$1", args[:1]
	case "no such word":
		var b []byte
		if err := tx.row(ctx, "SELECT packed FROM counted WHERE contact_id=$1", args[:1], &b); err != nil {
			return err
		}
		args[1] = append(b[:len(b)-3], 0, 0xff, 0)
	}
	_, err := tx.exec(ctx, text, args...)
	return err
}

// FillAbout gives a contact, who must not be there yet, a row in every table that tells of one, with a
// word in every column of text and of bytes.
func FillAbout(ctx context.Context, tx *Tx, c andante.Contact, word string) error {
	_, err := tx.exec(ctx, `INSERT INTO accounts (id, key, name, domain, stage, owner, tier, tier_by_rule, industry, revenue, business, country, zone, fields, signals, version, created_at)
		VALUES ($1, $2, $2, $2, '', '', '', FALSE, '', 0, FALSE, '', '', '{}', '', 0, 0)`, string(c.Account), word)
	if err != nil {
		return err
	}
	now := tx.clock.Now()
	ids := map[string]string{
		"contact_id": string(c.ID), "account_id": string(c.Account), "touch_id": string(andante.NewID[andante.TouchID](now)),
		"enrollment_id": string(andante.NewID[andante.EnrollmentID](now)), "event_id": string(andante.NewID[andante.EventID](now)),
	}
	own := map[string]string{"contacts": "contact_id", "touches": "touch_id", "enrollments": "enrollment_id", "events": "event_id"}
	list := slices.Clone(about)
	slices.Reverse(list) // what others stand on comes first
	for _, t := range list {
		if t.table == "suppressions" && t.keep == "" {
			continue
		}
		if err := tx.fill(ctx, t.table, func(column, kind string) any {
			switch {
			case column == "id" && own[t.table] != "":
				return ids[own[t.table]]
			case column == "id":
				return string(andante.NewID[andante.EventID](now))
			case column == "lease_id":
				return nil
			case ids[column] != "":
				return ids[column]
			case t.table == "holds" && column == "scope":
				return string(andante.HoldContact)
			case t.table == "holds" && column == "key":
				return string(c.ID)
			case column == "evidence":
				return `{"detail":"` + word + `"}`
			case kind == "TEXT":
				return word
			case kind == "BLOB" || kind == "BYTEA":
				return []byte(word)
			case kind == "BOOLEAN":
				return false
			}
			return 1
		}); err != nil {
			return err
		}
	}
	return nil
}

// fill adds a row.
func (tx *Tx) fill(ctx context.Context, table string, value func(column, kind string) any) error {
	text := "SELECT name, upper(type) FROM pragma_table_info($1)"
	if tx.d.name == "postgres" {
		text = "SELECT column_name::text, upper(data_type)::text FROM information_schema.columns WHERE table_schema=current_schema() AND is_generated='NEVER' AND table_name=$1"
	}
	columns, err := query(ctx, tx, text, []any{table}, func(r *sql.Rows) (c [2]string, err error) { return c, r.Scan(&c[0], &c[1]) })
	if err != nil {
		return err
	}
	var names, marks []string
	var values []any
	for i, c := range columns {
		names, marks, values = append(names, c[0]), append(marks, fmt.Sprintf("$%d", i+1)), append(values, value(c[0], c[1]))
	}
	_, err = tx.exec(ctx, "INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", values...)
	return err
}

// Tables returns the tables of the store that have a column of text, those of which [Tx.About]
// tells, and those that know nobody.
func Tables(ctx context.Context, tx *Tx) (all, telling, others []string, err error) {
	all, err = query(ctx, tx, tx.d.columns, nil, func(r *sql.Rows) (t string, err error) {
		var column string
		var binary bool
		return t, r.Scan(&t, &column, &binary)
	})
	for _, t := range about {
		telling = append(telling, t.table)
	}
	return distinct(all, func(s string) string { return s }), distinct(telling, func(s string) string { return s }), impersonal, err
}

// OfContact counts the rows that name a contact, by table.
func OfContact(ctx context.Context, tx *Tx, id andante.ContactID) (map[string]int, error) {
	text := "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type='table' AND c.name='contact_id'"
	if tx.d.name == "postgres" {
		text = "SELECT table_name::text FROM information_schema.columns WHERE table_schema=current_schema() AND column_name='contact_id'"
	}
	tables, err := query(ctx, tx, text, nil, scanString[string])
	if err != nil {
		return nil, err
	}
	rows := map[string]int{}
	for _, table := range tables {
		n := 0
		if err := tx.row(ctx, "SELECT count(*) FROM "+table+" WHERE contact_id=$1", []any{string(id)}, &n); err != nil {
			return nil, err
		}
		rows[table] = n
	}
	return rows, nil
}
