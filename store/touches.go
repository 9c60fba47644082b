package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

const touchColumns = `id, enrollment_id, contact_id, account_id, sequence, step, repeat, kind, purpose, priority, sender, variant,
	state, due_at, first_due_at, lease_id, not_after, counted_at, settled_at, attempts, deferred, yielded, introduction, result, reason, evidence, address,
	message_id, message_hash, message_size, subject`

func scanTouch(r *sql.Rows) (t andante.Touch, err error) {
	var enrollment, lease sql.NullString
	var due, firstDue int64
	var notAfter, counted, settled sql.NullInt64
	var evidence string
	err = r.Scan(&t.ID, &enrollment, &t.Contact, &t.Account, &t.Sequence, &t.Step, &t.Repeat, &t.Kind, &t.Purpose, &t.Priority, &t.Sender, &t.Variant,
		&t.State, &due, &firstDue, &lease, &notAfter, &counted, &settled, &t.Attempts, &t.Deferred, &t.Yielded, &t.Introduction, &t.Result, &t.Reason, &evidence, &t.Address,
		&t.MessageID, &t.MessageHash, &t.MessageSize, &t.Subject)
	if err != nil {
		return t, err
	}
	t.Enrollment, t.Lease = andante.EnrollmentID(enrollment.String), andante.LeaseID(lease.String)
	t.Due, t.FirstDue = time.UnixMilli(due).UTC(), time.UnixMilli(firstDue).UTC()
	t.NotAfter, t.Counted, t.Settled = instant(notAfter), instant(counted), instant(settled)
	return t, fromJSON(evidence, &t.Evidence)
}

// AddTouches appends touches. One whose key (enrollment, step, repeat) exists
// already is left out: no step goes twice to one enrollment. The accounts of those that
// count must be locked.
func (tx *Tx) AddTouches(ctx context.Context, list []andante.Touch) error {
	err := insert(ctx, tx, "touches", touchColumns, "ON CONFLICT DO NOTHING", list, func(t andante.Touch) []any {
		return []any{
			string(t.ID), null(t.Enrollment), string(t.Contact), string(t.Account), t.Sequence, t.Step, t.Repeat, string(t.Kind),
			string(t.Purpose), int(t.Priority), t.Sender, t.Variant, string(t.State), ms(t.Due), ms(t.FirstDue), null(t.Lease),
			ms(t.NotAfter), ms(t.Counted), ms(t.Settled), t.Attempts, t.Deferred, t.Yielded, t.Introduction, string(t.Result), string(t.Reason), orEmpty(t.Evidence),
			string(t.Address), t.MessageID, t.MessageHash, t.MessageSize, t.Subject,
		}
	})
	if err != nil {
		return err
	}
	var counting []*andante.Touch
	for i := range list {
		if !list[i].Counted.IsZero() {
			counting = append(counting, &list[i])
		}
	}
	return tx.recount(ctx, distinct(counting, contactOf))
}

