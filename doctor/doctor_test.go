package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Where everything is in order every check says so, and none anything else.
func TestInOrder(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil).publish()
	found := Examine(t.Context(), c.Subject)
	seen := map[string]bool{}
	for _, f := range found {
		seen[f.Check] = true
		if f.Level != OK || f.Do != "" || f.Found == "" {
			t.Errorf("%+v", f)
		}
	}
	for _, name := range Checks() {
		if quiet := name == "clock" || name == "domains"; !seen[name] && !quiet {
			t.Errorf("%s says nothing", name)
		}
	}
}

// A breakage is one thing that is out of order, and the finding that tells of it.
type breakage struct {
	name   string
	breaks func(*clinic)
	check  string
	level  Level
	found  string // a part of what is told
	do     string // and of what is to be done
}

var breakages = []breakage{
	{"a slip in andante.yaml", func(c *clinic) { c.configure("deliver:", "delivr:") }, "folder", Problem, "delivr", "config check"},
	{"an error in a text", func(c *clinic) { c.write("sequences/brief.md", "---\nsequence: brief\n---\n") }, "folder", Notice, "error", "andante check"},
	{"no keys", func(c *clinic) { c.Keys, c.KeysErr = nil, fs.ErrNotExist }, "keys", Problem, "is not there", "restore the file"},
	{"broken keys", func(c *clinic) { c.Keys, c.KeysErr = nil, errors.New("line 1 is odd") }, "keys", Problem, "line 1 is odd", "restore the file"},
	{"keys for all to read", func(c *clinic) { c.chmod("secrets/andante.keys", 0o644) }, "keys", Problem, "-rw-r--r--", "chmod 600 secrets/andante.keys"},
	{"other keys", func(c *clinic) { c.otherKeys() }, "store", Problem, "another address key", "secrets/andante.keys"},
	{"no password", func(c *clinic) { c.remove("secrets/smtp") }, "password", Problem, "channels.email.password", "the password of channels.email"},
	{"a password for all to read", func(c *clinic) { c.chmod("secrets/smtp", 0o640) }, "password", Problem, "-rw-r-----", "chmod 600 secrets/smtp"},
	{"a user alone", func(c *clinic) { c.configure(", password: {file: secrets/smtp}", "") }, "password", Problem, "no password", "the password of channels.email"},
	{"an outbox that is a file", func(c *clinic) { c.write("outbox", ""); c.Outbox = filepath.Join(c.dir, "outbox") }, "outbox", Problem, "not a directory", "let it be written"},
	{"no store yet", func(c *clinic) { c.Store, c.NoStore = nil, true }, "store", Notice, "no store yet", "andante publish"},
	{"a store that is gone", func(c *clinic) {
		c.Store, c.NoStore, c.Gone = nil, true, &Trouble{"the store is gone", "put a backup in its place"}
	}, "store", Problem, "is gone", "backup"},
	{"a store that does not open", func(c *clinic) { c.Store, c.StoreErr = nil, errors.New("refused") }, "store", Problem, "refused", "ANDANTE_STORE"},
	{"a copy", func(c *clinic) { c.standing.Home = &Trouble{"this store is a copy", "run `andante takeover`"} }, "home", Problem, "is a copy", "andante takeover"},
	{"a store put back", func(c *clinic) { c.standing.Mark = &Trouble{"an earlier state", "run `andante takeover`"} }, "mark", Problem, "an earlier state", "andante takeover"},
	{"a state folder that can't be written", func(c *clinic) { c.standing.Forgets = errors.New("write into /s: denied") }, "mark", Notice, "can't be told from it: write into /s: denied", "--state"},
	{"a state folder without its file", func(c *clinic) { c.standing.NoFile = true }, "mark", Notice, "nothing on this machine remembers", "--state"},
	{"one that was asked for", func(c *clinic) { c.standing.Forgets, c.standing.Needed = errors.New("denied"), true }, "mark", Problem, "nothing is sent", "--state"},
	{"a store that can't be placed", func(c *clinic) { c.noPlace = errors.New("stat: denied") }, "home", Problem, "stat: denied", "mended"},
	{"little room", func(c *clinic) { c.room = 199 << 20 }, "disk", Problem, "199 MB", "make room"},
	{"not much room", func(c *clinic) { c.room = 900 << 20 }, "disk", Notice, "900 MB", "make room"},
	{"a store that is closed", func(c *clinic) { c.Store.Close() }, "store", Problem, "closed", "right file"},
	{"an old Redis", func(c *clinic) { c.redis.Version = "6.0.16" }, "redis", Problem, "6.0.16", "6.2"},
	{"a Redis that throws away", func(c *clinic) { c.redis.MaxMemory, c.redis.Policy = 1<<20, "allkeys-lru" }, "redis", Problem, "allkeys-lru", "noeviction"},
	{"a Redis that is full", func(c *clinic) { c.redis.MaxMemory, c.redis.Used = 1<<20, 1<<20 }, "redis", Problem, "is full", "room"},
	{"a Redis that can't save", func(c *clinic) { c.redis.Unsaved = true }, "redis", Problem, "could not save", "disk"},
	{"a Redis that follows another", func(c *clinic) { c.redis.Replica = true }, "redis", Problem, "is a replica", "primary"},
	{"a Redis that is away", func(c *clinic) { c.Queue = noRedis }, "redis", Problem, "connection refused", "ANDANTE_REDIS"},
	{"a relay that is away", func(c *clinic) {
		c.noTalk = &channels.SendError{Kind: channels.Temporary, Err: errors.New("connect: i/o timeout")}
	}, "smtp", Problem, "i/o timeout", "reach that port"},
	{"a relay that begins without TLS", func(c *clinic) {
		c.noTalk = &channels.SendError{Kind: channels.Temporary, Err: fmt.Errorf("starttls: %w", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"})}
	}, "smtp", Problem, "TLS handshake", "set tls of channels.email to starttls"},
	{"a relay that says nothing", func(c *clinic) { c.noTalk = context.DeadlineExceeded }, "smtp", Problem, "does not answer in time", "reach that port"},
	{"a wrong password", func(c *clinic) {
		c.noTalk = &channels.SendError{Kind: channels.Sender, Code: 535, Response: "535 no, me@acme.com"}
	}, "smtp", Problem, "535 no", "mend channels.email"},
	{"no relay", func(c *clinic) { c.configure("host: relay.acme.com, user: us, password: {file: secrets/smtp}, ", "") }, "smtp", Problem, "no mail server is named", "ANDANTE_SMTP_HOST"},
	{"a certificate that ends soon", func(c *clinic) { c.relay.Certificate.NotAfter = monday.AddDate(0, 0, 14) }, "smtp", Notice, "2026-01-19, in 14 days", "renewed"},
	{"a relay in plain text", func(c *clinic) { c.relay.TLS, c.relay.Certificate = false, nil }, "smtp", Notice, "not encrypted", "starttls"},
	{"a key that is none", func(c *clinic) {
		c.noPrint = &channels.SendError{Kind: channels.Sender, Code: 401, Response: "invalid_api_key"}
	}, "services", Problem, "Lob does not take us: 401: invalid_api_key", "mend channels.cards.lob"},
	{"a printing house that is away", func(c *clinic) {
		c.noPrint = &channels.SendError{Kind: channels.Temporary, Err: errors.New("i/o timeout")}
	}, "services", Problem, "Lob can't be asked: i/o timeout", "may this machine reach it"},
	{"a name for examples", func(c *clinic) { c.configure("news@acme.com", "news@acme.example"); c.publish() }, "domains", Problem, "acme.example is a name for examples; it is the domain of news", "andante.yaml"},
	{"no SPF", func(c *clinic) { c.dns["TXT acme.com."] = []string{"v=spf10 x", "xv=spf1"} }, "spf", Problem, "no SPF", "publish one"},
	{"two SPF", func(c *clinic) { c.dns["TXT acme.com."] = []string{"v=spf1 -all", "V=SPF1 ~all"} }, "spf", Problem, "2 SPF records", "make one"},
	{"no answer about SPF", func(c *clinic) { c.dns["TXT acme.com."] = []string{"!i/o timeout"} }, "spf", Notice, "no answer about acme.com", "resolver"},
	{"no DMARC", func(c *clinic) { delete(c.dns, "TXT _dmarc.acme.com.") }, "dmarc", Problem, "no DMARC", "_dmarc.acme.com"},
	{"two DMARC", func(c *clinic) { c.dns["TXT _dmarc.acme.com."] = []string{"v=DMARC1; p=none", "v=DMARC1;p=reject"} }, "dmarc", Problem, "2 DMARC", "make one"},
	{"no selector", func(c *clinic) { c.configure(", dkim_selectors: [k1, k2]", "") }, "dkim", Notice, "selectors", "dkim_selectors"},
	{"one key is gone", func(c *clinic) { delete(c.dns, "TXT k1._domainkey.acme.com.") }, "dkim", Notice, "k1 is not there", "dkim_selectors"},
	{"no key", func(c *clinic) {
		c.dns["TXT k1._domainkey.acme.com."], c.dns["TXT k2._domainkey.acme.com."] = []string{"v=DKIM1; p="}, []string{"hello"}
	}, "dkim", Problem, "k1 is revoked, k2 is no key", "publish the key"},
	{"a key of ours that is not published", func(c *clinic) { c.signs() }, "dkim", Problem, "acme.com: s1 is not there", "andante dkim show"},
	{"another key than ours", func(c *clinic) {
		c.signs()
		c.dns["TXT s1._domainkey.acme.com."] = []string{"v=DKIM1; p=MIIB"}
	}, "dkim", Problem, "s1 is another key", "andante dkim show"},
	{"a key of ours that is gone", func(c *clinic) {
		c.signs()
		c.remove("secrets/dkim.pem")
	}, "dkim", Problem, "can't be read", "backup"},
	{"two keys under a name", func(c *clinic) { c.dns["TXT k1._domainkey.acme.com."] = []string{"p=a", "p=b"} }, "dkim", Notice, "k1 has 2 records", "dkim_selectors"},
	{"nowhere to answer to", func(c *clinic) { delete(c.dns, "MX acme.com.") }, "replies", Problem, "neither MX nor address", "MX"},
	{"a domain that takes no mail", func(c *clinic) { c.dns["MX acme.com."] = []string{"."} }, "replies", Problem, "takes no mail", "MX"},
	{"links to a stranger", func(c *clinic) { c.configure("mail.acme.com", "acme.mailer.io"); c.publish() }, "public_url", Notice, "not of the domain of news, nora", "web role"},
}

// Each breakage has its finding, and nothing else is found wrong but what rests on it.
func TestOutOfOrder(t *testing.T) {
	t.Parallel()
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t, nil).publish()
			b.breaks(c)
			c.expect(b)
		})
	}
}

