package workspace_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/workspace"
)

func machine(yaml string) (*workspace.Config, error) {
	return workspace.Machine(fstest.MapFS{"andante.yaml": {Data: []byte(yaml)}})
}

func TestMachine(t *testing.T) {
	for _, name := range []string{
		"ANDANTE_STORE", "ANDANTE_REDIS", "ANDANTE_SMTP_HOST", "ANDANTE_SMTP_PORT", "ANDANTE_SMTP_TLS", "ANDANTE_SMTP_USER",
		"ANDANTE_DELIVER_MODE", "ANDANTE_DELIVER_TO", "ANDANTE_LISTEN", "ANDANTE_STATE",
	} {
		t.Setenv(name, "") // restored at the end
		os.Unsetenv(name)
	}
	const file = `
store: mail.db
state: /var/lib/andante
redis: redis://cache/0
channels: {email: {host: relay.acme.example, user: andante}}
deliver: {mode: live, only: acme.example}
`
	c, err := machine(file)
	if err != nil {
		t.Fatal(err)
	}
	type values struct {
		Store, State, Redis, Host, TLS, User, Mode, Listen string
		Port                                               int
	}
	read := func(c *workspace.Config) values {
		e := c.Channels.Email
		return values{c.Store, c.State, c.Redis, e.Host, e.TLS, e.User, c.Deliver.Mode, c.Web.Listen, e.Port}
	}
	want := values{"mail.db", "/var/lib/andante", "redis://cache/0", "relay.acme.example", "starttls", "andante", "live", "127.0.0.1:8025", 587}
	if diff := cmp.Diff(want, read(c)); diff != "" {
		t.Errorf("file and defaults:\n%s", diff)
	}

	for name, value := range map[string]string{
		"ANDANTE_STORE": "postgres://db/andante", "ANDANTE_STATE": "/mnt/state", "ANDANTE_REDIS": "redis://other/1", "ANDANTE_SMTP_HOST": "smtp.acme.example",
		"ANDANTE_SMTP_PORT": "465", "ANDANTE_SMTP_TLS": "implicit", "ANDANTE_SMTP_USER": "mailer",
		"ANDANTE_DELIVER_MODE": "redirect", "ANDANTE_DELIVER_TO": "nora@acme.example", "ANDANTE_LISTEN": "0.0.0.0:80",
	} {
		t.Setenv(name, value)
	}
	if c, err = machine(file); err != nil {
		t.Fatal(err)
	}
	want = values{"postgres://db/andante", "/mnt/state", "redis://other/1", "smtp.acme.example", "implicit", "mailer", "redirect", "0.0.0.0:80", 465}
	if diff := cmp.Diff(want, read(c)); diff != "" {
		t.Errorf("environment:\n%s", diff)
	}

	t.Setenv("ANDANTE_SMTP_TLS", "startls")
	if _, err := machine(file); err == nil || !strings.Contains(err.Error(), "did you mean starttls?") {
		t.Errorf("a way of TLS that does not exist: %v", err)
	}
	t.Setenv("ANDANTE_SMTP_TLS", "none")
	t.Setenv("ANDANTE_DELIVER_MODE", "life")
	if _, err := machine(file); err == nil || !strings.Contains(err.Error(), "did you mean live?") {
		t.Errorf("a mode that does not exist: %v", err)
	}
	t.Setenv("ANDANTE_DELIVER_MODE", "live")
	t.Setenv("ANDANTE_SMTP_PORT", "smtp")
	if _, err := machine(file); err == nil {
		t.Error("a port that is no number")
	}
}

func TestMachineNeedsAFile(t *testing.T) {
	t.Parallel()
	if _, err := workspace.Machine(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "andante init") {
		t.Errorf("no file: %v", err)
	}
	if _, err := machine("stoer: x\n"); err == nil || !strings.HasPrefix(err.Error(), "andante.yaml:1:1: error: ") {
		t.Errorf("an unknown key: %v", err)
	}
}

func TestPassword(t *testing.T) {
	t.Setenv("ANDANTE_TEST_PASSWORD", "hunter2")
	files := fstest.MapFS{"secrets/smtp": {Data: []byte("correct horse\n")}}
	for _, test := range []struct{ name, password, want, err string }{
		{"environment", "{env: ANDANTE_TEST_PASSWORD}", "hunter2", ""},
		{"environment without it", "{env: ANDANTE_TEST_NOTHING}", "", "channels.email.password: environment variable ANDANTE_TEST_NOTHING is not set"},
		{"file", "{file: secrets/smtp}", "correct horse", ""},
		{"no file", "{file: secrets/imap}", "", "channels.email.password: open secrets/imap: file does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := machine("channels: {email: {password: " + test.password + "}}\n")
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Channels.Email.MailServer(workspace.Identity{}, files)
			if got.Password.Reveal() != test.want {
				t.Errorf("got %q", got.Password.Reveal())
			}
			if message := ""; err != nil {
				if message = err.Error(); message != test.err {
					t.Errorf("error %q", message)
				}
			} else if test.err != "" {
				t.Error("no error")
			}
		})
	}
}

