package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

const eventColumns = `id, contact_id, account_id, touch_id, name, at, detail`

func scanEvent(r *sql.Rows) (e andante.Event, err error) {
	var contact, account, touch sql.NullString
	var at int64
	err = r.Scan(&e.ID, &contact, &account, &touch, &e.Name, &at, &e.Detail)
	e.Contact, e.Account, e.Touch = andante.ContactID(contact.String), andante.AccountID(account.String), andante.TouchID(touch.String)
	e.At = time.UnixMilli(at).UTC()
	return e, err
}

// AddEvent appends an event. False: it is there already.
func (tx *Tx) AddEvent(ctx context.Context, e andante.Event) (bool, error) {
	var known int
	err := tx.row(ctx, "SELECT count(*) FROM events WHERE id=$1", []any{string(e.ID)}, &known)
	if err != nil || known > 0 {
		return false, err
	}
	return true, tx.AddEvents(ctx, []andante.Event{e})
}

// EventByID returns an event, or [andante.ErrNotFound].
func (tx *Tx) EventByID(ctx context.Context, id andante.EventID) (andante.Event, error) {
	list, err := query(ctx, tx, "SELECT "+eventColumns+" FROM events WHERE id=$1", []any{string(id)}, scanEvent)
	if err == nil && len(list) == 0 {
		err = andante.ErrNotFound
	}
	if err != nil {
		return andante.Event{}, err
	}
	return list[0], nil
}

// Happened tells whether there is an event, or something that arrived, with an id.
func (tx *Tx) Happened(ctx context.Context, id andante.EventID) (bool, error) {
	var n int
	err := tx.row(ctx, "SELECT (SELECT count(*) FROM events WHERE id=$1) + (SELECT count(*) FROM arrivals WHERE id=$1)", []any{string(id)}, &n)
	return n > 0, err
}

// AddEvents appends events; one that is there already stays.
func (tx *Tx) AddEvents(ctx context.Context, list []andante.Event) error {
	return insert(ctx, tx, "events", eventColumns, "ON CONFLICT (id) DO NOTHING", list, func(e andante.Event) []any {
		return []any{string(e.ID), null(e.Contact), null(e.Account), null(e.Touch), e.Name, ms(e.At), andante.CleanText(e.Detail)}
	})
}

// EventsOf returns the events of a contact, in order.
func (tx *Tx) EventsOf(ctx context.Context, id andante.ContactID) ([]andante.Event, error) {
	return query(ctx, tx, "SELECT "+eventColumns+" FROM events WHERE contact_id=$1 ORDER BY at, id", []any{string(id)}, scanEvent)
}

// EventsSince returns the events of these names of some contacts since an instant, in order.
func (tx *Tx) EventsSince(ctx context.Context, contacts []andante.ContactID, since time.Time, names []string) ([]andante.Event, error) {
	quoted := make([]string, len(names))
	args := []any{ms(since)}
	for i, n := range names {
		args = append(args, n)
		quoted[i] = fmt.Sprintf("$%d", i+2)
	}
	return where(ctx, tx, "SELECT "+eventColumns+" FROM events WHERE at >= $1 AND name IN ("+strings.Join(quoted, ", ")+") AND contact_id", args, contacts, " ORDER BY at, id", scanEvent)
}

// A LastEvent is when something last happened to a contact.
type LastEvent struct {
	Contact andante.ContactID
	Name    string
	Touch   andante.TouchID
	At      time.Time
}

// LastEvents returns, for each contact, name and touch, the latest event.
func (tx *Tx) LastEvents(ctx context.Context, contacts []andante.ContactID) ([]LastEvent, error) {
	return where(ctx, tx, "SELECT contact_id, name, touch_id, max(at) FROM events WHERE contact_id IS NOT NULL AND contact_id", nil, contacts,
		" GROUP BY contact_id, name, touch_id", func(r *sql.Rows) (e LastEvent, err error) {
			var touch sql.NullString
			var at int64
			err = r.Scan(&e.Contact, &e.Name, &touch, &at)
			e.Touch, e.At = andante.TouchID(touch.String), time.UnixMilli(at).UTC()
			return e, err
		})
}

// CountEvents counts events by name.
func (tx *Tx) CountEvents(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	_, err := query(ctx, tx, "SELECT name, count(*) FROM events GROUP BY name", nil, func(r *sql.Rows) (struct{}, error) {
		var name string
		var n int
		err := r.Scan(&name, &n)
		counts[name] = n
		return struct{}{}, err
	})
	return counts, err
}
