package workspace

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// Member returns the identity that writes to a contact where a sender is asked for: the
// sender itself, or where that is a group the member from whom the contact has its mails. was
// are those who wrote before, the last one first: who still is a member goes on. To a new
// contact the same member always comes out, and a change of the group moves as few contacts
// as can be (rendezvous hashing).
func (c *Config) Member(sender string, contact andante.ContactID, was ...string) string {
	members, ok := c.SenderGroups[sender]
	if !ok {
		return sender
	}
	for _, key := range was {
		if slices.Contains(members, key) {
			return key
		}
	}
	best, weight := "", ""
	for _, key := range members {
		sum := sha256.Sum256([]byte(key + "\n" + string(contact)))
		if w := string(sum[:]); best == "" || w > weight {
			best, weight = key, w
		}
	}
	return best
}

// checkGroups wants members that there are.
func checkGroups(w *Workspace) (found []*andante.Finding) {
	known := append(slices.Sorted(maps.Keys(w.Config.Senders)), slices.Sorted(maps.Keys(w.Config.People))...)
	for _, group := range slices.Sorted(maps.Keys(w.Config.SenderGroups)) {
		members, path := w.Config.SenderGroups[group], []string{"sender_groups", group}
		say := func(format string, args ...any) *andante.Finding {
			f := w.at("sender", path, "group %s: %s", group, fmt.Sprintf(format, args...))
			found = append(found, f)
			return f
		}
		if slices.Contains(known, group) || group == "owner" || group == "skip" {
			say("%s means something else already: give the group another key", group)
		}
		if len(members) == 0 {
			say("it has no members")
		}
		for i, key := range members {
			if !slices.Contains(known, key) {
				say("there is no sender and no person %s", key).Suggestion = yamldoc.Suggest(key, known)
			}
			if slices.Contains(members[:i], key) {
				say("%s is named twice", key)
			}
		}
	}
	return found
}
