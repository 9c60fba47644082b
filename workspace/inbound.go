package workspace

import (
	"maps"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
)

// InboundDomain tells whether an address is one of the inbound domain.
func (c *Config) InboundDomain(address string) bool {
	_, domain, ok := strings.Cut(address, "@")
	return ok && c.Inbound.Domain != "" && strings.EqualFold(domain, c.Inbound.Domain)
}

// HearsAt tells whether mail is taken in that comes to an address of the inbound domain without a
// token: one that andante.yaml or a sequence names, or the postmaster's (RFC 5321 section 4.5.1,
// RFC 2142).
func (w *Workspace) HearsAt(address string) bool {
	if !w.Config.InboundDomain(address) {
		return false
	}
	local, _, _ := strings.Cut(address, "@")
	same := func(a string) bool { return strings.EqualFold(a, address) }
	known := append(slices.Clone(w.Config.Inbound.Addresses), "postmaster", "abuse")
	if slices.ContainsFunc(known, func(a string) bool { return strings.EqualFold(a, local) || same(a) }) {
		return true
	}
	for _, s := range w.Config.Senders {
		if same(s.Address) || same(s.ReplyTo) {
			return true
		}
	}
	for _, p := range w.Config.People {
		if same(p.Email) {
			return true
		}
	}
	for _, q := range w.Sequences {
		if same(q.ReplyTo) {
			return true
		}
		for _, s := range q.Steps {
			if same(s.ReplyTo) {
				return true
			}
		}
	}
	return false
}

// checkMailboxes wants mailboxes that can be read.
func checkMailboxes(w *Workspace) (found []*andante.Finding) {
	for _, name := range slices.Sorted(maps.Keys(w.Config.Inbound.Mailboxes)) {
		m, at := w.Config.Inbound.Mailboxes[name], []string{"inbound", "mailboxes", name}
		switch {
		case m.Host == "" || m.User == "":
			found = append(found, w.at("mailbox", at, "a mailbox needs host and user"))
		case !m.Password.IsSet() && m.OAuth == nil:
			f := w.at("mailbox", at, "there is nothing to log in with")
			f.Suggestion = "write password: {env: NAME}, or oauth:"
			found = append(found, f)
		}
		if !slices.Contains([]string{"", "implicit", "starttls", "none"}, m.TLS) {
			found = append(found, w.at("mailbox", append(at, "tls"), "tls is implicit, starttls or none, not %q", m.TLS))
		}
	}
	return found
}
