package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
)

// NoticeLane is the kind of the leases of notices; it is none of a touch.
const NoticeLane andante.Kind = "notice"

// A Notice is a mail to somebody of ours, or the link that a contact asks for at our page. It is no
// touch: no governor is asked, and it counts nowhere.
type Notice struct {
	ID      andante.TouchID   // derived from what it says, so that it is said once
	Contact andante.ContactID // whom it is about; empty: several, or nobody
	// ToContact: it goes to the contact, who has just asked for it, and Person is the key of the
	// sender from whom it comes.
	ToContact bool
	Person    string // key of whom it is for
	Subject   string
	Body      string // plain text
	Calendar  string // what goes along as a file for their calendar (RFC 5545); empty: nothing
	ReplyTo   string // address that answers go to; empty: the person's own
	Original  []byte // mail that it hands on, which goes along as it came; forgotten once it went
	State     andante.State
	Due       time.Time
	Settled   time.Time
	Attempts  int
	Lease     andante.LeaseID
	Answer    string // what came of it, in the other side's words
}

const noticeColumns = "id, contact_id, to_contact, person, subject, body, calendar, reply_to, original, state, due_at, settled_at, attempts, lease_id, answer"

func scanNotice(r *sql.Rows) (n Notice, err error) {
	var due int64
	var settled sql.NullInt64
	var lease, contact sql.NullString
	err = r.Scan(&n.ID, &contact, &n.ToContact, &n.Person, &n.Subject, &n.Body, &n.Calendar, &n.ReplyTo, &n.Original, &n.State, &due, &settled, &n.Attempts, &lease, &n.Answer)
	n.Due, n.Settled, n.Lease, n.Contact = time.UnixMilli(due).UTC(), instant(settled), andante.LeaseID(lease.String), andante.ContactID(contact.String)
	return n, err
}

// AddNotices adds notices. One that is there already stays as it is.
func (tx *Tx) AddNotices(ctx context.Context, list []Notice) error {
	return insert(ctx, tx, "notices", noticeColumns, "ON CONFLICT (id) DO NOTHING", list, func(n Notice) []any {
		return []any{string(n.ID), null(n.Contact), n.ToContact, n.Person, n.Subject, n.Body, n.Calendar, n.ReplyTo, n.Original, string(n.State), ms(n.Due), ms(n.Settled), n.Attempts, null(n.Lease), n.Answer}
	})
}

// Notices returns these notices, in no order.
func (tx *Tx) Notices(ctx context.Context, ids []andante.TouchID) ([]Notice, error) {
	return where(ctx, tx, "SELECT "+noticeColumns+" FROM notices WHERE id", nil, ids, "", scanNotice)
}

// A DueNotice is a notice that is to be sent.
type DueNotice struct {
	ID     andante.TouchID
	Person string
	Large  bool // a mail goes along
}

// DueNotices returns up to n notices that are due, the earliest first.
func (tx *Tx) DueNotices(ctx context.Context, now time.Time, n int) ([]DueNotice, error) {
	return query(ctx, tx, "SELECT id, person, original IS NOT NULL FROM notices WHERE state='planned' AND due_at <= $1 ORDER BY due_at, id LIMIT $2"+tx.d.skip, []any{ms(now), n}, func(r *sql.Rows) (d DueNotice, err error) {
		return d, r.Scan(&d.ID, &d.Person, &d.Large)
	})
}

// NextNotice returns when the next notice is due; zero: there is none.
func (tx *Tx) NextNotice(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	err := tx.row(ctx, "SELECT min(due_at) FROM notices WHERE state='planned'", nil, &at)
	return instant(at), err
}

// LeaseNotices gives planned notices to a lease.
func (tx *Tx) LeaseNotices(ctx context.Context, ids []andante.TouchID, lease andante.LeaseID) error {
	_, err := execIn(ctx, tx, "UPDATE notices SET state='leased', lease_id=$1 WHERE state='planned' AND id", []any{string(lease)}, ids, "")
	return err
}

// NoticesIn returns the notices of a lease that are not over, the earliest first.
func (tx *Tx) NoticesIn(ctx context.Context, lease andante.LeaseID) ([]Notice, error) {
	return query(ctx, tx, "SELECT "+noticeColumns+" FROM notices WHERE lease_id=$1 AND state IN ('leased', 'attempted') ORDER BY due_at, id", []any{string(lease)}, scanNotice)
}

// ChangeNotice writes what became of a notice, if it still is as it was and of that lease.
func (tx *Tx) ChangeNotice(ctx context.Context, n Notice, was andante.State, lease andante.LeaseID) (bool, error) {
	res, err := tx.exec(ctx, "UPDATE notices SET state=$4, due_at=$5, settled_at=$6, attempts=$7, lease_id=$8, answer=$9, original=CASE WHEN $4 IN ('sent', 'failed', 'unknown') THEN NULL ELSE original END WHERE id=$1 AND state=$2 AND lease_id=$3",
		string(n.ID), string(was), string(lease), string(n.State), ms(n.Due), ms(n.Settled), n.Attempts, null(n.Lease), n.Answer)
	if err != nil {
		return false, err
	}
	changed, err := res.RowsAffected()
	return changed > 0, err
}

// DoubtNotices makes unknown whatever may have been sent from elsewhere: what was with a worker,
// or due by an instant.
func (tx *Tx) DoubtNotices(ctx context.Context, until time.Time, answer string) error {
	_, err := tx.exec(ctx, "UPDATE notices SET state='unknown', settled_at=$1, lease_id=NULL, answer=$2 WHERE state IN ('leased', 'attempted') OR state='planned' AND due_at <= $1", ms(until), answer)
	return err
}

// NoticesInDoubt returns up to n notices of which nobody knows whether they went, or that could
// not be sent, since an instant, the latest first.
func (tx *Tx) NoticesInDoubt(ctx context.Context, since time.Time, n int) ([]Notice, error) {
	return query(ctx, tx, "SELECT "+noticeColumns+" FROM notices WHERE state IN ('unknown', 'failed') AND settled_at >= $1 ORDER BY settled_at DESC, id LIMIT $2", []any{ms(since), n}, scanNotice)
}

// DropNotices forgets what was over before an instant.
func (tx *Tx) DropNotices(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, "DELETE FROM notices WHERE state IN ('sent', 'unknown', 'failed') AND settled_at < $1", ms(before))
	return err
}

// ScrubNotices writes something else wherever one of these texts stands by itself in a notice, in capitals or
// small letters, and returns in
// how many.
func (tx *Tx) ScrubNotices(ctx context.Context, texts []string, with string) (int, error) {
	if len(texts) == 0 {
		return 0, nil
	}
	var either []string
	var args []any
	for i, text := range texts {
		either, args = append(either, fmt.Sprintf(tx.d.holds[false], "subject || ' ' || body || ' ' || calendar || ' ' || reply_to", i+1)), append(args, strings.ToLower(text))
	}
	list, err := query(ctx, tx, "SELECT "+noticeColumns+" FROM notices WHERE "+strings.Join(either, " OR "), args, scanNotice)
	if err != nil {
		return 0, err
	}
	replace := func(s string) string { return instead(s, texts, with) }
	for _, n := range list {
		_, err := tx.exec(ctx, "UPDATE notices SET subject=$2, body=$3, calendar=$4, reply_to=$5 WHERE id=$1",
			string(n.ID), replace(n.Subject), replace(n.Body), replace(n.Calendar), replace(n.ReplyTo))
		if err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
