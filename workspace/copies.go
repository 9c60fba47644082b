package workspace

import (
	"maps"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
)

// ccOwner in cc: stands for whoever the account belongs to.
const ccOwner = "owner"

// maxCopies is how many colleagues may be copied in.
const maxCopies = 5

// Copies are the colleagues who get a copy of a step's mails, the account's owner among them
// where the step says so. The addresses between which it goes have it already.
func (c *Config) Copies(s *sequences.Step, owner string, between ...string) (list []andante.Mailbox) {
	for _, key := range s.Cc {
		if key == ccOwner {
			key = owner
		}
		m, ok := c.Colleague(key)
		if ok && !slices.Contains(between, m.Address) && !slices.ContainsFunc(list, func(l andante.Mailbox) bool { return l.Address == m.Address }) {
			list = append(list, m)
		}
	}
	return list
}

// Colleague is a person, a sender or a department that has an address.
func (c *Config) Colleague(key string) (andante.Mailbox, bool) {
	if id, ok := c.Identity(key); ok && id.Email != "" {
		return andante.Mailbox{Name: id.Name, Address: id.Email}, true
	}
	d, ok := c.Departments[key]
	return andante.Mailbox{Name: d.Title, Address: d.Email}, ok && d.Email != ""
}

// checkCopies wants keys of ours: a copy to anybody else would be a mail that no limit, no
// consent and no opt-out knows of.
func checkCopies(w *Workspace) []*andante.Finding {
	var known []string
	for _, keys := range [][]string{slices.Collect(maps.Keys(w.Config.People)), slices.Collect(maps.Keys(w.Config.Senders)), slices.Collect(maps.Keys(w.Config.Departments))} {
		for _, key := range keys {
			if _, ok := w.Config.Colleague(key); ok {
				known = append(known, key)
			}
		}
	}
	slices.Sort(known)
	known = append(known, ccOwner)
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for i := range q.Steps {
			s := &q.Steps[i]
			say := func(format string, args ...any) *andante.Finding {
				f := in(q, "cc", s.Lines["cc"], format, args...)
				found = append(found, f)
				return f
			}
			if len(s.Cc) > maxCopies {
				say("%d colleagues get a copy; at most %d can", len(s.Cc), maxCopies)
			}
			if len(s.Cc) > 0 && !s.GoesAs(andante.Email) && s.Kind != "" {
				say("only an email can be copied to colleagues, not %s", s.Kind)
			}
			for _, key := range s.Cc {
				if slices.Contains(known, key) {
					continue
				}
				f := say("cc: there is no colleague %s with an address", key)
				if f.Suggestion = yamldoc.Suggest(key, known); f.Suggestion == "" {
					f.Suggestion = "write owner, or a key of people, senders or departments; a contact gets steps of their own, so that limits and opt-outs hold"
				}
			}
		}
		return found
	})
}
