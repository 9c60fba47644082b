package scheduler

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/mailhost"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// slotsAhead is how far ahead slots are given. Who comes after that asks again then: slots that
// are given bind, and the pace may be another one by then.
const slotsAhead = time.Hour

// slotHolds is for how long a mail may go at least once its slot has come: a round or two, and
// the time that a slot lasts. One that could not go then, for the machine was off, gets
// another one: a backlog must not leave in one go.
const slotHolds = 2 * time.Second

// toward are the throttles of one lane toward the mailboxes of single hosts: each mail that
// is too early is put off to a slot of its own, so that it keeps no mail to somebody else
// waiting.
type toward struct {
	p        *pace
	lane     store.Lane
	throttle *workspace.Throttle
	interval time.Duration        // between two rounds
	free     map[string]time.Time // by host, as far as it was asked for
	slots    []store.Slot
	told     []store.Slot // those that are new to their mail
}

// spaced returns the touches of a batch that may go now, room at most, and puts those off
// whose host has had enough. What finds no room is left as it is.
func (s *Scheduler) spaced(ctx context.Context, tx *store.Tx, p *pace, b batch, room int) ([]store.DueTouch, error) {
	hosts, err := s.hostsOf(ctx, tx, b.touches)
	if err != nil {
		return nil, err
	}
	w := &toward{p: p, lane: b.lane, throttle: p.throttle(b.lane), interval: s.o.Interval, free: map[string]time.Time{}}
	var going []store.DueTouch
	for _, d := range b.touches {
		if len(going) == room {
			break
		}
		now, err := w.now(ctx, tx, d, hosts[d.ID])
		if err != nil {
			return nil, err
		}
		if now {
			going = append(going, d)
		}
	}
	return going, w.write(ctx, tx)
}

// now tells whether a mail may go at once; if not it gets a slot, or a place in the line for
// one.
func (w *toward) now(ctx context.Context, tx *store.Tx, d store.DueTouch, hosts []string) (bool, error) {
	host, rate := w.rate(hosts)
	if host == "" {
		return true, nil
	}
	each := rate.Each() * time.Duration(w.p.parts)
	if d.Reason == andante.ReasonThrottled && w.p.now.Sub(d.Due) < max(each, 2*w.interval, slotHolds) { // this is its slot
		return true, nil
	}
	line := host
	if d.Priority == andante.High { // it does not stand behind what is not urgent
		line += urgentLine
	}
	free, ok := w.free[line]
	if !ok {
		var err error
		if free, err = tx.LockThrottle(ctx, w.lane, line); err != nil {
			return false, err
		}
		if free.After(w.p.now.Add(slotsAhead + each)) { // it was spoken for at another pace, or by a wrong clock
			free = w.p.now
		}
	}
	if free.Before(w.p.now) {
		free = w.p.now
	}
	slot := store.Slot{Touch: d.ID, Due: free, Reason: andante.ReasonThrottled, Evidence: andante.Evidence{Rule: host, Detail: fmt.Sprintf("%s toward %s", rate, host)}}
	switch end := w.p.now.Add(slotsAhead); {
	case !free.After(w.p.now):
		w.free[line] = free.Add(each)
		return true, nil
	case free.After(end):
		w.free[line] = free
		slot.Due, slot.Reason = end, andante.ReasonInLine
	default:
		w.free[line] = free.Add(each)
	}
	w.slots = append(w.slots, slot)
	if d.Reason != slot.Reason {
		w.told = append(w.told, slot)
	}
	return false, nil
}

// urgentLine ends the name of a host's throttle for what is urgent.
const urgentLine = " urgent"

// rate returns the pace toward the first of a mail's hosts that has one: the domain, or who
// runs its mailboxes. Each of the others has a pace of its own.
func (w *toward) rate(hosts []string) (host string, rate workspace.Rate) {
	for _, h := range hosts {
		if r, ok := w.throttle.Toward[h]; ok {
			return h, r
		}
	}
	if r, ok := w.throttle.Toward["others"]; ok && len(hosts) > 0 {
		return hosts[len(hosts)-1], r
	}
	return "", rate
}

// write notes the slots, and until when each host is spoken for.
func (w *toward) write(ctx context.Context, tx *store.Tx) error {
	for host, free := range w.free {
		if err := tx.PutThrottle(ctx, store.Throttle{Lane: w.lane, Domain: host, Next: free}); err != nil {
			return err
		}
	}
	verdicts := make([]store.StoredVerdict, len(w.told))
	for i, s := range w.told {
		verdicts[i] = store.StoredVerdict{ID: andante.NewID[andante.VerdictID](w.p.now), Touch: s.Touch, At: w.p.now, Policy: w.p.w.Policy.Hash, Verdict: andante.Verdict{
			Action: andante.Defer, Reason: s.Reason, Until: s.Due, Evidence: s.Evidence,
		}}
	}
	if err := tx.PutSlots(ctx, w.slots); err != nil {
		return err
	}
	return tx.AddVerdicts(ctx, verdicts)
}

// hostsOf returns for each mail its domain, and after it who runs that domain's mailboxes,
// where that is known. Who is not known is asked for.
func (s *Scheduler) hostsOf(ctx context.Context, tx *store.Tx, touches []store.DueTouch) (map[andante.TouchID][]string, error) {
	ids := make([]andante.TouchID, len(touches))
	for i, d := range touches {
		ids[i] = d.ID
	}
	addresses, err := tx.AddressesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	providers, err := s.providers(ctx, tx, addresses)
	if err != nil {
		return nil, err
	}
	hosts := make(map[andante.TouchID][]string, len(ids))
	for id, address := range addresses {
		if domain := domainOf(address); domain != "" {
			hosts[id] = []string{domain}
			if p := providers[domain]; p != "" {
				hosts[id] = append(hosts[id], p)
			}
		}
	}
	return hosts, nil
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// providers returns who runs the mailboxes of the addresses' domains.
func (s *Scheduler) providers(ctx context.Context, tx *store.Tx, addresses map[andante.TouchID]string) (map[string]string, error) {
	of := map[string]string{}
	var others []string
	for _, address := range addresses {
		domain := domainOf(address)
		if _, seen := of[domain]; seen {
			continue
		}
		if of[domain] = mailhost.Of(domain); of[domain] == "" {
			others = append(others, domain)
		}
	}
	known, err := tx.Hosts(ctx, others)
	if err != nil {
		return nil, err
	}
	fresh := map[string]bool{}
	for _, h := range known {
		of[h.Domain] = h.Provider
		fresh[h.Domain] = s.hosts.fresh(h)
	}
	for _, domain := range others {
		if !fresh[domain] {
			s.hosts.want(domain)
		}
	}
	return of, nil
}
