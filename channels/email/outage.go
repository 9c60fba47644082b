package email

import (
	"log/slog"
	"sync"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// Outages tell of a relay that is away: once for each sender when it begins, and once
// when it is over. Each batch in between learns it from its error. Safe for concurrent
// use.
type outages struct {
	log   *slog.Logger
	clock andante.Clock
	mu    sync.Mutex
	since map[string]time.Time // by sender, of the machine
}

func newOutages(cfg Config, clock andante.Clock) *outages {
	return &outages{log: cfg.Log, clock: clock, since: map[string]time.Time{}}
}

// met notes that a sender could not get a connection. Whether the relay refuses the
// sender, or our own process ends, is for others to tell.
func (o *outages) met(sender string, to Server, err error) {
	if channels.KindOf(err) != channels.Temporary {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.since[sender]; known {
		return
	}
	o.since[sender] = o.clock.Wall()
	o.log.Warn("the mail server can't be reached; what is due waits and is tried again", "host", to.Host, "port", to.Port, "sender", sender, "err", andante.HideAddresses(err.Error()))
}

// over notes that the relay has answered a sender's mail.
func (o *outages) over(sender string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if since, known := o.since[sender]; known {
		delete(o.since, sender)
		o.log.Info("the mail server is back", "sender", sender, "dur", o.clock.Wall().Sub(since).Round(time.Second))
	}
}
