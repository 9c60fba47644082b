package mailroom_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/mailroom"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// dovecot is a real mail store, on a free port, with its files in a folder of its own.
type dovecot struct {
	t    *testing.T
	port int
}

const (
	imapPassword = "s3cret-word"
	imapToken    = "t0ken-of-a-test"
)

func startDovecot(t *testing.T) *dovecot {
	t.Helper()
	bin, err := exec.LookPath("dovecot")
	if err != nil {
		if bin = "/usr/sbin/dovecot"; !exists(bin) {
			t.Skip("dovecot is not installed; .ci/run installs it")
		}
	}
	dir, err := os.MkdirTemp("", "dovecot") // the paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		active := r.FormValue("token") == imapToken || strings.Contains(r.URL.RawQuery, imapToken)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"active": "%v", "username": "nora"}`, active)
	}))
	t.Cleanup(tokens.Close)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	internal, login, uid := me.Username, me.Username, me.Uid
	if me.Uid == "0" { // Debian's own accounts
		internal, login, uid = "dovecot", "dovenull", "65534"
	}
	mails := filepath.Join(dir, "mails")
	if err := os.MkdirAll(mails, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(mails, 0o777); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	oauth := write("oauth2.conf", fmt.Sprintf("introspection_mode = post\nintrospection_url = %s/\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n", tokens.URL))
	conf := write("dovecot.conf", fmt.Sprintf(`
protocols = imap
listen = 127.0.0.1
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
instance_name = andante-test
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
default_internal_user = %[3]s
default_login_user = %[4]s
first_valid_uid = 1
mail_location = maildir:%[1]s/mails/%%u
namespace inbox {
  inbox = yes
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
}
service imap-login {
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = 0
  }
  chroot =
}
service anvil {
  chroot =
}
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = %[6]s
}
passdb {
  driver = static
  mechanisms = plain login
  args = password=%[7]s
}
userdb {
  driver = static
  args = uid=%[5]s gid=%[5]s home=%[1]s/mails/%%u
}
`, dir, port, internal, login, uid, oauth, imapPassword))
	cmd := exec.Command(bin, "-F", "-c", conf)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("dovecot: %s\n%s", out.String(), log)
		}
	})
	d := &dovecot{t: t, port: port}
	for range 200 {
		c, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			c.Close()
			return d
		}
		_ = andante.Sleep(t.Context(), 25*time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	t.Fatalf("dovecot did not start: %s\n%s", out.String(), log)
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// login opens the mailbox as its owner does.
func (d *dovecot) login() *imapclient.Client {
	d.t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", d.port))
	if err != nil {
		d.t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	if err := c.Login("nora", imapPassword).Wait(); err != nil {
		c.Close()
		d.t.Fatal(err)
	}
	return c
}

// put lays a mail into a folder.
func (d *dovecot) put(folder, text string) {
	d.t.Helper()
	c := d.login()
	defer c.Close()
	text = strings.ReplaceAll(text, "\n", "\r\n")
	a := c.Append(folder, int64(len(text)), nil)
	if _, err := a.Write([]byte(text)); err != nil {
		d.t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		d.t.Fatal(err)
	}
	if _, err := a.Wait(); err != nil {
		d.t.Fatal(err)
	}
}

// unseen counts the mails of a folder that nobody has read.
func (d *dovecot) unseen(folder string) uint32 {
	d.t.Helper()
	c := d.login()
	defer c.Close()
	s, err := c.Status(folder, &imap.StatusOptions{NumUnseen: true}).Wait()
	if err != nil {
		d.t.Fatal(err)
	}
	return *s.NumUnseen
}

// reader keeps what a mailbox gives.
type reader struct {
	mu    sync.Mutex
	mails []string // subject, and s if it was sent
	boxes map[string]store.Mailbox
	fail  error
	came  chan struct{}
}

func newReader() *reader {
	return &reader{boxes: map[string]store.Mailbox{}, came: make(chan struct{}, 100)}
}

func (r *reader) TakeMail(_ context.Context, raw []byte, e inbound.Envelope) (ops.Arrived, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return ops.Arrived{}, r.fail
	}
	subject := inbound.Read(raw, e).Subject
	if e.Sent {
		subject += " (sent)"
	}
	r.mails = append(r.mails, subject)
	r.came <- struct{}{}
	return ops.Arrived{}, nil
}

func (r *reader) ReadMailbox(_ context.Context, name, folder string) (store.Mailbox, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.boxes[name+"/"+folder]
	return m, ok, nil
}

func (r *reader) PutMailbox(_ context.Context, m store.Mailbox) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.boxes[m.Name+"/"+m.Folder] = m
	r.came <- struct{}{}
	return nil
}

// wait waits until so many mails have come.
func (r *reader) wait(t *testing.T, n int) []string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		r.mu.Lock()
		got := append([]string(nil), r.mails...)
		r.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-r.came:
		case <-timeout:
			t.Fatalf("only %v came", got)
		}
	}
}

// begun waits until both folders were looked at.
func (r *reader) begun(t *testing.T) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		r.mu.Lock()
		n := len(r.boxes)
		r.mu.Unlock()
		if n == 2 {
			return
		}
		select {
		case <-r.came:
		case <-timeout:
			t.Fatal("it does not look")
		}
	}
}

func (d *dovecot) mailbox(r *reader, poll time.Duration) *mailroom.Mailbox {
	return &mailroom.Mailbox{
		Name: "nora", Host: "127.0.0.1", Port: d.port, TLS: "none", User: "nora", Password: imapPassword, Inbox: "INBOX", Sent: "Sent", Poll: poll, Reader: r, Wall: time.Now,
		Log: slog.New(slog.NewTextHandler(testWriter{d.t}, nil)),
	}
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func letter(subject string) string {
	return "From: Ana <ana@x.example>\nTo: nora@acme.example\nSubject: " + subject + "\nMessage-ID: <" + subject + "@x.example>\n\nHello.\n"
}

// TestMailbox: what comes after the first look is taken in, at once (IDLE), from both folders, and
// is not marked as read; after a restart it goes on where it was.
func TestMailbox(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	d.put("INBOX", letter("before"))
	r := newReader()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { d.mailbox(r, time.Hour).Watch(ctx); close(over) }()
	r.begun(t)
	d.put("INBOX", letter("one"))
	r.wait(t, 1)
	d.put("Sent", letter("by-hand"))
	d.put("INBOX", letter("two"))
	got := r.wait(t, 3)
	if fmt.Sprint(got) != "[one by-hand (sent) two]" {
		t.Errorf("got %v", got)
	}
	if n := d.unseen("INBOX"); n != 3 {
		t.Errorf("%d are unseen: it has marked mails", n)
	}
	cancel()
	<-over
	d.put("INBOX", letter("meanwhile"))
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	again := make(chan struct{})
	go func() { d.mailbox(r, time.Hour).Watch(ctx); close(again) }()
	if got := r.wait(t, 4); got[3] != "meanwhile" || len(got) != 4 {
		t.Errorf("after a restart %v", got)
	}
	cancel()
	<-again
}

// TestMailboxByToken: XOAUTH2.
func TestMailboxByToken(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	r := newReader()
	m := d.mailbox(r, time.Hour)
	m.Password = ""
	m.Token = func(context.Context) (andante.Secret, error) { return imapToken, nil }
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { m.Watch(ctx); close(over) }()
	r.begun(t)
	d.put("INBOX", letter("one"))
	if got := r.wait(t, 1); got[0] != "one" {
		t.Errorf("got %v", got)
	}
	cancel()
	<-over
}