// expect wants one finding that is not in order: the breakage's.
func (c *clinic) expect(b breakage) {
	c.t.Helper()
	var wrong []Finding
	for _, f := range Examine(c.t.Context(), c.Subject) {
		if f.Level != OK {
			wrong = append(wrong, f)
		}
	}
	if len(wrong) != 1 {
		c.t.Fatalf("%d findings: %+v", len(wrong), wrong)
	}
	if f := wrong[0]; f.Check != b.check || f.Level != b.level || !strings.Contains(f.Found, b.found) || !strings.Contains(f.Do, b.do) {
		c.t.Errorf("%+v\nwant %s of %s with %q and %q", f, b.level, b.check, b.found, b.do)
	}
	if strings.Contains(wrong[0].Found, "me@acme.com") {
		c.t.Errorf("an address is told: %s", wrong[0].Found)
	}
}

// What a relay offers is told in a sentence.
func TestOffers(t *testing.T) {
	t.Parallel()
	for want, x := range map[string]map[string]string{
		"PIPELINING, SIZE 1000": {"SIZE": "1000", "PIPELINING": "", "HELP": ""},
		"SIZE 1000; it would take mails faster if it offered PIPELINING":                          {"SIZE": "1000"},
		"none of the extensions that we use; it would take mails faster if it offered PIPELINING": {"HELP": ""},
	} {
		if got := offers(Relay{Extensions: x}); got != want {
			t.Errorf("%v: %q, want %q", x, got, want)
		}
	}
}

