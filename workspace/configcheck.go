package workspace

import (
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// What a machine may say of itself.
var (
	tlsModes     = []string{"starttls", "implicit", "none"}
	redisSchemes = []string{"redis", "rediss", "unix", "redis-sentinel", "redis-cluster"}
)

// checkMachine looks at what each machine needs to know for itself.
func checkMachine(w *Workspace) (found []*andante.Finding) {
	say := func(path []string, format string, args ...any) *andante.Finding {
		f := w.at("config-value", path, format, args...)
		found = append(found, f)
		return f
	}
	found = slices.Concat(checkServers(w), checkThrottles(w), checkSMS(w), checkCards(w))
	mail := w.Config.Channels.Email
	at := func(key string) []string { return []string{"channels", "email", key} }
	if mail.Connections < 1 {
		say(at("connections"), "without a connection nothing leaves: write 1 or more")
	}
	if mail.MaxMails < 1 {
		say(at("max_mails"), "a connection takes one mail or more")
	}
	if !listens(w.Config.Web.Listen) {
		say([]string{"web", "listen"}, "%q is no host and port", w.Config.Web.Listen).Suggestion = "write it such as 127.0.0.1:8025"
	}
	scheme, _, ok := strings.Cut(w.Config.Redis, "://")
	if w.Config.Redis != "" && (!ok || !slices.Contains(redisSchemes, scheme)) {
		// The value may hold a password, so it isn't repeated.
		say([]string{"redis"}, "redis needs a URL of one of the schemes %s", strings.Join(redisSchemes, ", ")).Suggestion = "write redis://127.0.0.1:6379"
	}
	return found
}

// listens tells whether an address is a host, which may be empty, and a port; port 0
// is any that is free.
func listens(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// keyForm is what sequences, files of contacts and `who:` can name.
var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// checkKeys wants names that can be written wherever a person, a sender or a persona
// is meant.
func checkKeys(w *Workspace) (found []*andante.Finding) {
	check := func(noun string, keys []string) {
		for _, key := range keys {
			if !keyForm.MatchString(key) {
				found = append(found, w.at("name", []string{noun, key}, "%q is no name: lower case letters, digits, dashes and underscores", key))
			}
		}
	}
	check("people", slices.Sorted(maps.Keys(w.Config.People)))
	check("personas", slices.Sorted(maps.Keys(w.Config.Personas)))
	check("sender_groups", slices.Sorted(maps.Keys(w.Config.SenderGroups)))
	check("senders", slices.Sorted(maps.Keys(w.Config.Senders)))
	return found
}

// checkQualification wants fields that there are.
func checkQualification(w *Workspace) (found []*andante.Finding) {
	q := w.Config.Qualification
	if q == nil {
		return nil
	}
	declared := map[string]bool{}
	var names []string
	for _, f := range w.Config.DeclaredFields() {
		declared[f.Path()], names = true, append(names, f.Path())
	}
	total := 0.0
	for _, path := range slices.Sorted(maps.Keys(q.Weights)) {
		total += q.Weights[path]
		if !declared[path] {
			f := w.at("qualification", []string{"qualification", "weights", path}, "there is no field %s of your own; declare it under fields:", path)
			f.Suggestion = yamldoc.Suggest(path, names)
			found = append(found, f)
		}
	}
	if q.Handover != "" && q.Handover != "at once" && q.Handover != BySteps {
		found = append(found, w.at("qualification", []string{"qualification", "handover"}, "write handover: at once, or by steps, not %q", q.Handover))
	}
	if q.When != "" {
		if c, err := w.Condition(q.When); err != nil {
			found = append(found, w.at("qualification", []string{"qualification", "when"}, "%v", err))
		} else if c.AsksHistory() {
			found = append(found, w.at("qualification", []string{"qualification", "when"}, "it asks what happened, and may ask for fields alone"))
		}
	}
	if len(q.Weights) > 0 && (q.Enough <= 0 || q.Enough > total) {
		found = append(found, w.at("qualification", []string{"qualification", "enough"}, "enough lies between 0 and %g, the sum of the weights, not %g", total, q.Enough))
	}
	return found
}
