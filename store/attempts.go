package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

const attemptColumns = `touch_id, contact_id, account_id, number, sender, policy, started_at, ended_at, outcome, code, response`

func scanAttempt(r *sql.Rows) (a andante.Attempt, err error) {
	var started int64
	var ended sql.NullInt64
	err = r.Scan(&a.Touch, &a.Contact, &a.Account, &a.Number, &a.Sender, &a.Policy, &started, &ended, &a.Outcome, &a.Code, &a.Response)
	a.Started, a.Ended = time.UnixMilli(started).UTC(), instant(ended)
	return a, err
}

// AddAttempts appends attempts to the ledger.
func (tx *Tx) AddAttempts(ctx context.Context, list []andante.Attempt) error {
	return insert(ctx, tx, "attempts", attemptColumns, "", list, func(a andante.Attempt) []any {
		return []any{
			string(a.Touch), string(a.Contact), string(a.Account), a.Number, a.Sender, a.Policy,
			ms(a.Started), ms(a.Ended), string(a.Outcome), a.Code, andante.CleanText(a.Response),
		}
	})
}

// EndAttempts writes the outcome of attempts that are pending or unknown, found
// by touch and number.
func (tx *Tx) EndAttempts(ctx context.Context, list []andante.Attempt) error {
	_, err := update(ctx, tx, "attempts", "touch_id, was_number, ended_at, outcome, code, response",
		"AND attempts.outcome IN ('pending', 'unknown')", list, func(a andante.Attempt) []any {
			return []any{string(a.Touch), a.Number, ms(a.Ended), string(a.Outcome), a.Code, andante.CleanText(a.Response)}
		})
	return err
}

// AttemptsOf returns the attempts of these touches, in order.
func (tx *Tx) AttemptsOf(ctx context.Context, ids []andante.TouchID) ([]andante.Attempt, error) {
	return where(ctx, tx, "SELECT "+attemptColumns+" FROM attempts WHERE touch_id", nil, ids, " ORDER BY started_at, number", scanAttempt)
}

// CountAnswers returns how many attempts at a contact's touches to an address had one of these
// codes for an answer.
func (tx *Tx) CountAnswers(ctx context.Context, contact andante.ContactID, address andante.AddressHash, codes ...int) (n int, err error) {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = strconv.Itoa(c)
	}
	err = tx.row(ctx, `SELECT count(*) FROM touches t JOIN attempts a ON a.touch_id=t.id
		WHERE t.contact_id=$1 AND t.address=$2 AND a.code IN (`+strings.Join(list, ", ")+")", []any{string(contact), string(address)}, &n)
	return n, err
}

// A StoredVerdict is a "no" or "not yet" as it was given.
type StoredVerdict struct {
	ID     andante.VerdictID
	Touch  andante.TouchID
	At     time.Time
	Policy string
	andante.Verdict
}

// AddVerdicts appends verdicts.
func (tx *Tx) AddVerdicts(ctx context.Context, list []StoredVerdict) error {
	return insert(ctx, tx, "verdicts", "id, touch_id, at, action, reason, until_at, policy, evidence", "", list, func(v StoredVerdict) []any {
		return []any{
			string(v.ID), string(v.Touch), ms(v.At), string(v.Action), string(v.Reason), ms(v.Until), v.Policy, orEmpty(v.Evidence),
		}
	})
}

// VerdictsOf returns the verdicts on these touches, in order.
func (tx *Tx) VerdictsOf(ctx context.Context, ids []andante.TouchID) ([]StoredVerdict, error) {
	return where(ctx, tx, verdictRows+" WHERE touch_id", nil, ids, " ORDER BY at, id", scanVerdict)
}

// VerdictsAfter returns up to n verdicts in the order of their ids, beginning after the
// given one.
func (tx *Tx) VerdictsAfter(ctx context.Context, after andante.VerdictID, n int) ([]StoredVerdict, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, verdictRows+" WHERE id > $1 ORDER BY id LIMIT $2", []any{string(after), n}, scanVerdict)
}

const verdictRows = "SELECT id, touch_id, at, action, reason, until_at, policy, evidence FROM verdicts"

func scanVerdict(r *sql.Rows) (v StoredVerdict, err error) {
	var at int64
	var until sql.NullInt64
	var evidence string
	if err = r.Scan(&v.ID, &v.Touch, &at, &v.Action, &v.Reason, &until, &v.Policy, &evidence); err != nil {
		return v, err
	}
	v.At, v.Until = time.UnixMilli(at).UTC(), instant(until)
	return v, fromJSON(evidence, &v.Evidence)
}

// A Quote is the text part of a sent mail, kept while a later step quotes it.
type Quote struct {
	Touch      andante.TouchID
	Enrollment andante.EnrollmentID
	Text       string
}

// PutQuotes keeps texts for quoting, but for enrollments that have ended: nothing quotes those.
func (tx *Tx) PutQuotes(ctx context.Context, list []Quote) error {
	err := insert(ctx, tx, "quotes", "touch_id, enrollment_id, body", "ON CONFLICT (touch_id) DO UPDATE SET body=excluded.body", list,
		func(q Quote) []any { return []any{string(q.Touch), string(q.Enrollment), q.Text} })
	if err != nil {
		return err
	}
	_, err = execIn(ctx, tx, "DELETE FROM quotes WHERE EXISTS (SELECT 1 FROM enrollments e WHERE e.id=quotes.enrollment_id AND e.state='finished') AND enrollment_id",
		nil, distinct(list, func(q Quote) andante.EnrollmentID { return q.Enrollment }), "")
	return err
}

// QuotesOf returns the texts that are kept for these enrollments.
func (tx *Tx) QuotesOf(ctx context.Context, ids []andante.EnrollmentID) ([]Quote, error) {
	return where(ctx, tx, "SELECT touch_id, enrollment_id, body FROM quotes WHERE enrollment_id", nil, ids, "",
		func(r *sql.Rows) (q Quote, err error) { err = r.Scan(&q.Touch, &q.Enrollment, &q.Text); return q, err })
}