// In the sandbox nothing leaves, so that what is wrong with server and DNS is a notice.
func TestInTheSandbox(t *testing.T) {
	t.Parallel()
	for _, b := range breakages {
		if !slices.Contains([]string{"smtp", "spf", "dkim", "dmarc", "replies"}, b.check) || b.level != Problem || b.name == "no relay" || strings.Contains(b.name, "ours") {
			continue // those write a configuration of their own
		}
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t, nil)
			c.configure("mode: live", "mode: sandbox")
			c.publish()
			b.breaks(c)
			b.level, b.found = Notice, "nothing leaves yet"
			c.expect(b)
		})
	}
}

// Nobody is asked when everything outside is left out.
func TestOffline(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil).publish()
	c.Relay, c.Resolver, c.Services = nil, nil, nil
	for _, f := range Examine(t.Context(), c.Subject) {
		if slices.Contains([]string{"smtp", "spf", "dkim", "dmarc", "replies", "domains", "public_url"}, f.Check) {
			t.Errorf("%+v", f)
		}
	}
}

// Of a domain that is part of another the policy may stand above.
func TestDMARCOfTheOrganization(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil)
	c.configure("news@acme.com", "news@post.acme.com", "nora@acme.com", "nora@post.acme.com")
	c.publish()
	for _, kind := range []string{"TXT ", "MX "} {
		c.dns[kind+"post.acme.com."] = c.dns[kind+"acme.com."]
	}
	for _, k := range []string{"k1", "k2"} {
		c.dns["TXT "+k+"._domainkey.post.acme.com."] = []string{"p=x"}
	}
	for _, f := range Examine(t.Context(), c.Subject) {
		if f.Level != OK || f.Check == "dmarc" && !strings.HasPrefix(f.Found, "_dmarc.acme.com: ") {
			t.Errorf("%+v", f)
		}
	}
}

