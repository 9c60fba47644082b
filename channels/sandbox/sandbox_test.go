package sandbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/sandbox"
)

func open(t *testing.T) (*sandbox.Channel, string) {
	t.Helper()
	dir := t.TempDir()
	ch, err := sandbox.New(dir, andante.SystemClock{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ch, dir
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, kind := range []andante.Kind{andante.Email, andante.Postcard} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, func(t *testing.T) channeltest.Rig {
				ch, dir := open(t)
				suffixes := map[channeltest.Answer]string{
					channeltest.Temporary: "+tempfail", channeltest.Permanent: "+permfail", channeltest.Address: "+badaddress", channeltest.Taken: "+unknown", channeltest.Slow: "+slow",
				}
				set := map[int]string{}
				return channeltest.Rig{
					Channel: ch,
					Message: func(n int) andante.Message {
						m := channeltest.Message(kind, n)
						if local, domain, ok := strings.Cut(m.To.Address, "@"); ok {
							m.To.Address = local + set[n] + "@" + domain
						}
						return m
					},
					Arrived: func() []string { return messageIDs(dir) },
					Answer: func(n int, a channeltest.Answer) bool {
						set[n] = suffixes[a]
						return set[n] != "" && kind == andante.Email
					},
				}
			})
		})
	}
}

var messageID = regexp.MustCompile(`(?m)^Message-ID: <(.*)>$`)

func messageIDs(dir string) []string {
	var ids []string
	files, _ := filepath.Glob(filepath.Join(dir, "*-*.*"))
	for _, f := range files {
		b, _ := os.ReadFile(f)
		if m := messageID.FindSubmatch(b); m != nil {
			ids = append(ids, string(m[1]))
		}
	}
	return ids
}

func TestMagicRecipients(t *testing.T) {
	t.Parallel()
	tests := []struct {
		to      string
		kind    channels.ErrorKind
		code    int
		written bool
	}{
		{"maria@oakfield.example", "", 250, true},
		{"maria+tempfail@oakfield.example", channels.Temporary, 451, false},
		{"maria+421@oakfield.example", channels.Temporary, 421, false},
		{"maria+permfail@oakfield.example", channels.Permanent, 554, false},
		{"maria+BadAddress@oakfield.example", channels.Address, 550, false},
		{"maria+unknown@oakfield.example", channels.Unknown, 0, true},
		{"maria+slow@oakfield.example", "", 250, true},
		{"maria+permfail+news@oakfield.example", "", 250, true},
	}
	for n, tt := range tests {
		t.Run(tt.to, func(t *testing.T) {
			t.Parallel()
			ch, dir := open(t)
			m := channeltest.Message(andante.Email, n)
			m.To.Address = tt.to
			s, err := ch.Prepare(m)
			if err != nil {
				t.Fatal(err)
			}
			g := &channeltest.Gate{}
			if err := ch.Deliver(context.Background(), []channels.Sealed{s}, g); err != nil {
				t.Fatal(err)
			}
			o, _ := g.Outcome(s.Touch)
			code := o.Receipt.Code
			if e, ok := o.Err.(*channels.SendError); ok {
				code = e.Code
			}
			if kind := channels.KindOf(o.Err); kind != tt.kind || code != tt.code {
				t.Errorf("outcome %q with code %d, want %q with %d", kind, code, tt.kind, tt.code)
			}
			_, err = os.Stat(filepath.Join(dir, string(s.Touch)+".eml"))
			if written := err == nil; written != tt.written {
				t.Errorf("written: %v, want %v", written, tt.written)
			}
		})
	}
}

func TestPrepareIsAskedForItsKindOnly(t *testing.T) {
	t.Parallel()
	want := channels.Sealed{Touch: "t", Bytes: []byte("built elsewhere")}
	ch, err := sandbox.New(t.TempDir(), andante.SystemClock{}, sandbox.Prepares{
		andante.Email: func(andante.Message) (channels.Sealed, error) { return want, nil },
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ch.Prepare(channeltest.Message(andante.Email, 1))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("a mail was not handed on (-want +got):\n%s%v", diff, err)
	}
	got, err = ch.Prepare(channeltest.Message(andante.SMS, 1))
	if err != nil || got.Kind != andante.SMS {
		t.Errorf("a text message became %+v, %v", got, err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	ch, _ := open(t)
	for name, change := range map[string]func(*andante.Message){
		"no address":        func(m *andante.Message) { m.To.Address = "" },
		"a line in address": func(m *andante.Message) { m.To.Address += "\nKind: email" },
		"a line in subject": func(m *andante.Message) { m.Subject = "a\r\nb" },
	} {
		m := channeltest.Message(andante.SMS, 1)
		change(&m)
		if _, err := ch.Prepare(m); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

// Where nothing can be written that is said at once; and of each mail, if the folder goes
// later.
func TestFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{blocked, filepath.Join(blocked, "outbox")} {
		if _, err := sandbox.New(dir, andante.SystemClock{}, nil, nil); err == nil || !strings.Contains(err.Error(), "the folder "+dir+", ") {
			t.Errorf("%s: %v", dir, err)
		}
	}
	ch, dir := open(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s, err := ch.Prepare(channeltest.Message(andante.SMS, 1))
	if err != nil {
		t.Fatal(err)
	}
	g := &channeltest.Gate{}
	if err := ch.Deliver(context.Background(), []channels.Sealed{s}, g); err != nil {
		t.Fatal(err)
	}
	o, _ := g.Outcome(s.Touch)
	var problem *channels.SendError
	if !errors.As(o.Err, &problem) || problem.Kind != channels.Temporary || !strings.Contains(problem.Response, dir) || !strings.Contains(problem.Response, "no such file") {
		t.Errorf("%v", o.Err)
	}
}

func TestTouchCannotLeaveTheFolder(t *testing.T) {
	t.Parallel()
	ch, _ := open(t)
	for _, id := range []andante.TouchID{"", "../up", "a/b", ".hidden", ".."} {
		g := &channeltest.Gate{}
		s := channels.Sealed{Touch: id, Kind: andante.SMS, To: "x", Bytes: []byte("x")}
		if err := ch.Deliver(context.Background(), []channels.Sealed{s}, g); err != nil {
			t.Fatal(err)
		}
		if o, _ := g.Outcome(id); o.Err == nil {
			t.Errorf("touch %q was written", id)
		}
	}
}
