package scheduler

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/mailhost"
	"github.com/andante-hq/andante/store"
)

// How long an answer about a domain holds, and one that nobody runs it who is known; how long
// one may take, and how many are asked in one go.
const (
	hostHolds   = 30 * 24 * time.Hour
	hostUnknown = 24 * time.Hour
	hostAgain   = 15 * time.Minute // after a question that nobody answered
	hostAsk     = 5 * time.Second
	hostsAtOnce = 50
)

// hosts asks the DNS who runs the mailboxes of domains, beside the rounds: a mail waits for
// no answer, and until there is one its domain stands for itself.
type hosts struct {
	store  *store.Store
	clock  andante.Clock
	lookup func(ctx context.Context, domain string) ([]string, error) // mail exchangers, the best first; nil: nobody is asked

	mu     sync.Mutex
	wanted map[string]bool
	asking sync.WaitGroup
	busy   bool
}

// fresh tells whether an answer still holds.
func (h *hosts) fresh(known store.Host) bool {
	return h.clock.Now().Sub(known.Asked) < holds(known)
}

// holds is how long what is known of a domain holds.
func holds(known store.Host) time.Duration {
	if known.Provider == "" {
		return hostUnknown
	}
	return hostHolds
}

// want has a domain asked about.
func (h *hosts) want(domain string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lookup != nil && domain != "" {
		h.wanted[domain] = true
	}
}

// ask begins to ask about what is wanted, unless it does so already. It never blocks.
func (h *hosts) ask(ctx context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy || len(h.wanted) == 0 {
		return
	}
	h.busy = true
	h.asking.Go(func() {
		h.askAll(ctx)
		h.mu.Lock()
		h.busy = false
		h.mu.Unlock()
	})
}

// askAll asks about some domains and writes down what it hears. What can't be written is
// wanted again.
func (h *hosts) askAll(ctx context.Context) {
	var list []store.Host
	var silent []string
	for _, domain := range h.some() {
		one, cancel := context.WithTimeout(ctx, hostAsk)
		exchangers, err := h.lookup(one, domain)
		cancel()
		if ctx.Err() != nil {
			return
		}
		var said *net.DNSError
		switch {
		case err == nil:
			list = append(list, store.Host{Domain: domain, Asked: h.clock.Now(), Provider: mailhost.ByExchanger(exchangers)})
		case errors.As(err, &said) && said.IsNotFound:
			list = append(list, store.Host{Domain: domain, Asked: h.clock.Now()})
		default:
			silent = append(silent, domain)
		}
	}
	_ = h.store.Write(ctx, func(tx *store.Tx) error {
		known, err := tx.Hosts(ctx, silent)
		if err != nil {
			return err
		}
		return tx.PutHosts(ctx, append(h.unheard(silent, known), list...))
	})
}

// unheard is what holds of domains about which nobody answered: what was known before, and they
// are asked about again before long.
func (h *hosts) unheard(silent []string, known []store.Host) (list []store.Host) {
	for _, domain := range silent {
		is := store.Host{Domain: domain}
		if i := slices.IndexFunc(known, func(k store.Host) bool { return k.Domain == domain }); i >= 0 {
			is.Provider = known[i].Provider
		}
		is.Asked = h.clock.Now().Add(hostAgain - holds(is))
		list = append(list, is)
	}
	return list
}

// some takes a few of the domains that are wanted.
func (h *hosts) some() (list []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for domain := range h.wanted {
		if len(list) == hostsAtOnce {
			break
		}
		list = append(list, domain)
		delete(h.wanted, domain)
	}
	return list
}
