package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/store"
)

// deliver hands the claimed touches to their channel. What was claimed and never
// permitted goes back to planned.
func (r *run) deliver(ctx context.Context, b *batch) error {
	g := newGate(r, b)
	if len(g.items) == 0 {
		return nil
	}
	batch := make([]channels.Sealed, 0, len(g.items))
	for _, it := range b.alive() {
		batch = append(batch, it.message.sealed)
	}
	began := r.clock.Wall()
	last := context.WithoutCancel(ctx)
	defer context.AfterFunc(ctx, func() { g.stop(last) })()
	sent := r.channels[b.alive()[0].touch.Kind].Deliver(ctx, batch, g)
	r.journal.Pass("deliver", r.clock.Wall().Sub(began)-g.permits)
	if err := g.finish(last); err != nil {
		return err
	}
	r.sent += g.written
	r.paces.Of(r.lease.Sender).Record(g.written, r.clock.Wall().Sub(began))
	if errors.Is(sent, andante.ErrLeaseLost) {
		return sent // what was claimed is no longer ours to give back
	}
	if err := r.returnClaimed(last, b, g, sent); err != nil {
		return err
	}
	if sent != nil && channels.KindOf(sent) == "" && ctx.Err() == nil {
		return sent
	}
	return nil
}

// connectWait is when a batch is tried again that found no connection.
const connectWait = 5 * time.Minute

// returnClaimed plans again what was not put on the wire: at once, or later if no
// connection could be had.
func (r *run) returnClaimed(ctx context.Context, b *batch, g *gate, sent error) error {
	var left []*item
	for _, it := range b.alive() {
		if !g.asked[it.touch.ID] {
			left = append(left, it)
		}
	}
	var problem *channels.SendError
	errors.As(sent, &problem)
	if len(left) == 0 && problem == nil {
		return nil
	}
	now := r.clock.Now()
	f := putOff(andante.ReasonReturned, now, andante.Evidence{})
	if problem != nil {
		r.away = now.Add(connectWait)
		reason := andante.ReasonTemporary
		if problem.Kind == channels.Sender {
			reason = andante.ReasonSender
		}
		f = putOff(reason, now.Add(connectWait), andante.Evidence{Detail: andante.CleanText(problem.Error())})
	}
	return r.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.HoldLease(ctx, r.lease, time.Time{}); err != nil {
			return err
		}
		ids := make([]andante.TouchID, len(left))
		for i, it := range left {
			ids[i] = it.touch.ID
		}
		if err := lockAccountsOf(ctx, tx, ids); err != nil {
			return err
		}
		var back []store.Change
		var verdicts []store.StoredVerdict
		for _, it := range left {
			back = append(back, f.change(it.touch, r.lease.ID, andante.Claimed, now).Change)
			verdicts = append(verdicts, f.verdict(it.touch, b.w.Policy.Hash, now))
		}
		if _, err := tx.Change(ctx, back); err != nil {
			return err
		}
		if problem != nil && problem.Kind == channels.Sender {
			if err := r.stopSender(ctx, tx, problem); err != nil {
				return err
			}
		}
		return tx.AddVerdicts(ctx, verdicts)
	})
}

// slowDown is how long a sender rests that the other side finds too fast.
const slowDown = 30 * time.Minute

// stopSender holds a sender's messages of the kind that the other side refuses, and says so:
// until somebody mends it, or for a while if that passes by itself. What a gateway says may
// hold a number or a key, so only code and kind are told; the attempt has the words.
func (r *run) stopSender(ctx context.Context, tx *store.Tx, problem *channels.SendError) error {
	said := problem.Error()
	if r.lease.Kind != andante.Email {
		said = fmt.Sprintf("%s: %d", problem.Kind, problem.Code)
		if problem.Code == 0 && problem.Response == "" { // it never came so far
			said = problem.Error()
		}
	}
	said = andante.HideAddresses(said)
	r.log.Error("the sender is refused and stops; mend it and run `andante release --sender "+r.lease.Sender+"`",
		"sender", r.lease.Sender, "kind", r.lease.Kind, "code", problem.Code, "err", said)
	now := r.clock.Now()
	h := andante.Hold{
		ID: andante.NewID[andante.HoldID](now), Scope: andante.HoldSender, Key: r.lease.Sender, Kind: r.lease.Kind, Author: andante.HoldAuthor,
		Reason: andante.CleanText("refused by " + farEnd(r.lease.Kind) + ": " + said), From: now,
	}
	if problem.Passing {
		h.Until = now.Add(slowDown)
	}
	if err := tx.AddHold(ctx, h); err != nil {
		return err
	}
	return r.ops.TellOfHold(ctx, tx, h)
}

// farEnd is who takes messages of a kind.
func farEnd(k andante.Kind) string {
	switch {
	case k == andante.SMS:
		return "the gateway of texts"
	case k.Mailed():
		return "the printing house"
	}
	return "the mail server"
}