// Touches returns the touches with these ids, in no order.
func (tx *Tx) Touches(ctx context.Context, ids []andante.TouchID) ([]andante.Touch, error) {
	return where(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE id", nil, ids, "", scanTouch)
}

// TouchesOf returns every touch of these enrollments.
func (tx *Tx) TouchesOf(ctx context.Context, ids []andante.EnrollmentID) ([]andante.Touch, error) {
	return where(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE enrollment_id", nil, ids, "", scanTouch)
}

// SettledTouchesOf returns those touches of these enrollments that are over.
func (tx *Tx) SettledTouchesOf(ctx context.Context, ids []andante.EnrollmentID) ([]andante.Touch, error) {
	return where(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE settled_at IS NOT NULL AND enrollment_id", nil, ids, "", scanTouch)
}

// ComingOf returns those touches of these enrollments that wait, or are on their way to a
// claim, and are looked at by an instant.
func (tx *Tx) ComingOf(ctx context.Context, ids []andante.EnrollmentID, until time.Time) ([]andante.Touch, error) {
	return where(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE state IN ('planned', 'leased', 'claimed') AND due_at <= $1 AND enrollment_id",
		[]any{ms(until)}, ids, " ORDER BY id", scanTouch)
}

// A Rank is a place in the order in which touches want to go.
type Rank struct {
	Priority andante.Priority
	Due      time.Time // at first
	Yields   int       // who has yielded so often comes before everybody
}

// RivalsIn returns, of each unfinished enrollment in these accounts, the touch of the step
// that it stands at (those of all, if it stands at none), if it waits or is on its way to a claim, is looked at by an instant, and
// comes before a rank or has the same. A decision takes nobody's place.
func (tx *Tx) RivalsIn(ctx context.Context, accounts []andante.AccountID, until time.Time, rank Rank) ([]andante.Touch, error) {
	return where(ctx, tx, "SELECT "+qualified("t", touchColumns)+` FROM enrollments e CROSS JOIN touches t
		WHERE t.enrollment_id=e.id AND t.step = CASE WHEN e.step = '' THEN t.step ELSE e.step END AND t.state IN ('planned', 'leased', 'claimed') AND t.kind <> 'decide' AND t.due_at <= $1
		AND (t.priority < $2 OR t.priority = $2 AND t.first_due_at <= $3 OR t.yielded >= $4) AND e.state <> 'finished' AND e.account_id`,
		[]any{ms(until), int(rank.Priority), ms(rank.Due), rank.Yields}, accounts, " ORDER BY t.id", scanTouch)
}

// qualified puts a table's name before each column of a list.
func qualified(table, columns string) string {
	return table + "." + strings.Join(strings.Fields(columns), " "+table+".")
}

// NotSent returns up to n touches, in the order of their ids after the given one, that were
// skipped, failed or canceled since an instant, that wait because they were put off, or that
// are due now and nobody has looked at.
func (tx *Tx) NotSent(ctx context.Context, since, now time.Time, after andante.TouchID, n int) ([]andante.Touch, error) {
	if after == "" {
		after = firstID
	}
	return query(ctx, tx, "SELECT "+touchColumns+` FROM touches WHERE id > $1 AND (state IN ('skipped', 'failed', 'canceled') AND settled_at >= $2
		OR state = 'planned' AND (reason <> '' OR due_at <= $4)) ORDER BY id LIMIT $3`, []any{string(after), ms(since), n, ms(now)}, scanTouch)
}

// Replies returns the touches that are tasks to answer replies and were given in [since, until),
// the earliest first.
func (tx *Tx) Replies(ctx context.Context, since, until time.Time) ([]andante.Touch, error) {
	return query(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE sequence='reply' AND first_due_at >= $1 AND first_due_at < $2 ORDER BY id", []any{ms(since), ms(until)}, scanTouch)
}

// AccountsOfTouches returns the accounts that these touches belong to, once each.
func (tx *Tx) AccountsOfTouches(ctx context.Context, ids []andante.TouchID) ([]andante.AccountID, error) {
	return where(ctx, tx, "SELECT DISTINCT account_id FROM touches WHERE id", nil, ids, "", scanString[andante.AccountID])
}

// TouchesOfContact returns every touch of a contact, by the time at which it was
// settled or is due.
func (tx *Tx) TouchesOfContact(ctx context.Context, id andante.ContactID) ([]andante.Touch, error) {
	return query(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE contact_id=$1 ORDER BY coalesce(settled_at, due_at), id", []any{string(id)}, scanTouch)
}

// OpenOf returns what is in people's hands to these contacts, and to these addresses: open, or to
// be looked at.
func (tx *Tx) OpenOf(ctx context.Context, contacts []andante.ContactID, addresses []andante.AddressHash) ([]andante.Touch, error) {
	const open = "SELECT " + touchColumns + " FROM touches WHERE state IN ('open', 'review') AND contact_id"
	list, err := where(ctx, tx, open, nil, contacts, " ORDER BY id", scanTouch)
	if err != nil || len(addresses) == 0 {
		return list, err
	}
	there, err := where(ctx, tx, "SELECT DISTINCT contact_id FROM addressed WHERE address", nil, addresses, "", scanString[andante.ContactID])
	if err != nil {
		return nil, err
	}
	there = slices.DeleteFunc(there, func(id andante.ContactID) bool { return slices.Contains(contacts, id) })
	others, err := where(ctx, tx, open, nil, there, " ORDER BY id", scanTouch)
	for _, t := range others {
		if slices.Contains(addresses, t.Address) {
			list = append(list, t)
		}
	}
	return list, err
}

// TouchesIn returns the touches of a lease, as they are, the most urgent first.
func (tx *Tx) TouchesIn(ctx context.Context, lease andante.LeaseID) ([]andante.Touch, error) {
	ids, err := tx.TouchIDsIn(ctx, lease)
	if err != nil {
		return nil, err
	}
	return where(ctx, tx, "SELECT "+touchColumns+" FROM touches WHERE lease_id=$1 AND id", []any{string(lease)}, ids, " ORDER BY priority, due_at, id", scanTouch)
}

// A Head is the first planned touch of a lane and a priority.
type Head struct {
	Lane
	Priority andante.Priority
	Due      time.Time
}

// Heads returns the first planned touch of each lane and priority. It steps from lane to
// lane in the index, so that a long backlog costs no more than a short one.
func (tx *Tx) Heads(ctx context.Context) ([]Head, error) {
	const text = `WITH RECURSIVE s (lane) AS (
			SELECT min(lane) FROM touches WHERE waits_at IS NOT NULL
			UNION ALL SELECT (SELECT min(t.lane) FROM touches t WHERE t.waits_at IS NOT NULL AND t.lane > s.lane) FROM s WHERE s.lane IS NOT NULL),
		h AS (SELECT s.lane, p.n, (SELECT min(t.waits_at) FROM touches t WHERE t.waits_at IS NOT NULL AND t.lane=s.lane AND t.priority=p.n) AS due
			FROM s CROSS JOIN (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2) p WHERE s.lane IS NOT NULL)
		SELECT lane, n, due FROM h WHERE due IS NOT NULL ORDER BY n, due, lane`
	return query(ctx, tx, text, nil, func(r *sql.Rows) (h Head, err error) {
		var lane string
		var due int64
		err = r.Scan(&lane, &h.Priority, &due)
		h.Lane, h.Due = parseLane(lane), time.UnixMilli(due).UTC()
		return h, err
	})
}

// A DueTouch is what a lease asks about a touch whose time has come.
type DueTouch struct {
	ID andante.TouchID
	Lane
	Priority andante.Priority
	Due      time.Time
	Reason   andante.Reason // of the last "not yet"
}

// Due returns up to n planned touches of a lane and priority whose time has come,
// the earliest first, and locks them, passing over those that somebody else holds.
func (tx *Tx) Due(ctx context.Context, now time.Time, h Head, n int) ([]DueTouch, error) {
	return query(ctx, tx, `SELECT id, reason, waits_at FROM touches WHERE waits_at <= $3 AND lane=$1 AND priority=$2
		ORDER BY waits_at, id LIMIT $4`+tx.d.skip, []any{h.Lane.String(), int(h.Priority), ms(now), n}, func(r *sql.Rows) (DueTouch, error) {
		d := DueTouch{Lane: h.Lane, Priority: h.Priority}
		var due int64
		err := r.Scan(&d.ID, &d.Reason, &due)
		d.Due = time.UnixMilli(due).UTC()
		return d, err
	})
}

// A Change takes a touch from one state to another.
type Change struct {
	Touch andante.Touch   // as it shall be
	Was   andante.State   // the state in which it must be
	Lease andante.LeaseID // the lease that it must belong to; empty: any
	// Attempt is the number of the attempt that it must be on; 0: any. The outcome
	// of one attempt is no evidence about another.
	Attempt int
	// StateOnly: only what becomes of the touch is written. Whom it goes to, as whom and with
	// what stands in the store already.
	StateOnly bool
}

// counts tells whether the touch is, or may have been, one that limits count.
func (c *Change) counts() bool {
	return !c.Touch.Counted.IsZero() || c.Was != andante.Planned && c.Was != andante.Leased
}

// fateColumns say what becomes of a touch, allColumns also whom it goes to, as whom and
// with what.
const (
	fateColumns = `id, was_state, was_lease_id, was_attempts, state, due_at, lease_id, not_after, counted_at, settled_at,
	attempts, deferred, yielded, result, reason, evidence`
	allColumns = fateColumns + `, first_due_at, address, message_id, message_hash, message_size, subject, sender, kind`
)

var allNames = names(allColumns)

// Change writes touches that still are what the caller believes and returns the
// ids of those: a touch that somebody else has moved is left alone. A transition
// outside the table is a bug and an error. The accounts of those that count, or did, must
// be locked.
func (tx *Tx) Change(ctx context.Context, list []Change) (map[andante.TouchID]bool, error) {
	for _, c := range list {
		if c.Was != c.Touch.State && !c.Was.May(c.Touch.State) {
			return nil, fmt.Errorf("touch %s: %s may not become %s", c.Touch.ID, c.Was, c.Touch.State)
		}
	}
	fates, whole, counting := make([]*Change, 0, len(list)), make([]*Change, 0, len(list)), make([]*Change, 0, len(list))
	for i := range list {
		if c := &list[i]; c.StateOnly {
			fates = append(fates, c)
		} else {
			whole = append(whole, c)
		}
	}
	some, err := update(ctx, tx, "touches", fateColumns, "", fates, fateValues)
	if err != nil {
		return nil, err
	}
	ids, err := update(ctx, tx, "touches", allColumns, "", whole, allValues)
	if err != nil {
		return nil, err
	}
	changed := make(map[andante.TouchID]bool, len(list))
	for _, id := range append(some, ids...) {
		changed[andante.TouchID(id)] = true
	}
	for i := range list {
		if c := &list[i]; changed[c.Touch.ID] && c.counts() {
			counting = append(counting, c)
		}
	}
	return changed, tx.count(ctx, counting)
}

func fateValues(c *Change) []any {
	t := &c.Touch
	attempt := any(nil)
	if c.Attempt > 0 {
		attempt = c.Attempt
	}
	values := make([]any, 0, len(allNames))
	return append(values,
		string(t.ID), string(c.Was), null(c.Lease), attempt, string(t.State), ms(t.Due), null(t.Lease), ms(t.NotAfter),
		ms(t.Counted), ms(t.Settled), t.Attempts, t.Deferred, t.Yielded, string(t.Result), string(t.Reason), orEmpty(t.Evidence))
}

func allValues(c *Change) []any {
	t := &c.Touch
	return append(fateValues(c), ms(t.FirstDue), string(t.Address), t.MessageID, t.MessageHash, t.MessageSize, t.Subject, t.Sender, string(t.Kind))
}

// MarkLeased takes due touches into a lease.
func (tx *Tx) MarkLeased(ctx context.Context, ids []andante.TouchID, lease andante.LeaseID) error {
	_, err := execIn(ctx, tx, "UPDATE touches SET state='leased', lease_id=$1 WHERE state='planned' AND id", []any{string(lease)}, ids, "")
	return err
}

// MarkAttempted lets claimed touches of a lease onto the wire and returns those that
// still were claimed. An attempt at each begins now, under this policy.
func (tx *Tx) MarkAttempted(ctx context.Context, lease andante.LeaseID, ids []andante.TouchID, policy string, now time.Time) ([]andante.TouchID, error) {
	marked, err := where(ctx, tx, "UPDATE touches SET state='attempted', attempts=attempts+1 WHERE state='claimed' AND lease_id=$1 AND id",
		[]any{string(lease)}, ids, " RETURNING id", scanString[andante.TouchID])
	if err != nil {
		return nil, err
	}
	_, err = execIn(ctx, tx, "INSERT INTO attempts ("+attemptColumns+`) SELECT id, contact_id, account_id, attempts, sender, CAST($1 AS TEXT), CAST($2 AS BIGINT),
		CAST(NULL AS BIGINT), 'pending', 0, '' FROM touches WHERE id`, []any{policy, ms(now)}, marked, "")
	return marked, err
}

// WakeHeld makes touches that a hold put off due again, and those that wait because
// their sender was refused.
func (tx *Tx) WakeHeld(ctx context.Context, scope andante.HoldScope, key string, now time.Time) error {
	column := map[andante.HoldScope]string{
		andante.HoldContact: "contact_id", andante.HoldAccount: "account_id", andante.HoldSequence: "sequence", andante.HoldSender: "sender",
	}[scope]
	text, args := "UPDATE touches SET due_at=$1 WHERE "+waitsForHold, []any{ms(now)}
	switch {
	case scope == andante.HoldImport:
		text, args = text+" AND EXISTS (SELECT 1 FROM contacts c WHERE c.id=touches.contact_id AND c.import_id=$2)", append(args, key)
	case column != "":
		text, args = text+" AND "+column+"=$2", append(args, key)
	}
	_, err := tx.exec(ctx, text, args...)
	return err
}

// Wake makes touches of these contacts due again that were put off for one of these
// reasons.
func (tx *Tx) Wake(ctx context.Context, contacts []andante.ContactID, now time.Time, reasons ...andante.Reason) error {
	return wake(ctx, tx, "contact_id", "", contacts, now, reasons)
}

// WakeIn does so with the touches of everybody in these accounts.
func (tx *Tx) WakeIn(ctx context.Context, accounts []andante.AccountID, now time.Time, reasons ...andante.Reason) error {
	return wake(ctx, tx, "contact_id IN (SELECT id FROM contacts WHERE account_id", ")", accounts, now, reasons)
}

func wake[K ~string](ctx context.Context, tx *Tx, column, end string, keys []K, now time.Time, reasons []andante.Reason) error {
	waits, args := waitsFor(now, reasons)
	_, err := execIn(ctx, tx, "UPDATE touches SET due_at=$1 WHERE "+waits+" AND "+column, args, keys, end)
	return err
}

// WakeSome makes up to n touches due again that were put off for one of these reasons, and
// returns how many.
func (tx *Tx) WakeSome(ctx context.Context, now time.Time, n int, reasons ...andante.Reason) (int, error) {
	waits, args := waitsFor(now, reasons)
	res, err := tx.exec(ctx, "UPDATE touches SET due_at=$1 WHERE id IN (SELECT id FROM touches WHERE "+waits+fmt.Sprintf(" LIMIT $%d)", len(args)+1), append(args, n)...)
	if err != nil {
		return 0, err
	}
	woken, err := res.RowsAffected()
	return int(woken), err
}

// waitsFor is the condition of touches that were put off for one of these reasons until
// after now; now is its first parameter.
func waitsFor(now time.Time, reasons []andante.Reason) (condition string, args []any) {
	args, list := []any{ms(now)}, make([]string, len(reasons))
	for i, r := range reasons {
		args, list[i] = append(args, string(r)), fmt.Sprintf("$%d", i+2)
	}
	return "waits_at > $1 AND reason IN (" + strings.Join(list, ", ") + ")", args
}
