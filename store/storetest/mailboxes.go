package storetest

import (
	"context"
	"testing"

	"github.com/andante-hq/andante/store"
)

var mailboxTests = []test{{"how far they were read", mailboxes}}

func mailboxes(_ *testing.T, s db) {
	get := func(name, folder string) (m store.Mailbox, known bool) {
		s.write(func(ctx context.Context, tx *store.Tx) (err error) {
			m, known, err = tx.ReadMailbox(ctx, name, folder)
			return err
		})
		return m, known
	}
	_, known := get("nora", "INBOX")
	s.same("none", false, known)
	for _, m := range []store.Mailbox{{Name: "nora", Folder: "INBOX", Validity: 1, UID: 5}, {Name: "nora", Folder: "Sent", Validity: 4294967295, UID: 4294967295}, {Name: "nora", Folder: "INBOX", Validity: 2, UID: 7}} {
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutMailbox(ctx, m) })
	}
	inbox, _ := get("nora", "INBOX")
	sent, known := get("nora", "Sent")
	s.same("the latest", []store.Mailbox{{Name: "nora", Folder: "INBOX", Validity: 2, UID: 7}, {Name: "nora", Folder: "Sent", Validity: 4294967295, UID: 4294967295}}, []store.Mailbox{inbox, sent})
	s.same("known", true, known)
}
