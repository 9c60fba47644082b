package doctor

import (
	"context"
	"crypto"
	"fmt"
	"io/fs"
	"strings"

	"github.com/andante-hq/andante/internal/dkimkey"
	"github.com/andante-hq/andante/workspace"
)

// dkim looks for the keys that mails are signed with: here, or by the mail server. Which ones
// that uses no DNS tells.
func dkim(ctx context.Context, s *Subject) []Finding {
	if s.Resolver == nil || s.Config == nil || len(s.realDomains()) == 0 {
		return nil
	}
	selectors, unnamed := s.Config.Channels.Email.DKIMSelectors, false
	list := s.each(ctx, s.realDomains(), func(ctx context.Context, domain string) Finding {
		at, own := s.signed(domain)
		switch {
		case len(own) > 0:
			return s.ownKeys(ctx, at, own)
		case len(selectors) > 0:
			return s.relayKeys(ctx, domain, selectors)
		}
		unnamed = true
		return Finding{}
	})
	if !unnamed {
		return list
	}
	var rest []Finding
	for _, f := range list {
		if f.Found != "" {
			rest = append(rest, f)
		}
	}
	return append(rest, look("name the selectors of the mail server's keys with channels.email.dkim_selectors (the header DKIM-Signature of a mail that it sent has them as s=), or sign here: `andante dkim new`",
		"without their selectors the DKIM keys can't be looked up"))
}

// signed returns the keys with which this machine signs for a domain, and the domain that
// they belong to: the same or one above.
func (s *Subject) signed(domain string) (at string, keys []workspace.DKIMKey) {
	for at = domain; at != ""; _, at, _ = strings.Cut(at, ".") {
		if keys = s.Config.Channels.Email.DKIM[at]; len(keys) > 0 {
			return at, keys
		}
	}
	return "", nil
}

// ownKeys holds our keys against what the DNS says: a signature that nobody can check is
// worse than none.
func (s *Subject) ownKeys(ctx context.Context, domain string, keys []workspace.DKIMKey) Finding {
	var good, wrong []string
	for _, k := range keys {
		name := k.Selector + "._domainkey." + domain
		text, err := k.Key.Resolve(func(file string) ([]byte, error) { return fs.ReadFile(s.FS, file) })
		var signer crypto.Signer
		if err == nil {
			signer, err = dkimkey.Parse([]byte(text.Reveal()))
		}
		if err != nil {
			return bad("mend channels.email.dkim, or restore the file from your backup", "the key %s can't be read: %v", name, err)
		}
		if dkimkey.Short(signer) {
			return look("make another one with `andante dkim new`, publish it, and sign with it instead", "the RSA key %s has fewer bits than the 2048 that receivers want (RFC 8301 section 3.2)", name)
		}
		record, why, err := s.key(ctx, name)
		switch {
		case err != nil:
			return unanswered(name, err)
		case why != "":
			wrong = append(wrong, k.Selector+" "+why)
		case !dkimkey.Same(signer, record):
			wrong = append(wrong, k.Selector+" is another key than the one here")
		default:
			good = append(good, k.Selector)
		}
	}
	if len(wrong) > 0 {
		return bad("publish what `andante dkim show` prints; until then mails that are signed here fail the check", "%s: %s", domain, strings.Join(wrong, ", "))
	}
	return fine("%s has the DKIM key %s, with which mails are signed here", domain, strings.Join(good, ", "))
}

// relayKeys looks for the keys of the mail server.
func (s *Subject) relayKeys(ctx context.Context, domain string, selectors []string) Finding {
	var good, wrong []string
	for _, selector := range selectors {
		_, why, err := s.key(ctx, selector+"._domainkey."+domain)
		if err != nil {
			return unanswered(selector+"._domainkey."+domain, err)
		}
		if why == "" {
			good = append(good, selector)
		} else {
			wrong = append(wrong, selector+" "+why)
		}
	}
	switch {
	case len(good) == 0:
		return bad("publish the key that the mail server signs with, or mend channels.email.dkim_selectors", "%s has no DKIM key: %s", domain, strings.Join(wrong, ", "))
	case len(wrong) > 0:
		return look("if the mail server does not sign with it, take it out of channels.email.dkim_selectors", "%s has the DKIM key %s; but %s", domain, strings.Join(good, ", "), strings.Join(wrong, ", "))
	}
	return fine("%s has the DKIM key %s", domain, strings.Join(good, ", "))
}

// key returns the record at a name, or what is wrong with it (RFC 6376 section 3.6.1).
func (s *Subject) key(ctx context.Context, name string) (record, why string, err error) {
	all, err := s.Resolver.LookupTXT(ctx, name+".")
	if missing(err) || err == nil && len(all) == 0 {
		return "", "is not there", nil
	}
	if err != nil {
		return "", "", err
	}
	if len(all) > 1 {
		return "", fmt.Sprintf("has %d records", len(all)), nil
	}
	for part := range strings.SplitSeq(all[0], ";") {
		if tag, value, _ := strings.Cut(part, "="); strings.TrimSpace(tag) == "p" {
			if strings.TrimSpace(value) == "" {
				return "", "is revoked", nil
			}
			return all[0], "", nil
		}
	}
	return "", "is no key", nil
}
