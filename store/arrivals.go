package store

import (
	"context"
	"time"

	"github.com/andante-hq/andante"
)

// An Arrival is a mail that came in, and what it was found to be. Its text is not kept.
type Arrival struct {
	ID      andante.EventID // derived from its Message-ID or its bytes: it comes once
	Contact andante.ContactID
	Touch   andante.TouchID // that it is about; empty: none that is known
	Class   string          // as in package inbound
	Verdict string          // of a bounce, likewise
	Sender  string          // of the touch
	Toward  string          // domain of whoever did not get it
	Why     string          // what told the class
	At      time.Time
}

const arrivalColumns = "id, contact_id, touch_id, class, verdict, sender, toward, why, at"

// AddArrival appends a mail that came in. False: it is there already.
func (tx *Tx) AddArrival(ctx context.Context, a Arrival) (bool, error) {
	res, err := tx.exec(ctx, "INSERT INTO arrivals ("+arrivalColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING",
		string(a.ID), null(a.Contact), null(a.Touch), a.Class, a.Verdict, a.Sender, a.Toward, andante.CleanText(a.Why), ms(a.At))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// RefusedAfter counts the mails of a sender that mail systems would not have after an instant, and
// the domains to which they went.
func (tx *Tx) RefusedAfter(ctx context.Context, sender string, since time.Time) (mails, domains int, err error) {
	err = tx.row(ctx, "SELECT count(DISTINCT touch_id), count(DISTINCT toward) FROM arrivals WHERE verdict='sender' AND sender=$1 AND at > $2", []any{sender, ms(since)}, &mails, &domains)
	return mails, domains, err
}
