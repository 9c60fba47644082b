package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/dkimkey"
	"github.com/andante-hq/andante/internal/testclock"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// A clinic is an installation in which everything is in order, until a test breaks it.
type clinic struct {
	*Subject
	t       *testing.T
	dir     string
	hands   *testclock.Clock
	dns     names
	relay   Relay
	noPrint error
	noTalk  error

	standing Standing
	noPlace  error

	redis queue.Health
	room  uint64
}

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

const config = `company: {name: Acme, postal_address: "1 Main Street", country: US, zone: UTC}
public_url: https://mail.acme.com
senders: {news: {name: Acme, address: news@acme.com}}
people: {nora: {name: Nora, email: nora@acme.com}}
callbacks: {mail: {secret: {env: HOME}}}
channels: {email: {host: relay.acme.com, user: us, password: {file: secrets/smtp}, dkim_selectors: [k1, k2]}}
deliver: {mode: live}
`

const sequence = "---\nsequence: brief\ntitle: Brief\npurpose: marketing\nsender: news\n---\n" +
	"\n## One\n\n```yaml step\nkind: email\nafter: 0d\nsubject: One\nvalue: insight - one\n```\n\nHello.\n"

// signs has mails signed here, and returns the record that is still to be published.
func (c *clinic) signs() (record string) {
	c.t.Helper()
	text, err := dkimkey.NewEd25519()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "secrets", "dkim.pem"), text, 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.configure("dkim_selectors: [k1, k2]", "dkim: {acme.com: [{selector: s1, key: {file: secrets/dkim.pem}}]}")
	key, err := dkimkey.Parse(text)
	if err != nil {
		c.t.Fatal(err)
	}
	if record, err = dkimkey.Record(key); err != nil {
		c.t.Fatal(err)
	}
	return record
}

// newClinic makes an installation with a store of its own; open, if set, opens it.
func newClinic(t *testing.T, open func(andante.Clock) (*store.Store, error)) *clinic {
	t.Helper()
	c := &clinic{
		t: t, dir: t.TempDir(), hands: testclock.New(monday, monday), room: 50 << 30, standing: Standing{Ran: true},
		relay: Relay{
			TLS: true, LoggedIn: true, Certificate: &x509.Certificate{NotAfter: monday.AddDate(0, 2, 0)},
			Extensions: map[string]string{"PIPELINING": "", "SIZE": "1000", "8BITMIME": "", "STARTTLS": ""},
		},
		redis: queue.Health{Version: "7.2.4", Policy: "noeviction"},
		dns: names{
			"TXT acme.com.":               {"google-site-verification=x", "v=spf1 include:relay.acme.com -all"},
			"TXT _dmarc.acme.com.":        {"v=DMARC1; p=none"},
			"TXT k1._domainkey.acme.com.": {"v=DKIM1; k=rsa; p=MIGf"},
			"TXT k2._domainkey.acme.com.": {"p=MIGf"},
			"MX acme.com.":                {"mx.acme.com."},
		},
	}
	c.write("andante.yaml", config)
	c.write("consent.yaml", "- {need: []}\n")
	c.write("sequences/brief.md", sequence)
	c.write("secrets/smtp", "s3cret\n")
	c.write("secrets/andante.keys", string(ops.SeededKeyring("clinic")))
	if open == nil {
		open = func(clock andante.Clock) (*store.Store, error) {
			return store.Open(t.Context(), filepath.Join(c.dir, "andante.db"), store.Options{Clock: clock, Volatile: true})
		}
	}
	st, err := open(c.hands)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	c.Subject = &Subject{
		Clock: c.hands, FS: os.DirFS(c.dir), KeysFile: "secrets/andante.keys", Store: st, Folder: c.dir, Outbox: filepath.Join(c.dir, "not there yet"), Resolver: c.dns,
		FreeDisk: func(string) (uint64, bool) { return c.room, true },
		Standing: func(context.Context) (Standing, error) { return c.standing, c.noPlace },
		Relay:    func(context.Context, workspace.Identity) (Relay, error) { return c.relay, c.noTalk },
		Services: []Service{{"Lob", "channels.cards.lob", func(context.Context) (string, error) { return "a key that prints", c.noPrint }}},
		Queue:    func(context.Context) ([]queue.Health, error) { return []queue.Health{c.redis}, nil },
	}
	c.configure()
	if c.Keys, err = ops.ParseKeyring(ops.SeededKeyring("clinic")); err != nil {
		t.Fatal(err)
	}
	return c
}

// publish makes the tables, publishes the folder and has a scheduler look.
func (c *clinic) publish() *clinic {
	c.t.Helper()
	if _, err := c.Store.Migrate(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	w, found := workspace.Load(c.FS)
	if bad := workspace.Errors(found); len(bad) > 0 {
		c.t.Fatal(bad[0])
	}
	o := ops.New(c.Store, c.hands, c.Keys)
	if _, err := o.Publish(c.t.Context(), w, nil, false); err != nil {
		c.t.Fatal(err)
	}
	c.change(func(tx *store.Tx) error {
		if err := tx.SetKeysPrint(c.t.Context(), c.Keys.Print()); err != nil {
			return err
		}
		return tx.Seen(c.t.Context(), monday, time.Hour)
	})
	return c
}

func (c *clinic) write(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// configure reads andante.yaml again, with changes: from, to, from, to ...
func (c *clinic) configure(changes ...string) {
	c.t.Helper()
	c.write("andante.yaml", strings.NewReplacer(changes...).Replace(config))
	c.Config, c.ConfigErr = workspace.Machine(c.FS)
}

func (c *clinic) change(f func(*store.Tx) error) {
	c.t.Helper()
	if err := c.Store.Write(c.t.Context(), f); err != nil {
		c.t.Fatal(err)
	}
}

// names is a resolver that knows what stands in it, by type and name. The value of an MX is
// its host. What begins with an exclamation mark is no answer.
type names map[string][]string

func (n names) ask(kind, name string) ([]string, error) {
	all, ok := n[kind+" "+name]
	switch {
	case !ok:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case len(all) > 0 && strings.HasPrefix(all[0], "!"):
		return nil, &net.DNSError{Err: all[0][1:], Name: name, IsTimeout: true}
	}
	return all, nil
}

func (n names) LookupTXT(_ context.Context, name string) ([]string, error) { return n.ask("TXT", name) }

func (n names) LookupHost(_ context.Context, name string) ([]string, error) { return n.ask("A", name) }

func (n names) LookupMX(_ context.Context, name string) (list []*net.MX, err error) {
	hosts, err := n.ask("MX", name)
	for _, h := range hosts {
		list = append(list, &net.MX{Host: h})
	}
	return list, err
}

func noRedis(context.Context) ([]queue.Health, error) {
	return nil, errors.New("dial tcp 127.0.0.1:6379: connect: connection refused")
}
