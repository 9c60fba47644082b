package inbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/internal/inbox"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, opt inbox.Options) *inbox.Inbox {
	t.Helper()
	in, err := inbox.Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	return in
}

// send hands a mail over with the standard library's client, a stranger to both
// servers.
func send(in *inbox.Inbox, to, id string) error {
	body := fmt.Sprintf("From: jonas@harborview.example\r\nTo: %s\r\nMessage-ID: <%s>\r\n\r\n.Hello\r\n", to, id)
	return smtp.SendMail(in.Addr(), nil, "jonas@harborview.example", []string{to}, []byte(body))
}

func own(inbox.Command) *inbox.Reply { return nil }

func TestMails(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(inbox.Command) *inbox.Reply{"go-smtp": nil, "scripted": own} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := start(t, inbox.Options{Now: func() time.Time { return noon }, Script: script})
			for i := range 2 {
				if err := send(in, fmt.Sprintf("m%d@oakfield.example", i), fmt.Sprintf("id%d@h.example", i)); err != nil {
					t.Fatal(err)
				}
			}
			got := in.Mails()
			for i := range got {
				if !bytes.Contains(got[i].Raw, []byte("\r\n\r\n.Hello\r\n")) {
					t.Errorf("raw %q", got[i].Raw)
				}
				got[i].Raw = nil
			}
			want := []inbox.Mail{
				{From: "jonas@harborview.example", To: []string{"m0@oakfield.example"}, MessageID: "id0@h.example", MailAt: noon, At: noon, Conn: 1},
				{From: "jonas@harborview.example", To: []string{"m1@oakfield.example"}, MessageID: "id1@h.example", MailAt: noon, At: noon, Conn: 2},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("mails (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFolderGoesOnAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for run := range 2 {
		in := start(t, inbox.Options{Dir: dir, Now: func() time.Time { return noon }})
		for i := range 2 {
			if err := send(in, "../../maria@oakfield.example", fmt.Sprintf("id%d%d@h.example", run, i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if m := in.Mails()[1]; m.Raw != nil || filepath.Dir(m.File) != dir {
			t.Errorf("mail %+v", m)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := []string{
		"000001-.._.._maria@oakfield.example.eml", "000002-.._.._maria@oakfield.example.eml",
		"000003-.._.._maria@oakfield.example.eml", "000004-.._.._maria@oakfield.example.eml", "notes.txt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	f, err := os.Open(filepath.Join(dir, got[3]))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	if id := m.Header.Get("Message-Id"); id != "<id11@h.example>" {
		t.Errorf("Message-ID %q", id)
	}
	if r := m.Header.Get("Received"); !strings.HasSuffix(r, "; Mon, 23 Nov 2026 12:00:00 +0000") {
		t.Errorf("Received %q", r)
	}
}

// TestTwoOnOneFolder: neither overwrites the other's mails.
func TestTwoOnOneFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	for run := range 2 {
		in := start(t, inbox.Options{Dir: dir})
		for i := range 20 {
			wg.Go(func() {
				if err := send(in, "maria@oakfield.example", fmt.Sprintf("id%d.%d@h.example", run, i)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	seen := map[[32]byte]bool{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		seen[sha256.Sum256(b)] = true
	}
	if len(files) != 40 || len(seen) != 40 {
		t.Errorf("%d files, %d different", len(files), len(seen))
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	in := start(t, inbox.Options{})
	waited := make(chan error, 1)
	go func() { waited <- in.Wait(t.Context(), 2) }()
	for i := range 2 {
		if err := send(in, "maria@oakfield.example", fmt.Sprint(i, "@h.example")); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-waited; err != nil || in.Count() != 2 {
		t.Errorf("%d mails, %v", in.Count(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := in.Wait(ctx, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	go func() { waited <- in.Wait(context.Background(), 3) }()
	_ = in.Close()
	if err := <-waited; err == nil {
		t.Error("waited beyond the end")
	}
}

func TestCloseCutsWhatHangs(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]inbox.Options{
		"scripted": {Script: func(inbox.Command) *inbox.Reply { return &inbox.Reply{Wait: make(chan struct{})} }},
		"go-smtp":  {},
		"delay":    {DelayPerMail: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := start(t, opt)
			c, err := net.Dial("tcp", in.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := in.Close(); err != nil {
				t.Error(err)
			}
			if err := in.Close(); err != nil {
				t.Errorf("second time: %v", err)
			}
		})
	}
}

func TestAuthIsRequired(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(inbox.Command) *inbox.Reply{"go-smtp": nil, "scripted": own} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := start(t, inbox.Options{User: "u", Password: "p", Script: script})
			if err := send(in, "maria@oakfield.example", "a@b"); err == nil || !strings.Contains(err.Error(), "530") {
				t.Errorf("error %v", err)
			}
			body := []byte("Message-ID: <a@b>\r\n\r\nx\r\n")
			auth := smtp.PlainAuth("", "u", "p", "127.0.0.1")
			if err := smtp.SendMail(in.Addr(), auth, "j@h.example", []string{"m@o.example"}, body); err != nil {
				t.Error(err)
			}
			auth = smtp.PlainAuth("", "u", "q", "127.0.0.1")
			if err := smtp.SendMail(in.Addr(), auth, "j@h.example", []string{"m@o.example"}, body); err == nil {
				t.Error("a wrong password was taken")
			}
		})
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []inbox.Command
	in := start(t, inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, c)
		if c.Stage == inbox.Dot {
			return &inbox.Reply{Code: 554, Text: "5.7.1 no\nreally"}
		}
		return nil
	}})
	err := send(in, "maria@oakfield.example", "a@b")
	var refused *textproto.Error
	if !errors.As(err, &refused) || refused.Code != 554 || refused.Msg != "5.7.1 no\nreally" {
		t.Errorf("error %q", err)
	}
	if in.Count() != 0 {
		t.Error("a refused mail was kept")
	}
	mu.Lock()
	defer mu.Unlock()
	var stages []inbox.Stage
	for _, c := range asked {
		stages = append(stages, c.Stage)
	}
	want := []inbox.Stage{inbox.Connect, inbox.Ehlo, inbox.MailFrom, inbox.RcptTo, inbox.Data, inbox.Body, inbox.Dot}
	if diff := cmp.Diff(want, stages[:min(len(stages), len(want))]); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	if c := asked[6]; c.From != "jonas@harborview.example" || c.To != "maria@oakfield.example" || c.Mail != 1 || c.Conn != 1 {
		t.Errorf("at the dot: %+v", c)
	}
}

// TestNestedMail shows that a mail which was refused half-way must be reset.
func TestNestedMail(t *testing.T) {
	t.Parallel()
	in := start(t, inbox.Options{Script: own})
	c, err := smtp.Dial(in.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail("j@h.example"); err != nil {
		t.Fatal(err)
	}
	var refused *textproto.Error
	if err := c.Mail("j@h.example"); !errors.As(err, &refused) || refused.Code != 503 {
		t.Errorf("a second MAIL: %v", err)
	}
	if err := errors.Join(c.Reset(), c.Mail("j@h.example")); err != nil {
		t.Errorf("after RSET: %v", err)
	}
}
