package workspace

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/andante-hq/andante/internal/nearest"
)

// Machine reads andante.yaml of a folder for what each machine needs to know for
// itself: store, queue, mail server, mode of delivery. Environment variables win
// over the file. Everything about people's mail comes out of the store instead.
func Machine(fsys fs.FS) (*Config, error) {
	src, err := fs.ReadFile(fsys, ConfigFile)
	if err != nil {
		return nil, fmt.Errorf("this is no workspace: %w; make one with `andante init FOLDER`", err)
	}
	c, found := parseConfig(ConfigFile, src)
	if bad := Errors(found); len(bad) > 0 {
		return nil, bad[0]
	}
	if err := env.Parse(c); err != nil {
		return nil, fmt.Errorf("read the environment: %w", err)
	}
	if err := misspelt(os.Environ(), c.secretNames()); err != nil {
		return nil, err
	}
	w := &Workspace{Config: c}
	if bad := checkDeliver(w); len(bad) > 0 {
		if mode := os.Getenv("ANDANTE_DELIVER_MODE"); mode != "" { // not the file's fault
			said := strings.TrimSuffix(bad[0].Message+"; "+bad[0].Suggestion, "; ")
			return nil, fmt.Errorf("ANDANTE_DELIVER_MODE=%s, ANDANTE_DELIVER_TO=%s: %s", mode, os.Getenv("ANDANTE_DELIVER_TO"), said)
		}
		return nil, bad[0]
	}
	if bad := checkMachine(w); len(bad) > 0 {
		return nil, bad[0]
	}
	mail := &c.Channels.Email
	mail.Port = cmp.Or(mail.Port, usualPort[mail.TLS])
	return c, nil
}

// misspelt finds a variable that is nearly one of those that are read. Others may be
// there for reasons of their own: Kubernetes writes some for a service named andante.
func misspelt(environ, secrets []string) error {
	known := map[string]string{} // the words of a name → the name
	for _, name := range variables(reflect.TypeFor[Config]()) {
		known[wordsOf(name)] = name
	}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, prefix) || slices.Contains(secrets, name) || known[wordsOf(name)] == name {
			continue
		}
		if near := nearest.Name(wordsOf(name), slices.Sorted(maps.Keys(known))); near != "" {
			return fmt.Errorf("the environment variable %s is not read; did you mean %s?", name, known[near])
		}
	}
	return nil
}

// prefix begins the names of our variables.
const prefix = "ANDANTE_"

// wordsOf returns what a slip of the pen can be in: a name without what all have.
func wordsOf(name string) string {
	return strings.ReplaceAll(strings.TrimPrefix(name, prefix), "_", "")
}

// secretNames are the variables that secrets stand in.
func (c *Config) secretNames() (names []string) {
	for _, s := range c.secrets() {
		names = append(names, s.Env)
	}
	return names
}

// Gateways are the secrets of those that take texts and post, by where they stand; empty ones
// are left out.
func (c *Config) Gateways() map[string]SecretRef {
	list := map[string]SecretRef{}
	switch c.Channels.SMS.Driver {
	case "twilio":
		list["channels.sms.twilio.secret"] = c.Channels.SMS.Twilio.Secret
	case "http":
		list["channels.sms.http.secret"] = c.Channels.SMS.HTTP.Secret
	}
	if c.Channels.Cards.Driver == "lob" {
		list["channels.cards.lob.key"] = c.Channels.Cards.Lob.Key
	}
	maps.DeleteFunc(list, func(_ string, s SecretRef) bool { return s == SecretRef{} })
	return list
}

// secrets are all that andante.yaml names.
func (c *Config) secrets() (list []SecretRef) {
	add := func(more ...SecretRef) { list = append(list, more...) }
	oauth := func(o *OAuth) {
		if o != nil {
			add(o.ClientSecret, o.RefreshToken)
		}
	}
	own := func(s *SMTP) {
		if s != nil {
			add(s.Password)
			oauth(s.OAuth)
		}
	}
	add(c.Callbacks.SendGrid.Key, c.Callbacks.SendGrid.Secret, c.Callbacks.Mailgun.Secret, c.Callbacks.Postmark.Password, c.Callbacks.Lob.Secret, c.Callbacks.Standard.Secret, c.Callbacks.Mail.Secret)
	add(c.Channels.Email.Password, c.Channels.SMS.Twilio.Token, c.Channels.SMS.Twilio.Secret, c.Channels.SMS.HTTP.Secret, c.Channels.Cards.Lob.Key)
	for _, m := range c.Inbound.Mailboxes {
		add(m.Password)
		oauth(m.OAuth)
	}
	for _, h := range c.Hooks {
		add(h.Secret)
	}
	for _, list := range c.Channels.Email.DKIM {
		for _, k := range list {
			add(k.Key)
		}
	}
	oauth(c.Channels.Email.OAuth)
	for _, s := range c.Senders {
		own(s.SMTP)
	}
	for _, p := range c.People {
		own(p.SMTP)
	}
	return list
}

// variables returns the names that the fields of a type are read from.
func variables(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("env"); name != "" {
			names = append(names, name)
		}
		if f.Type.Kind() == reflect.Struct {
			names = append(names, variables(f.Type)...)
		}
	}
	return names
}
