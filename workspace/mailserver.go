package workspace

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/mailaddr"
	"github.com/andante-hq/andante/internal/yamldoc"
)

// A MailServer is by what an identity's mails leave, with its secrets.
type MailServer struct {
	Host     string
	Port     int
	TLS      string
	User     string
	Password andante.Secret
	OAuth    *OAuthSecrets
}

// OAuthSecrets are an [OAuth] with its secrets.
type OAuthSecrets struct {
	TokenURL, ClientID         string
	ClientSecret, RefreshToken andante.Secret
	Scopes                     []string
}

// usualPort is where servers listen that speak TLS so (RFC 6409, RFC 8314 section 3.3).
var usualPort = map[string]int{"starttls": 587, "implicit": 465, "none": 25}

// MailServer returns by what an identity's mails leave: its own server or login, and for what
// it does not say the machine's. Secrets come from the environment and from files of fsys.
func (c *EmailChannel) MailServer(id Identity, fsys fs.FS) (MailServer, error) {
	s := MailServer{Host: c.Host, Port: c.Port, TLS: c.TLS, User: c.User}
	password, oauth := c.Password, c.OAuth
	if own := id.SMTP; own != nil {
		if own.Host != "" { // another server has nothing of this one
			s = MailServer{Host: own.Host, TLS: "starttls"}
		}
		s.Port, s.TLS = cmp.Or(own.Port, s.Port), cmp.Or(own.TLS, s.TLS)
		if own.TLS != "" && own.Port == 0 {
			s.Port = 0 // that of the other way
		}
		if own.Password != (SecretRef{}) || own.OAuth != nil {
			s.User, password, oauth = cmp.Or(own.User, id.Email), own.Password, own.OAuth
		} else if own.Host != "" {
			password, oauth = SecretRef{}, nil
		}
	}
	read := func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }
	var err error
	resolve := func(key string, r SecretRef) (secret andante.Secret) {
		if err == nil {
			if secret, err = r.Resolve(read); err != nil {
				err = fmt.Errorf("%s.%s: %w", id.Way(), key, err)
			}
		}
		return secret
	}
	s.Port = cmp.Or(s.Port, usualPort[s.TLS])
	s.Password = resolve("password", password)
	if oauth != nil {
		s.OAuth = &OAuthSecrets{
			TokenURL: oauth.TokenURL, ClientID: oauth.ClientID, Scopes: oauth.Scopes,
			ClientSecret: resolve("client_secret", oauth.ClientSecret), RefreshToken: resolve("refresh_token", oauth.RefreshToken),
		}
	}
	return s, err
}

// SecretFiles returns the files in which the secrets of an identity's mail server stand.
func (c *EmailChannel) SecretFiles(id Identity) (files []string) {
	list, oauth := []SecretRef{c.Password}, c.OAuth
	if id.SMTP != nil {
		list, oauth = []SecretRef{id.SMTP.Password}, id.SMTP.OAuth
	}
	if oauth != nil {
		list = append(list, oauth.ClientSecret, oauth.RefreshToken)
	}
	for _, r := range list {
		if r.File != "" {
			files = append(files, r.File)
		}
	}
	return files
}

// dropEmpty takes what is written without a value, as `config describe` prints it, for not
// written.
func (c *Config) dropEmpty() {
	unset := func(o **OAuth) {
		if *o != nil && reflect.ValueOf(**o).IsZero() {
			*o = nil
		}
	}
	own := func(s **SMTP, t **Throttle) {
		if *s != nil {
			if unset(&(*s).OAuth); **s == (SMTP{}) {
				*s = nil
			}
		}
		if *t != nil && (*t).WarmUp != nil && *(*t).WarmUp == (WarmUp{}) {
			(*t).WarmUp = nil
		}
		if *t != nil && len((*t).Toward) == 0 {
			(*t).Toward = nil
		}
		if *t != nil && reflect.ValueOf(**t).IsZero() {
			*t = nil
		}
	}
	unset(&c.Channels.Email.OAuth)
	c.Channels.SMS.HTTP.Outcomes = slices.DeleteFunc(c.Channels.SMS.HTTP.Outcomes, func(o SMSOutcome) bool { return o == SMSOutcome{} })
	for key, s := range c.Senders {
		own(&s.SMTP, &s.Throttle)
		c.Senders[key] = s
	}
	for key, p := range c.People {
		own(&p.SMTP, &p.Throttle)
		c.People[key] = p
	}
}

// Ways returns one identity for each way by which mails leave: an empty one for the machine's
// own server, if anybody uses that, and then those that have a server or a login of their own.
func (c *Config) Ways() []Identity {
	var own []Identity
	shared := len(c.Senders)+len(c.People) == 0
	for _, key := range slices.Concat(slices.Sorted(maps.Keys(c.Senders)), slices.Sorted(maps.Keys(c.People))) {
		if id, _ := c.Identity(key); id.SMTP != nil {
			own = append(own, id)
		} else {
			shared = true
		}
	}
	if shared {
		own = append([]Identity{{}}, own...)
	}
	return own
}