// TestPasswordInTheFile refuses a password that stands in andante.yaml, without
// repeating it.
func TestPasswordInTheFile(t *testing.T) {
	t.Parallel()
	_, err := machine("channels: {email: {password: hunter2}}\n")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// TestDescribe reads back what Describe prints: it is a whole file of defaults.
func TestDescribe(t *testing.T) {
	t.Parallel()
	described, err := machine(workspace.Describe())
	if err != nil {
		t.Fatal(err)
	}
	empty, err := machine("")
	if err != nil {
		t.Fatal(err)
	}
	described.People, described.Owners, described.Departments, described.Personas, described.Tiers, described.Senders, described.Qualification, described.Hooks, described.Inbound.Mailboxes = nil, nil, nil, nil, nil, nil, nil, nil, nil
	if want, got := workspace.Show(empty), workspace.Show(described); want != got {
		t.Error(cmp.Diff(want, got))
	}
	for _, key := range []string{"postal_address:", "throttle:", "max_mails:", "ANDANTE_SMTP_PORT", "{env: NAME}"} {
		if !strings.Contains(workspace.Describe(), key) {
			t.Errorf("%s is missing", key)
		}
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	c, err := machine(`
company: {name: Acme, postal_address: "1 Main Street\nPortland"}
people: {nora: {name: Nora Whitfield, throttle: 60 per hour}}
tiers: [{tier: key, when: account.revenue > 5}, {tier: residential}]
fields: {account.buildings: number}
channels: {email: {host: relay, password: {env: SMTP_PASSWORD}}}
deliver: {only: [acme.example, nora@acme.example]}
`)
	if err != nil {
		t.Fatal(err)
	}
	c.Store = "postgres://andante:hunter2@db/andante"
	shown := workspace.Show(c)
	if strings.Contains(shown, "hunter2") {
		t.Error("the password is shown")
	}
	for _, line := range []string{
		"  name: Acme\n", "    throttle: 60 per hour\n", "store: postgres://andante:***@db/andante\n", "      env: SMTP_PASSWORD\n",
		"  account.buildings: number\n", "    port: 587\n", "acme.example\n", "residential\n",
	} {
		if !strings.Contains(shown, line) {
			t.Errorf("%q is missing in\n%s", line, shown)
		}
	}
	if _, err := machine(shown); err != nil {
		t.Errorf("what is shown reads back: %v", err)
	}
}

func TestHide(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                            "",
		"andante.db":                                  "andante.db",
		"postgres://db/andante":                       "postgres://db/andante",
		"postgres://andante@db/andante":               "postgres://andante@db/andante",
		"postgres://andante:hunter2@db/x":             "postgres://andante:***@db/x",
		"redis://:hunter2@cache:6379/0":               "redis://:***@cache:6379/0",
		"postgres://u:p@ss:w/ord@db/x":                "postgres://u:***@db/x",
		"postgres://u:100%@db/x":                      "postgres://u:***@db/x",
		"postgres://u:ünlucky pass@db/x":              "postgres://u:***@db/x",
		"postgres://db/x?password=hunter2":            "postgres://db/x?password=***",
		"postgres://db/x?a=b&sslpassword=hunter2&c=d": "postgres://db/x?a=b&sslpassword=***&c=d",
	} {
		if got := workspace.Hide(in); got != want {
			t.Errorf("%s is shown as %s", in, got)
		}
	}
}

// TestMisspeltVariable refuses a variable that is nearly one of ours, and lets the
// others be.
func TestMisspeltVariable(t *testing.T) {
	t.Setenv("ANDANTE_PORT_8025_TCP", "tcp://10.0.0.1:8025") // as Kubernetes writes it
	t.Setenv("ANDANTE_PORT", "tcp://10.0.0.1:8025")
	t.Setenv("ANDANTE_WEB_PORT", "tcp://10.0.0.1:8025")
	t.Setenv("ANDANTE_SMTP_PASS", "x")
	if _, err := machine("channels: {email: {password: {env: ANDANTE_SMTP_PASS}}}\n"); err != nil {
		t.Error(err)
	}
	t.Setenv("ANDANTE_SMPT_HOST", "relay.example")
	if _, err := machine(""); err == nil || !strings.Contains(err.Error(), "did you mean ANDANTE_SMTP_HOST?") {
		t.Errorf("%v", err)
	}
}
