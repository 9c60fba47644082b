package workspace

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/sequences"
)

var deaf = regexp.MustCompile(`(?i)^(no|do-?not|donot)[-_.]?reply@`)

// checkDeaf wants answers to be heard: a sequence that can't hear goes on writing to who has answered.
func checkDeaf(w *Workspace) []*andante.Finding { return append(checkNoReply(w), checkUnheard(w)...) }

func checkNoReply(w *Workspace) (found []*andante.Finding) {
	for _, key := range slices.Sorted(maps.Keys(w.Config.Senders)) {
		s := w.Config.Senders[key]
		if deaf.MatchString(s.Address) && s.ReplyTo == "" || deaf.MatchString(s.ReplyTo) {
			found = append(found, w.at("deaf-sender", []string{"senders", key}, "sender %s can't hear replies", key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.People)) {
		if deaf.MatchString(w.Config.People[key].Email) {
			found = append(found, w.at("deaf-sender", []string{"people", key}, "%s can't hear replies", key))
		}
	}
	return append(found, w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		check := func(address string, at sequences.Position) {
			if deaf.MatchString(address) {
				found = append(found, in(q, "deaf-sender", at, "nobody hears replies to %s", address))
			}
		}
		check(q.ReplyTo, q.Lines["reply_to"])
		for _, s := range q.Steps {
			check(s.ReplyTo, s.Lines["reply_to"])
		}
		return found
	})...)
}

// hears tells whether mail to an address reaches Andante: by its own domain, by a mailbox that is read,
// or, as far as anybody can know, because mail is forwarded to one of `inbound: addresses` or posted
// to us.
func (w *Workspace) hears(address string) bool {
	in, posted := w.Config.Inbound, w.Config.Callbacks
	forwarded := in.Domain != "" && len(in.Addresses) > 0
	if w.HearsAt(address) || forwarded || posted.Mail.Secret.IsSet() || posted.Mailgun.Secret.IsSet() || posted.SendGrid.Secret.IsSet() || posted.Postmark.Password.IsSet() || posted.SES.Topic != "" {
		return true
	}
	for key, m := range w.Config.Inbound.Mailboxes {
		id, _ := w.Config.Identity(key)
		if strings.EqualFold(m.User, address) || strings.EqualFold(id.Email, address) {
			return true
		}
	}
	return false
}

// unheard returns where answers come to a mail of an identity if nobody hears them there; reply is
// what the step or the sequence says. Empty: they are heard.
func (w *Workspace) unheard(id Identity, reply string) string {
	reply = cmp.Or(reply, id.ReplyTo)
	if reply == "" && id.SMTP == nil && w.Config.Inbound.Domain != "" {
		return "" // each mail has an address of its own for answers
	}
	if address := cmp.Or(reply, id.Email); strings.Contains(address, "@") && !w.hears(address) {
		return address
	}
	return ""
}

// checkUnheard looks at whoever sends mails, and tells of all of them at once.
func checkUnheard(w *Workspace) (found []*andante.Finding) {
	unheard := map[string]string{} // key of who sends → where answers come to
	for _, name := range w.Names() {
		q := w.Sequences[name]
		for i := range q.Steps {
			s := &q.Steps[i]
			reply := cmp.Or(s.ReplyTo, q.ReplyTo)
			for _, id := range w.writers(q, s) {
				address := w.unheard(id, reply)
				switch {
				case address == "":
				case s.ReplyTo != "":
					found = append(found, w.softly(in(q, "deaf-sender", s.Lines["reply_to"], "answers come to %s, which nothing here reads", address)))
				default:
					unheard[id.Key] = address
				}
			}
		}
	}
	if len(unheard) == 0 {
		return found
	}
	keys := slices.Sorted(maps.Keys(unheard))
	list := make([]string, len(keys))
	for i, key := range keys {
		list[i] = key + " (" + unheard[key] + ")"
	}
	f := w.at("deaf-sender", []string{"inbound"}, "nothing here reads the answers to %s: sequences would go on for who has answered", strings.Join(list, ", "))
	return append(found, w.softly(f))
}

// softly says what to do, and warns only while nothing leaves.
func (w *Workspace) softly(f *andante.Finding) *andante.Finding {
	f.Suggestion = "write inbound: with a domain, whose mail comes here, or with mailboxes that are read (docs/operating.md, mail that comes in)"
	if w.Config.Deliver.Mode != "live" || len(w.Config.Deliver.Only) > 0 {
		f.Severity = andante.SeverityWarning
	}
	return f
}

// writers returns as whom a step sends mails: a sender, or each person of ours.
func (w *Workspace) writers(q *sequences.Sequence, s *sequences.Step) (list []Identity) {
	keys := []string{cmp.Or(s.Sender, q.Sender)}
	if s.Kind != andante.Email {
		return nil
	}
	if keys[0] == "owner" {
		keys = slices.Sorted(maps.Keys(w.Config.People))
	}
	for _, key := range keys {
		if id, ok := w.Config.Identity(key); ok && id.Email != "" {
			list = append(list, id)
		}
	}
	return list
}
