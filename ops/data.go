package ops

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// DataPage is the page of a link that shows, or erases, all that is known of a contact.
const DataPage LinkPage = 'd'

// A DataWish is what somebody wants of what is known of them.
type DataWish string

// The wishes.
const (
	DataExport DataWish = "export"
	DataErase  DataWish = "erase"
)

// dataValid is how long a link to it is valid.
const dataValid = 24 * time.Hour

// ErrTooOld says that a link was valid once.
var ErrTooOld = errors.New("this link is too old")

// MailData has a link to all that is known of the contact behind a link mailed to its address: whoever
// else has the mail with that link gets nothing by it. It comes once a day at most.
// [andante.ErrNotFound] if the contact is gone or has no address, [ErrNoWish] of what was printed.
func (o *Ops) MailData(ctx context.Context, t Token, wish DataWish) error {
	if t.Printed || wish != DataExport && wish != DataErase {
		return ErrNoWish
	}
	return o.Store.Write(ctx, func(tx *store.Tx) error {
		list, err := behind(ctx, tx, t.Contact)
		if err != nil {
			return err
		}
		if len(list) == 0 || list[0].Email == "" {
			return andante.ErrNotFound
		}
		w, err := o.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		seed, err := tx.Seed(ctx)
		if err != nil {
			return err
		}
		c, now := list[0], o.now()
		sender, err := correspondent(ctx, tx, w, c.ID)
		if err != nil {
			return err
		}
		texts, _ := w.Config.PagesFor(c.Language)
		id := andante.DeriveID[andante.TouchID](seed, now.Truncate(24*time.Hour), "data", string(wish), string(c.ID))
		link := strings.TrimRight(w.Config.PublicURL, "/") + "/d/" + o.Keys.SignLink(Link{Page: DataPage, Contact: c.ID, Touch: id, Says: dataSays(wish, now)})
		fill := strings.NewReplacer("{company}", w.Config.Company.Name, "{link}", link)
		return tx.AddNotices(ctx, []store.Notice{{
			ID: id, Contact: c.ID, ToContact: true, Person: sender, State: andante.Planned, Due: now,
			Subject: fill.Replace(texts["data_subject_"+string(wish)]), Body: fill.Replace(texts["data_mail_"+string(wish)]) + "\n\n-- \n" + w.Config.Company.Name + "\n" + w.Config.Company.PostalAddress + "\n",
		}})
	})
}

// correspondent returns as whom a contact was written to last, of those who still send; else the
// first of them.
func correspondent(ctx context.Context, tx *store.Tx, w *workspace.Workspace, id andante.ContactID) (string, error) {
	as, err := tx.Correspondents(ctx, []andante.ContactID{id})
	if err != nil {
		return "", err
	}
	for _, key := range append(as[id], slices.Sorted(maps.Keys(w.Config.Senders))...) {
		if who, ok := w.Config.Identity(key); ok && who.Email != "" {
			return key, nil
		}
	}
	return w.Config.Tasks.Unowned, nil
}

// dataSays is what the link of a wish says: it, and until when.
func dataSays(wish DataWish, now time.Time) string {
	return string(wish) + " " + strconv.FormatInt(now.Add(dataValid).Unix(), 10)
}

// ReadData reads the token of a link to what is known of somebody. [ErrBadToken] if it is none,
// [ErrTooOld] if it was one.
func (o *Ops) ReadData(token string) (andante.ContactID, DataWish, error) {
	l, err := o.Keys.ReadLink(DataPage, token)
	if err != nil {
		return "", "", err
	}
	wish, until, _ := strings.Cut(l.Says, " ")
	unix, err := strconv.ParseInt(until, 10, 64)
	if err != nil {
		return "", "", ErrBadToken
	}
	if o.now().After(time.Unix(unix, 0)) {
		return l.Contact, DataWish(wish), ErrTooOld
	}
	return l.Contact, DataWish(wish), nil
}
