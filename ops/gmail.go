package ops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// GmailHolds is the share of complaints from which on a domain's senders are put on hold.
const GmailHolds = 0.001

// SenderDomains are the domains that mails come from, with the senders and people of each.
func SenderDomains(c *workspace.Config) map[string][]string {
	list := map[string][]string{}
	for _, keys := range [][]string{slices.Sorted(maps.Keys(c.Senders)), slices.Sorted(maps.Keys(c.People))} {
		for _, key := range keys {
			id, _ := c.Identity(key)
			if _, domain, ok := strings.Cut(id.Email, "@"); ok {
				domain = strings.ToLower(domain)
				list[domain] = append(list[domain], key)
			}
		}
	}
	return list
}

// NoteGmail keeps the share of complaints that Gmail shows for a domain (0.001 is 0.1 %), and
// holds the domain's senders where it is too high. It returns whom; those who are on hold
// already stay so. [andante.ErrNotFound] if nobody sends from the domain.
func (o *Ops) NoteGmail(ctx context.Context, domain string, share float64) (held []string, err error) {
	err = o.Store.Write(ctx, func(tx *store.Tx) error {
		held = nil
		w, err := o.Workspace(ctx, tx)
		if err != nil {
			return err
		}
		senders, ok := SenderDomains(w.Config)[domain]
		if !ok {
			return fmt.Errorf("domain %s: %w among those of senders and people", domain, andante.ErrNotFound)
		}
		list, err := tx.GmailRates(ctx)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(g store.GmailRate) bool { return g.Domain == domain })
		if err := tx.PutGmailRates(ctx, append(list, store.GmailRate{Domain: domain, Share: share, At: o.now()})); err != nil {
			return err
		}
		why := tooManyAtGmail(domain, share)
		if why == "" {
			return nil
		}
		held = senders
		for _, key := range senders {
			if err := o.holdOnce(ctx, tx, andante.HoldSender, key, why); err != nil {
				return err
			}
		}
		return nil
	})
	return held, err
}

// tooManyAtGmail judges by the shares that Gmail's rules for senders name; empty: it is fine.
func tooManyAtGmail(domain string, share float64) string {
	if share < complaintShare {
		return ""
	}
	why := fmt.Sprintf("Gmail shows complaints about %.2f %% of the mails from %s", 100*share, domain)
	if share >= complaintsStop {
		why += ", and delivers few of them any more: find out why before you release it"
	}
	return why
}