// What each breakage in the store looks like.
func TestOutOfOrderInTheStore(t *testing.T) {
	t.Parallel()
	id := func(name string) string { return string(andante.DeriveID[string]("clinic", monday, name)) }
	touch := func(c *clinic, state andante.State, due time.Time) func(*store.Tx) error {
		list := []andante.Touch{{
			ID: andante.TouchID(id("touch")), Enrollment: andante.EnrollmentID(id("run")), Contact: andante.ContactID(id("ana")), Account: andante.AccountID(id("acme")),
			Sequence: "brief", Step: "one", Kind: andante.Email, Sender: "news", State: state, Due: due, FirstDue: due,
		}}
		return func(tx *store.Tx) error { return tx.AddTouches(c.t.Context(), list) }
	}
	hold := func(c *clinic, scope andante.HoldScope, key, author string, until time.Time) {
		c.change(func(tx *store.Tx) error {
			return tx.AddHold(c.t.Context(), andante.Hold{
				ID: andante.NewID[andante.HoldID](monday), Scope: scope, Key: key, Author: author, Reason: "554 no", From: monday.Add(-time.Hour), Until: until,
			})
		})
	}
	for _, b := range []breakage{
		{"a stuck lease", func(c *clinic) {
			l := store.Lease{ID: andante.NewID[andante.LeaseID](monday), Kind: andante.Email, Sender: "news", Worker: "gone", Created: monday, Queued: monday, Expires: monday.Add(-6 * time.Minute)}
			c.change(func(tx *store.Tx) error { return tx.AddLease(c.t.Context(), l) })
		}, "leases", Problem, "1 lease of workers that are gone, the first over since 2026-01-05 08:54 UTC", "andante run"},
		{"nobody sends", func(c *clinic) {
			c.change(touch(c, andante.Planned, monday))
			c.hands.Tick(10 * time.Minute)
		}, "scheduler", Problem, "due since 2026-01-05 09:00 UTC, and no throttle or hold keeps them back; a scheduler looked last at 2026-01-05 09:00", "andante run"},
		{"workers that are slow", func(c *clinic) {
			c.change(touch(c, andante.Planned, monday.Add(-16*time.Minute)))
		}, "scheduler", Problem, "due since", "does a worker run"},
		{"a backlog", func(c *clinic) {
			c.change(touch(c, andante.Planned, monday.Add(-6*time.Minute)))
		}, "scheduler", Notice, "due since", "look again"},
		{"an unknown touch", func(c *clinic) {
			c.change(touch(c, andante.Unknown, monday))
		}, "unknown", Notice, "1 touch of unknown fate", "andante settle"},
		{"a step that is refused", func(c *clinic) {
			e := andante.Enrollment{ID: andante.EnrollmentID(id("run")), Contact: andante.ContactID(id("ana")), Account: andante.AccountID(id("acme")), Sequence: "brief", State: andante.EnrollmentActive, Entered: monday}
			c.change(func(tx *store.Tx) error {
				if err := tx.AddEnrollments(c.t.Context(), []andante.Enrollment{e}); err != nil {
					return err
				}
				return tx.MarkUnfollowed(c.t.Context(), []andante.EnrollmentID{e.ID})
			})
		}, "not followed", Problem, "the next step of 1 enrollment", "andante why " + id("run")},
		{"a task that is nobody's", func(c *clinic) {
			c.change(touch(c, andante.Open, monday))
			c.change(func(tx *store.Tx) error {
				return tx.PutTasks(c.t.Context(), []store.Task{{Touch: andante.TouchID(id("touch")), Owner: "news", Opened: monday}})
			})
		}, "tasks", Notice, "tasks of news are told to nobody", "unowned:"},
		{"a sender that is refused", func(c *clinic) {
			hold(c, andante.HoldSender, "news", andante.HoldAuthor, time.Time{})
		}, "holds", Problem, "sender news is stopped since 2026-01-05 08:00 UTC: 554 no", "andante release --sender news`"},
		{"a sender that rests", func(c *clinic) {
			hold(c, andante.HoldSender, "news", andante.HoldAuthor, monday.Add(time.Minute))
		}, "holds", Problem, "554 no", "it ends by itself at 2026-01-05 09:01 UTC"},
		{"a hold without an end", func(c *clinic) {
			hold(c, andante.HoldEverything, "", "tess", time.Time{})
		}, "holds", Notice, "everything is on hold without an end, by tess", "andante release --everything"},
		{"contacts on hold without an end", func(c *clinic) {
			hold(c, andante.HoldContact, id("ana"), "tess", time.Time{})
			hold(c, andante.HoldContact, id("ben"), "tess", time.Time{})
		}, "holds", Notice, "2 contacts on hold without an end", "andante status"},
	} {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t, nil).publish()
			b.breaks(c)
			c.expect(b)
		})
	}
	t.Run("holds that end", func(t *testing.T) {
		t.Parallel()
		c := newClinic(t, nil).publish()
		hold(c, andante.HoldEverything, "", "tess", monday.Add(time.Hour)) // it ends
		hold(c, andante.HoldSequence, "brief", "tess", monday)             // it is over
		for _, f := range Examine(t.Context(), c.Subject) {
			if f.Level != OK {
				t.Errorf("%+v", f)
			}
		}
	})
}

