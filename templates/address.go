package templates

import (
	"fmt"
	"html"
	"net/url"
	"strings"
)

// address adds an address that may contain tokens, and checks it. escape is
// applied to its words.
func (b *builder) address(s string, isHTML, image bool, pos position) {
	s = strings.TrimSpace(s) // what stands around it is no part of it, and not every reader knows
	before, t, _ := b.split(s)
	if t == nil {
		b.checkAddress(html.UnescapeString(s), image, pos)
		if p, ok := b.images.at(b.where.file, html.UnescapeString(s)); ok && image {
			s = "cid:" + p.ContentID
		}
		b.literal(s)
		return
	}
	if pos.line == 0 {
		pos = t.position
	}
	p := place{html: isHTML, image: image}
	switch prefix := strings.ToLower(html.UnescapeString(before)); {
	case prefix == "" && !t.object:
		b.report.at(t.position, "link-scheme", "an address can't begin with a {% %} tag", "put the tag around the whole link")
	case prefix == "":
		p.url = urlStart
	case strings.HasPrefix(prefix, "mailto:"), strings.HasPrefix(prefix, "tel:"):
		p.url = urlMailbox
	case strings.HasPrefix(prefix, "https://"), strings.HasPrefix(prefix, "http://"):
		p.url = urlHost
	default:
		b.report.at(pos, "link-scheme", "the address does not begin with https:, http:, mailto: or tel:", "")
	}
	if p.url != noURL {
		b.checkFilled(s, p.url, image, pos)
	}
	b.addressParts(s, p)
}

// checkFilled checks an address with something filled in that fits everywhere.
func (b *builder) checkFilled(s string, part urlPart, image bool, pos position) {
	var filled strings.Builder
	if part == urlStart {
		filled.WriteString("https://")
	}
	for s != "" {
		before, t, after := b.split(s)
		filled.WriteString(before)
		if t != nil && t.object {
			filled.WriteByte('1')
		}
		s = after
	}
	b.checkAddress(html.UnescapeString(filled.String()), image, pos)
}

// reach is how far an address may have come, as a set: each branch of a condition
// may have brought it to another part.
type reach uint8

const (
	atStart   reach = 1 << iota // nothing stands before
	inMailbox                   // behind mailto: or tel:
	atHost                      // right behind https://
	behindHostValue
	inHost // behind what stands in the host, or may
	inPath
	inRest // behind a question mark or a hash
)

// part returns which part of the address a value fills: the strictest of those in
// which it may stand.
func (r reach) part() urlPart {
	switch {
	case r&atStart != 0:
		return urlStart
	case r&inMailbox != 0:
		return urlMailbox
	case r&(atHost|behindHostValue|inHost) != 0:
		return urlHost
	case r&inPath != 0:
		return urlPath
	}
	return urlInside
}

// behindWords returns the reach behind words.
func (r reach) behindWords(words string) reach {
	if words == "" {
		return r
	}
	const anyHost = atHost | behindHostValue | inHost
	switch i := strings.IndexAny(words, `/?#\`); {
	case strings.ContainsAny(words, "?#"):
		return inRest
	case r&inMailbox != 0 || r&anyHost == 0:
		return r
	case i >= 0:
		return r&^anyHost | inPath
	case r == atHost && strings.Count(words, ".") == 1 && strings.HasSuffix(words, "."):
		return atHost // www. and its like leave the domain to the value
	}
	return r&^anyHost | inHost
}

// behindValue returns the reach behind a value. One that brings the scheme may
// end with its host.
func (r reach) behindValue() reach {
	if r&atStart != 0 {
		r = r&^atStart | inHost
	}
	if r&atHost != 0 {
		r = r&^atHost | behindHostValue
	}
	return r
}

// An addressWalk follows an address through the branches of its tags.
type addressWalk struct {
	reach
	open []addressBlock
	host *tag // the value that came last in the host
}

// An addressBlock is a tag of an address that is still open.
type addressBlock struct {
	tag       *tag
	before    reach
	ends      reach // of the branches so far
	clauses   int
	otherwise bool // it has an {% else %}
}

// tag follows a {% %} tag. A loop may turn not at all, or again behind itself.
func (w *addressWalk) tag(t *tag) {
	n := len(w.open) - 1
	switch {
	case t.opens():
		if t.name == "for" && w.reach&(atHost|behindHostValue) != 0 {
			w.reach |= inHost
		}
		w.open = append(w.open, addressBlock{tag: t, before: w.reach})
	case n < 0: // the checker or the placer says so
	case t.continues():
		b := &w.open[n]
		if b.tag.name != "case" || b.clauses > 0 {
			b.ends |= w.reach
		}
		b.clauses++
		b.otherwise = b.otherwise || t.name == "else"
		w.reach = b.before
	case t.closes():
		b := w.open[n]
		w.open = w.open[:n]
		w.reach |= b.ends
		if !b.otherwise || b.tag.name == "for" {
			w.reach |= b.before
		}
	}
}

// addressParts adds words and tags of an address, each value for the part of the
// address that it fills.
func (b *builder) addressParts(s string, p place) {
	w := addressWalk{reach: map[urlPart]reach{urlStart: atStart, urlMailbox: inMailbox, urlHost: atHost}[p.url]}
	for first := true; s != ""; first = false {
		before, t, after := b.split(s)
		b.literal(before)
		words := html.UnescapeString(before)
		if first && p.url == urlHost {
			_, words, _ = strings.Cut(words, "://")
		}
		b.hostWords(&w, words)
		if t != nil {
			b.addressTag(&w, t, p)
		}
		s = after
	}
}

// hostWords follows words. Right behind a value in the host they could make a
// name that is somebody else's: evil- and acme.example.
func (b *builder) hostWords(w *addressWalk, words string) {
	if words != "" && w.reach&behindHostValue != 0 && !strings.ContainsAny(words[:1], `./?#:\`) {
		b.report.at(w.host.position, "link-host", "the value stands right before the host's words and could choose another host",
			"put a . or a / behind it")
	}
	w.reach = w.behindWords(words)
}

// addressTag adds a tag of an address. A value right behind the host would go on
// with it: .evil.example behind https://acme.example.
func (b *builder) addressTag(w *addressWalk, t *tag, p place) {
	p.url = w.part()
	b.tag(t, p)
	if !t.object {
		w.tag(t)
		return
	}
	if w.reach&(behindHostValue|inHost) != 0 {
		b.report.at(t.position, "link-host", "the value may stand right behind the host and could choose another", "put a / before it")
	}
	if w.reach&atHost != 0 {
		w.host = t
	}
	w.reach = w.behindValue()
}

// checkAddress checks an address without tags.
func (b *builder) checkAddress(address string, image bool, pos position) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil:
		b.report.at(pos, "link-scheme", fmt.Sprintf("%q is not an address", short(address)), "")
	case image && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "":
	case image && isOwn(u):
		if _, ok := b.images.at(b.where.file, address); !ok {
			message, suggestion := b.images.missing(address)
			b.report.at(pos, "image", message, suggestion)
		}
	case image:
		b.report.at(pos, "link-scheme", fmt.Sprintf("the image %q has no https address", short(address)), "begin it with https://")
	case u.Scheme == "":
		b.report.at(pos, "link-scheme", fmt.Sprintf("%q leads nowhere from a mail", short(address)), "begin it with https://")
	case !schemeAllowed(strings.TrimSpace(address), schemes):
		b.report.at(pos, "link-scheme", fmt.Sprintf("%q is not an address that a mail may link to", short(address)),
			"use https:, http:, mailto: or tel:")
	}
}