// Way names where an identity's mail server is written.
func (id Identity) Way() string {
	if id.SMTP == nil {
		return "channels.email"
	}
	return "smtp of " + id.Key
}

// selectorForm is what may stand before ._domainkey (RFC 6376 section 3.1).
var selectorForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// checkServers looks at the mail servers of the machine and of each sender.
func checkServers(w *Workspace) []*andante.Finding {
	c := &serverChecker{w: w}
	mail, path := w.Config.Channels.Email, []string{"channels", "email"}
	c.dkim(path, mail.DKIM)
	c.server(path, mail.Host, mail.Port, mail.TLS)
	c.oauth(path, mail.OAuth, mail.Password)
	if mail.OAuth != nil && mail.User == "" {
		c.say(path, "user", "a login by oauth needs the mailbox as its user").Suggestion = "write user: mailbox@..."
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.Senders)) {
		c.own("senders", key, w.Config.Senders[key].SMTP)
	}
	for _, key := range slices.Sorted(maps.Keys(w.Config.People)) {
		c.own("people", key, w.Config.People[key].SMTP)
	}
	return c.found
}

// A serverChecker gathers what is wrong with mail servers, each at its place.
type serverChecker struct {
	w     *Workspace
	found []*andante.Finding
}

func (c *serverChecker) say(path []string, key, format string, args ...any) *andante.Finding {
	f := c.w.at("config-value", append(slices.Clone(path), key), format, args...)
	c.found = append(c.found, f)
	return f
}

// dkim looks at the keys of each domain.
func (c *serverChecker) dkim(path []string, keys map[string][]DKIMKey) {
	for _, domain := range slices.Sorted(maps.Keys(keys)) {
		if name, err := mailaddr.Domain(domain); err != nil || name != domain {
			c.say(path, "dkim", "%q is no domain: write it in lower case, such as acme.example", domain)
		}
		for _, k := range keys[domain] {
			if !selectorForm.MatchString(k.Selector) {
				c.say(path, "dkim", "%s: %q is no selector: lower case letters, digits and dashes", domain, k.Selector)
			}
			if k.Key == (SecretRef{}) {
				c.say(path, "dkim", "%s, selector %s: say where the key is: key: {file: secrets/...}", domain, k.Selector)
			}
		}
	}
}

// server looks at where one is and how it is talked to.
func (c *serverChecker) server(path []string, host string, port int, mode string) {
	if !slices.Contains(tlsModes, mode) {
		c.say(path, "tls", "tls is starttls, implicit or none, not %q", mode).Suggestion = yamldoc.Suggest(mode, tlsModes)
	}
	if strings.ContainsAny(host, ":/ ") {
		c.say(path, "host", "%q is more than the name of a server", host).Suggestion = "write the name alone; port: and tls: have keys of their own"
	}
	switch {
	case port < 0 || port > 65535:
		c.say(path, "port", "a port is a number from 1 to 65535, not %d", port)
	case port == 465 && mode == "starttls":
		c.say(path, "port", "on port 465 servers speak TLS from the first byte").Suggestion = "write tls: implicit, or port: 587"
	case (port == 587 || port == 25) && mode == "implicit":
		c.say(path, "port", "on port %d servers don't speak TLS from the first byte", port).Suggestion = "write tls: starttls, or port: 465"
	}
	if n := c.w.Config.doc.At(append(slices.Clone(path), "password")...); n != nil && n.Kind == yamldoc.MapNode && len(n.Entries) == 0 {
		c.say(path, "password", "nothing says where the password is").Suggestion = "write {env: NAME} or {file: secrets/NAME}, or leave the key out"
	}
}

// oauth looks at a login by access tokens.
func (c *serverChecker) oauth(path []string, o *OAuth, password SecretRef) {
	if o == nil {
		return
	}
	u, err := url.Parse(o.TokenURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" {
		c.say(path, "oauth", "token_url is an https address, not %q", Hide(o.TokenURL))
	}
	if o.ClientID == "" {
		c.say(path, "oauth", "client_id is missing")
	}
	if password != (SecretRef{}) {
		c.say(path, "oauth", "a mailbox takes a password or access tokens: write one of password and oauth")
	}
}

// own looks at the server of a sender or a person.
func (c *serverChecker) own(noun, key string, s *SMTP) {
	if s == nil {
		return
	}
	path := []string{noun, key, "smtp"}
	c.server(path, s.Host, s.Port, cmp.Or(s.TLS, "starttls"))
	c.oauth(path, s.OAuth, s.Password)
	if s.OAuth == nil && s.Password == (SecretRef{}) && s.User != "" {
		c.say(path, "password", "%s logs in without a password", key).Suggestion = "write password: {env: NAME}, or oauth:"
	}
}