// Before the first publish, with an older schema, and in a demo.
func TestStagesOfAStore(t *testing.T) {
	t.Parallel()
	t.Run("without tables", func(t *testing.T) {
		t.Parallel()
		newClinic(t, nil).expect(breakage{check: "store", level: Notice, found: "the store is empty", do: "andante publish"})
	})
	t.Run("before the first publish", func(t *testing.T) {
		t.Parallel()
		c := newClinic(t, nil)
		if _, err := c.Store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.expect(breakage{check: "published", level: Problem, found: "nothing is published", do: "andante publish"})
	})
	t.Run("published by laxer rules", func(t *testing.T) {
		t.Parallel()
		c := newClinic(t, nil).publish()
		c.write("sequences/brief.md", strings.Replace(sequence, "kind: email", "kind: carrier pigeon", 1))
		w, _ := workspace.Load(c.FS)
		if _, err := ops.New(c.Store, c.hands, c.Keys).Publish(t.Context(), w, nil, false); err != nil {
			t.Fatal(err)
		}
		c.write("sequences/brief.md", sequence)
		c.expect(breakage{check: "published", level: Problem, found: "carrier pigeon", do: "andante publish"})
	})
	t.Run("a demo", func(t *testing.T) {
		t.Parallel()
		c := newClinic(t, nil).publish()
		c.hands.Tick(1000 * time.Hour) // nobody looks any more, and nobody need
		c.change(func(tx *store.Tx) error { return tx.SetCalendar(t.Context(), monday) })
		for _, f := range Examine(t.Context(), c.Subject) {
			if f.Level != OK && f.Check != "smtp" {
				t.Errorf("%+v", f)
			}
		}
	})
	t.Run("damaged", func(t *testing.T) {
		t.Parallel()
		c := newClinic(t, nil).publish()
		path := c.Store.Path()
		if err := c.Store.Close(); err != nil {
			t.Fatal(err)
		}
		scratch(t, path)
		var err error
		if c.Store, err = store.Open(t.Context(), path, store.Options{Clock: c.hands}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Store.Close() })
		found := integrity(t.Context(), &Subject{Store: c.Store, usable: true})
		if len(found) != 1 || found[0].Level != Problem || !strings.Contains(found[0].Do, "backup") {
			t.Errorf("%+v", found)
		}
	})
}

