package inbound

import (
	"regexp"
	"slices"
	"strings"
)

// maxIDs is how many Message-IDs of a mail are looked at.
const maxIDs = 50

var anID = regexp.MustCompile(`<\s*([^<>\s@]{1,250}@[^<>\s@]{1,250})\s*>`)

// idsIn returns the Message-IDs in a text, without angle brackets (RFC 5322 section 3.6.4).
func idsIn(text string) (list []string) {
	for _, id := range anID.FindAllStringSubmatch(text, maxIDs) {
		if !slices.Contains(list, id[1]) {
			list = append(list, id[1])
		}
	}
	return list
}

// About returns the Message-IDs that a mail may be about, the surest first: that of the mail which
// lies in it, what it answers, and what stands in the copy of a header in its text.
func (m *Mail) About() (list []string) {
	add := func(ids ...string) {
		for _, id := range ids {
			if len(list) < maxIDs && !slices.Contains(list, id) && id != m.ID {
				list = append(list, id)
			}
		}
	}
	if m.Original != nil {
		add(idsIn(m.Original.Get("Message-ID"))...)
	}
	for _, g := range append(slices.Clone(m.Status), m.Feedback, m.Receipt) {
		for _, name := range []string{"Original-Message-ID", "X-Original-Message-ID", "Original-Envelope-Id"} {
			value := g.Get(name)
			add(idsIn(value)...)
			if value != "" && !strings.ContainsAny(value, "<> ") && strings.Contains(value, "@") {
				add(value)
			}
		}
	}
	add(idsIn(m.Header.Get("In-Reply-To"))...)
	refs := idsIn(m.Header.Get("References"))
	slices.Reverse(refs) // the last is what is answered
	add(refs...)
	add(idsIn(m.Header.Get("X-Original-Message-ID"))...)
	for _, text := range []string{m.Plain, m.HTML} {
		for _, line := range aMessageID.FindAllString(text, 10) {
			line = strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(line)
			add(idsIn(line)...)
			if bare := strings.Fields(line); !strings.Contains(line, "<") && len(bare) > 0 {
				add(strings.TrimPrefix(lower(bare[len(bare)-1]), "message-id:"))
			}
		}
	}
	return list
}

// aMessageID finds the field in the copy of a header.
var aMessageID = regexp.MustCompile(`(?i)\bmessage-id\b:?\s*(?:</[a-z]+>|<[a-z]+[^>]*>|\s)*(?:<|&lt;)?[^<>&\s]+@[^<>&\s]+(?:>|&gt;)?`)

// Recipients returns the addresses at which it came in, the surest first.
func (m *Mail) Recipients() []string {
	if m.recipients == nil {
		m.recipients = m.findRecipients()
	}
	return m.recipients
}

// maxRecipients is how many addresses of a mail are looked at.
const maxRecipients = 200

func (m *Mail) findRecipients() []string {
	list := []string{}
	add := func(a string) {
		if a = lower(strings.Trim(a, "<> ")); a != "" && len(list) < maxRecipients && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	for _, to := range m.To {
		add(to)
	}
	for _, name := range []string{"X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To", "To", "Cc", "Bcc"} {
		for _, a := range m.Header.Addresses(name) {
			add(a.Address)
		}
	}
	return list
}
