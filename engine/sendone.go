package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// SendOne sends a message that is no touch, as a sender of the folder: a test to oneself. It
// goes by the mode of delivery and is not recorded.
func (e *Engine) SendOne(ctx context.Context, sender string, m andante.Message) (channels.Receipt, error) {
	list, closeChannels, err := e.channels(func(context.Context) (*workspace.Config, error) { return e.Config, nil }, nil)
	if err != nil {
		return channels.Receipt{}, err
	}
	defer closeChannels()
	c, ok := list[m.Kind]
	if !ok {
		return channels.Receipt{}, fmt.Errorf("no channel sends %s: see channels in andante.yaml", m.Kind)
	}
	m.Touch = andante.NewID[andante.TouchID](e.Clock.Now())
	_, domain, _ := strings.Cut(m.From.Address, "@")
	m.MessageID = string(m.Touch) + "@" + domain
	sealed, err := c.Prepare(m)
	if err != nil {
		return channels.Receipt{}, err
	}
	sealed.Sender = sender
	g := &oneGate{}
	if err := c.Deliver(ctx, []channels.Sealed{sealed}, g); err != nil {
		return g.receipt, err
	}
	return g.receipt, g.err
}

// oneGate lets everything through.
type oneGate struct {
	receipt channels.Receipt
	err     error
}

func (g *oneGate) Permit(_ context.Context, ids []andante.TouchID) ([]andante.TouchID, error) {
	return ids, nil
}
func (g *oneGate) Open(andante.TouchID) bool { return true }
func (g *oneGate) Done(_ andante.TouchID, r channels.Receipt, err error) {
	g.receipt, g.err = r, err
}

// AccountOf returns a contact's account.
func (e *Engine) AccountOf(ctx context.Context, c andante.Contact) (a andante.Account, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.Accounts(ctx, []andante.AccountID{c.Account})
		if err == nil && len(list) == 0 {
			err = andante.ErrNotFound
		}
		if err == nil {
			a = list[0]
		}
		return err
	})
	return a, err
}
