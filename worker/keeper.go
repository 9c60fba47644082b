package worker

import (
	"context"
	"sync"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// A keeper renews a lease while it is worked and knows, by this machine's own
// clock, until when it surely holds. It measures from before a renewal is asked
// for, so it never believes in more time than the store gave.
type keeper struct {
	w      *Worker
	lease  store.Lease
	mu     sync.Mutex
	until  time.Time
	cancel context.CancelFunc
	over   sync.WaitGroup
}

// newKeeper keeps a lease that was asked for at an instant of the machine.
func newKeeper(w *Worker, l store.Lease, asked time.Time) *keeper {
	return &keeper{w: w, lease: l, until: asked.Add(w.o.LeaseTime)}
}

func (k *keeper) start(ctx context.Context) {
	ctx, k.cancel = context.WithCancel(ctx)
	k.over.Go(func() {
		for andante.Sleep(ctx, k.w.o.Renew) == nil {
			asked := k.w.clock.Wall()
			if k.renew(ctx) == nil {
				k.mu.Lock()
				k.until = asked.Add(k.w.o.LeaseTime)
				k.mu.Unlock()
			}
		}
	})
}

func (k *keeper) renew(ctx context.Context) error {
	return k.w.store.Write(ctx, func(tx *store.Tx) error {
		wall, err := tx.Wall(ctx)
		if err != nil {
			return err
		}
		return tx.RenewLease(ctx, k.lease, wall, wall.Add(k.w.o.LeaseTime))
	})
}

func (k *keeper) stop() {
	k.cancel()
	k.over.Wait()
}

// holds tells whether the lease surely holds for the margin still. Neither of the
// machine's clocks is enough: the steady one stands still while the machine is suspended,
// and the other may be set back.
func (k *keeper) holds() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	then := k.w.clock.Wall().Add(k.w.o.Margin / 2)
	return then.Before(k.until) && then.Round(0).Before(k.until.Round(0))
}
