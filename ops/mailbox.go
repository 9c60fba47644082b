package ops

import (
	"context"

	"github.com/andante-hq/andante/store"
)

// A MailboxRead is how far a folder of a mailbox was read.
type MailboxRead = store.Mailbox

// ReadMailbox returns how far a folder of a mailbox was read; false if it never was.
func (o *Ops) ReadMailbox(ctx context.Context, name, folder string) (m MailboxRead, known bool, err error) {
	return m, known, o.Store.Read(ctx, func(tx *store.Tx) error {
		m, known, err = tx.ReadMailbox(ctx, name, folder)
		return err
	})
}

// PutMailbox notes how far a folder of a mailbox was read. What is read once more counts once.
func (o *Ops) PutMailbox(ctx context.Context, m MailboxRead) error {
	return o.Store.Write(ctx, func(tx *store.Tx) error { return tx.PutMailbox(ctx, m) })
}
