package workspace

import (
	"maps"
	"net/url"
	"slices"

	"github.com/andante-hq/andante"
)

// A Hook is another program that is told of events.
type Hook struct {
	URL      string    `yaml:"url" doc:"https address that events are posted to, in the form of Standard Webhooks"`
	Events   []string  `yaml:"events" doc:"names of events, such as [handed_over, replied, opted_out]; all, if not written"`
	Secret   SecretRef `yaml:"secret" doc:"{env: NAME} or {file: PATH}: whsec_ and base64, by which each is signed"`
	Internal bool      `yaml:"internal" doc:"yes: it may lie in a network of your own; else only public addresses are asked"`
}

// HooksFor returns the hooks that want an event, by name.
func (c *Config) HooksFor(event string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Hooks)) {
		if events := c.Hooks[name].Events; len(events) == 0 || slices.Contains(events, event) {
			names = append(names, name)
		}
	}
	return names
}

// checkHooks wants addresses that can be asked.
func checkHooks(w *Workspace) (found []*andante.Finding) {
	for _, name := range slices.Sorted(maps.Keys(w.Config.Hooks)) {
		h, at := w.Config.Hooks[name], []string{"hooks", name}
		u, err := url.Parse(h.URL)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && h.Internal):
			found = append(found, w.at("hook", append(at, "url"), "%q is no https address", h.URL))
		case u.User != nil:
			found = append(found, w.at("hook", append(at, "url"), "a user and a password in the address would be published"))
		}
		if !h.Secret.IsSet() {
			found = append(found, w.at("hook", at, "it has no secret, so that nobody could know who posts: write secret: {env: NAME}"))
		}
	}
	return found
}
