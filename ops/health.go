package ops

import (
	"cmp"
	"context"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// How many bounces and complaints within a week stop a sequence or a sender by itself.
// Mailbox providers look at 0.1 and 0.3 % of complaints; fewer than these are chance.
const (
	healthSpan = 7 * 24 * time.Hour

	fewComplaints  = 3
	complaintShare = GmailHolds
	manyComplaints = 5
	complaintsStop = 0.003
	enoughTries    = 100
	bounceShare    = 0.05
	bounceNotice   = 0.02
	keepRates      = workspace.WarmFor // warm-ups look back so far
)

// Those who count mails each use one of ratesParts rows, and bounces and complaints one of
// their own: so they are locked after the others, and nobody waits for a mail.
const (
	ratesParts = 16
	eventsPart = 100
)

// partOf spreads writers over the rows.
func partOf(writer string) int { return int(crc32.ChecksumIEEE([]byte(writer)) % ratesParts) }

// noteHealth counts a bounce or a complaint for the sequence and the sender of its mail,
// and holds the one of which there were too many. `andante release` lets it go on, and then
// counts anew.
func (o *Ops) noteHealth(ctx context.Context, tx *store.Tx, e andante.Event) error {
	if e.Touch == "" || e.Name != andante.EventBounced && e.Name != andante.EventComplained {
		return nil
	}
	touches, err := tx.Touches(ctx, []andante.TouchID{e.Touch})
	if err != nil || len(touches) == 0 || touches[0].Contact != e.Contact { // who shares the address counts once
		return err
	}
	t := touches[0]
	if e.Name == andante.EventBounced {
		if err := o.noteTrial(ctx, tx, t); err != nil {
			return err
		}
	}
	rate := store.Rate{At: t.Settled, Part: eventsPart} // it stands beside the mails that went when it did
	if rate.At.IsZero() {
		rate.At = e.At
	}
	if e.Name == andante.EventBounced {
		rate.Bounced = 1
	} else {
		rate.Complained = 1
	}
	var list []store.Rate
	for _, of := range healthOf(t) {
		rate.Scope, rate.Key = of.Scope, of.Key
		list = append(list, rate)
	}
	if err := tx.AddRates(ctx, list); err != nil {
		return err
	}
	if err := tx.DropRates(ctx, e.At.Add(-keepRates)); err != nil {
		return err
	}
	for _, r := range list {
		if err := o.judgeHealth(ctx, tx, r.Scope, r.Key); err != nil {
			return err
		}
	}
	return nil
}

// healthOf names the sender and the sequence of a touch, in the order in which their rows
// are locked.
func healthOf(t andante.Touch) (list []store.Rate) {
	if t.Sender != "" {
		list = append(list, store.Rate{Scope: andante.HoldSender, Key: t.Sender})
	}
	if t.Sequence != "" {
		list = append(list, store.Rate{Scope: andante.HoldSequence, Key: t.Sequence})
	}
	return list
}

// CountSent counts mails that were sent, for the health of their sequences and senders.
// part keeps writers at the same time apart.
func (o *Ops) CountSent(ctx context.Context, tx *store.Tx, touches []andante.Touch, part string) error {
	sums := map[store.Rate]int{}
	for _, t := range touches {
		for _, of := range healthOf(t) {
			of.At, of.Part = t.Settled.Truncate(time.Hour), partOf(part)
			sums[of]++
		}
	}
	return addRates(ctx, tx, sums)
}

// addRates writes what was sent, in one order, so that nobody waits for each other.
func addRates(ctx context.Context, tx *store.Tx, sums map[store.Rate]int) error {
	list := make([]store.Rate, 0, len(sums))
	for of, n := range sums {
		of.Sent = n
		list = append(list, of)
	}
	slices.SortFunc(list, func(a, b store.Rate) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Key, b.Key), a.At.Compare(b.At))
	})
	return tx.AddRates(ctx, list)
}

// CountUsed counts what left by its lane, or may have left, for what lanes may send in an hour
// and on a day: scope says whether it went to its contact ([store.RateLane]) or was rehearsed.
// part keeps writers at the same time apart.
func (o *Ops) CountUsed(ctx context.Context, tx *store.Tx, scope andante.HoldScope, touches []andante.Touch, part string) error {
	sums := map[store.Rate]int{}
	for _, t := range touches {
		lane := store.Lane{Kind: t.Kind, Sender: t.Sender}
		sums[store.Rate{Scope: scope, Key: lane.String(), At: t.Settled.Truncate(time.Hour), Part: partOf(part)}]++
	}
	return addRates(ctx, tx, sums)
}

// judgeHealth holds a sequence or a sender of which too much came back within a week, or
// since it was last let go on.
func (o *Ops) judgeHealth(ctx context.Context, tx *store.Tx, scope andante.HoldScope, key string) error {
	now := o.now()
	since := now.Add(-healthSpan)
	released, err := tx.LastRelease(ctx, scope, key, andante.HoldAuthor)
	if err != nil {
		return err
	}
	if released.After(since) {
		since = released
	}
	r, err := tx.RateSince(ctx, scope, key, since)
	if err != nil {
		return err
	}
	why := tooMuch(r)
	if why == "" {
		return nil
	}
	return o.holdOnce(ctx, tx, scope, key, why)
}

// HealthNotices says what came back in the last week that is worth a look, though it stops
// nothing yet, a sentence for each sequence and sender.
func (o *Ops) HealthNotices(ctx context.Context) (notices []string, err error) {
	err = o.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.Returned(ctx, o.now().Add(-healthSpan))
		notices = nil
		for _, r := range list {
			if text := notice(r); text != "" {
				notices = append(notices, fmt.Sprintf("%s %s: %s", r.Scope, r.Key, text))
			}
		}
		return err
	})
	return notices, err
}

func notice(r store.Rate) string {
	tries := r.Sent + r.Bounced
	switch {
	case r.Complained > 0:
		return fmt.Sprintf("complaints about %d of %d mails within a week", r.Complained, r.Sent)
	case tries >= enoughTries && float64(r.Bounced) >= bounceNotice*float64(tries):
		return fmt.Sprintf("mailboxes that do not exist: %d of %d mails within a week; at %.0f %% it stops", r.Bounced, tries, 100*bounceShare)
	}
	return ""
}

// tooMuch tells what there was too much of; empty: nothing.
func tooMuch(r store.Rate) string {
	tries := r.Sent + r.Bounced
	share := func(n, of int) float64 { return float64(n) / float64(max(of, 1)) }
	percent := func(n, of int) string { return fmt.Sprintf("%d of %d (%.1f %%)", n, of, 100*share(n, of)) }
	switch {
	case r.Complained >= manyComplaints && share(r.Complained, r.Sent) >= complaintsStop:
		return "complaints about " + percent(r.Complained, r.Sent) + " mails within a week: find out why before you release it"
	case r.Complained >= fewComplaints && share(r.Complained, r.Sent) >= complaintShare:
		return "complaints about " + percent(r.Complained, r.Sent) + " mails within a week"
	case tries >= enoughTries && share(r.Bounced, tries) >= bounceShare:
		return "mailboxes that do not exist: " + percent(r.Bounced, tries) + " mails within a week; clean the list before you release it"
	}
	return ""
}
