package doctor

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/andante-hq/andante/internal/mailaddr"
	"github.com/andante-hq/andante/workspace"
)

// askTime is how long the DNS may take over one name.
const askTime = 10 * time.Second

// config is where the senders stand: in what is published, and before the first publish in
// the folder.
func (s *Subject) config() *workspace.Config {
	if s.published != nil {
		return s.published.Config
	}
	return s.Config
}

// domains returns the domains of the senders' addresses, with the keys of their senders.
func (s *Subject) domains() map[string][]string {
	list := map[string][]string{}
	c := s.config()
	if s.Resolver == nil || c == nil {
		return nil
	}
	add := func(key, address string) {
		if ascii, err := mailaddr.ASCII(address); err == nil { // the checker tells of others
			_, domain, _ := strings.Cut(ascii, "@")
			list[strings.ToLower(domain)] = append(list[strings.ToLower(domain)], key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Senders)) {
		add(key, c.Senders[key].Address)
	}
	for _, key := range slices.Sorted(maps.Keys(c.People)) {
		add(key, c.People[key].Email)
	}
	return list
}

// example are the ends of names that nobody can have (RFC 2606, RFC 6761).
var example = []string{".example", ".test", ".invalid", ".localhost", ".local", "example.com", "example.net", "example.org"}

func isExample(domain string) bool {
	return slices.ContainsFunc(example, func(end string) bool { return strings.HasSuffix("."+domain, "."+strings.TrimPrefix(end, ".")) })
}

// examples names the senders that have an address which nobody can answer.
func examples(_ context.Context, s *Subject) (list []Finding) {
	all := s.domains()
	for _, domain := range slices.Sorted(maps.Keys(all)) {
		if isExample(domain) {
			list = append(list, bad("write an address of your own into andante.yaml and publish it", "%s is a name for examples; it is the domain of %s", domain, strings.Join(all[domain], ", ")))
		}
	}
	return s.unlessSandbox(list)
}

// realDomains returns those domains that can be asked about.
func (s *Subject) realDomains() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.domains())), isExample)
}

// envelopeDomains returns those, and the one to which mail systems answer.
func (s *Subject) envelopeDomains() []string {
	list := s.realDomains()
	if c := s.config(); s.Resolver != nil && c != nil {
		if d := strings.ToLower(c.Inbound.Domain); d != "" && !isExample(d) && !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// each asks about every domain of a list.
func (s *Subject) each(ctx context.Context, domains []string, ask func(ctx context.Context, domain string) Finding) []Finding {
	var list []Finding
	for _, domain := range domains {
		one, cancel := context.WithTimeout(ctx, askTime)
		list = append(list, ask(one, domain))
		cancel()
	}
	return s.unlessSandbox(list)
}

// texts returns the TXT records of a name that begin with a tag. None is no error.
func (s *Subject) texts(ctx context.Context, name, tag string) (found []string, err error) {
	all, err := s.Resolver.LookupTXT(ctx, name+".") // the dot: no search list
	if missing(err) {
		return nil, nil
	}
	for _, text := range all {
		rest, ok := cutFold(strings.TrimSpace(text), tag)
		if ok && (rest == "" || strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, ";")) {
			found = append(found, text)
		}
	}
	return found, err
}

// cutFold cuts a prefix in whatever case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// missing tells whether the DNS says that there is nothing.
func missing(err error) bool {
	var e *net.DNSError
	return errors.As(err, &e) && e.IsNotFound
}

func unanswered(domain string, err error) Finding {
	return look("look again; if it stays so, see this machine's resolver", "the DNS gives no answer about %s: %v", domain, err)
}

// spf wants exactly one policy (RFC 7208 sections 3.2 and 4.5).
func spf(ctx context.Context, s *Subject) []Finding {
	return s.each(ctx, s.envelopeDomains(), func(ctx context.Context, domain string) Finding {
		found, err := s.texts(ctx, domain, "v=spf1")
		switch {
		case err != nil:
			return unanswered(domain, err)
		case len(found) == 0:
			return bad("publish one that names the mail server, such as \"v=spf1 include:RELAY -all\"; whoever runs the mail server knows its part", "%s has no SPF record", domain)
		case len(found) > 1:
			return bad("make one of them: with several, none counts", "%s has %d SPF records", domain, len(found))
		}
		return fine("%s: %s", domain, found[0])
	})
}

// dmarc wants one policy, of the domain or of the organization above it (RFC 7489 section
// 6.6.3).
func dmarc(ctx context.Context, s *Subject) []Finding {
	return s.each(ctx, s.realDomains(), func(ctx context.Context, domain string) Finding {
		at := domain
		found, err := s.texts(ctx, "_dmarc."+at, "v=DMARC1")
		if up := organization(domain); err == nil && len(found) == 0 && up != domain {
			at = up
			found, err = s.texts(ctx, "_dmarc."+at, "v=DMARC1")
		}
		switch {
		case err != nil:
			return unanswered("_dmarc."+at, err)
		case len(found) == 0:
			return bad("publish one at _dmarc."+domain+", to begin with \"v=DMARC1; p=none; rua=mailto:SOMEBODY\": big providers refuse bulk mail without", "%s has no DMARC policy", domain)
		case len(found) > 1:
			return bad("make one of them: with several, none counts", "_dmarc.%s has %d DMARC records", at, len(found))
		}
		return fine("_dmarc.%s: %s", at, found[0])
	})
}

// organization returns the domain that somebody registered, of which this one is a part.
func organization(domain string) string {
	if up, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return up
	}
	return domain
}

// replies looks whether answers and bounces can arrive: by MX, or by an address of the
// domain itself (RFC 5321 section 5.1). One that takes no mail says so (RFC 7505).
func replies(ctx context.Context, s *Subject) []Finding {
	return s.each(ctx, s.envelopeDomains(), func(ctx context.Context, domain string) Finding {
		const do = "publish an MX record, or write as an address whose domain has one: answers and bounces have nowhere to go"
		mx, err := s.Resolver.LookupMX(ctx, domain+".")
		switch {
		case err != nil && !missing(err):
			return unanswered(domain, err)
		case len(mx) == 1 && (mx[0].Host == "." || mx[0].Host == ""):
			return bad(do, "%s says that it takes no mail", domain)
		case len(mx) > 0:
			return fine("%s takes mail at %s", domain, strings.TrimSuffix(mx[0].Host, "."))
		}
		hosts, err := s.Resolver.LookupHost(ctx, domain+".")
		switch {
		case err != nil && !missing(err):
			return unanswered(domain, err)
		case len(hosts) == 0:
			return bad(do, "%s has neither MX nor address", domain)
		}
		return fine("%s takes mail itself, for it has no MX", domain)
	})
}

// publicURL holds where unsubscribe links lead against the senders' domains: a link to a
// stranger's house costs trust.
func publicURL(_ context.Context, s *Subject) []Finding {
	c := s.config()
	if s.Resolver == nil || c == nil || c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Hostname() == "" {
		return nil // the checker tells of it
	}
	all, real := s.domains(), s.realDomains()
	var strange []string
	for _, domain := range real {
		if organization(domain) != organization(strings.ToLower(u.Hostname())) {
			strange = append(strange, all[domain]...)
		}
	}
	switch {
	case len(real) == 0:
		return nil
	case len(strange) == 0:
		return one(fine("links lead to %s, the senders' own domain", u.Hostname()))
	}
	slices.Sort(strange)
	return one(look("serve the web role under a name within the sender's domain, such as mail.DOMAIN", "links lead to %s, which is not of the domain of %s", u.Hostname(), strings.Join(strange, ", ")))
}