// scratch overwrites the last page of a database.
func scratch(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) - 4096; i < len(b); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every check can find something: each has a breakage here.
func TestEveryCheckIsBrokenOnce(t *testing.T) {
	t.Parallel()
	elsewhere := []string{"clock", "integrity", "published", "leases", "scheduler", "unknown", "not followed", "tasks", "holds"}
	for _, name := range Checks() {
		if !slices.ContainsFunc(breakages, func(b breakage) bool { return b.check == name }) && !slices.Contains(elsewhere, name) {
			t.Errorf("nothing breaks %s", name)
		}
	}
}

func (c *clinic) chmod(name string, mode os.FileMode) {
	c.t.Helper()
	if err := os.Chmod(filepath.Join(c.dir, name), mode); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clinic) remove(name string) {
	c.t.Helper()
	if err := os.Remove(filepath.Join(c.dir, name)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clinic) otherKeys() {
	c.t.Helper()
	var err error
	if c.Keys, err = ops.ParseKeyring(ops.SeededKeyring("another")); err != nil {
		c.t.Fatal(err)
	}
}

// TestOwnKeyInOrder finds our key where it is published.
func TestOwnKeyInOrder(t *testing.T) {
	t.Parallel()
	c := newClinic(t, nil)
	c.dns["TXT s1._domainkey.acme.com."] = []string{c.signs()}
	for _, f := range Examine(t.Context(), c.Subject) {
		if f.Check == "dkim" && (f.Level != OK || !strings.Contains(f.Found, "signed here")) {
			t.Errorf("%+v", f)
		}
	}
}
