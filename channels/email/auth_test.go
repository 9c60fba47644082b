package email

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/wneessen/go-mail/smtp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

func TestMechanism(t *testing.T) {
	t.Parallel()
	tests := []struct {
		tls     string
		offered string
		want    string
	}{
		{StartTLS, "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256", "SCRAM-SHA-256"},
		{StartTLS, "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1", "SCRAM-SHA-1"},
		{StartTLS, "LOGIN CRAM-MD5 PLAIN", "PLAIN"},
		{ImplicitTLS, "CRAM-MD5 LOGIN", "LOGIN"},
		{StartTLS, "CRAM-MD5", "CRAM-MD5"},
		{NoTLS, "PLAIN LOGIN CRAM-MD5", "CRAM-MD5"},
		{StartTLS, "GSSAPI XOAUTH2", ""},
	}
	for _, tt := range tests {
		got := ""
		if a := mechanism(Server{TLS: tt.tls, User: "u"}, "p", strings.Fields(tt.offered)); a != nil {
			got = authName(t, a)
		}
		if got != tt.want {
			t.Errorf("over %s of %q: %q, want %q", tt.tls, tt.offered, got, tt.want)
		}
	}
}

// farEnd plays a relay over a pipe, which is no loopback: it answers each line
// with the next reply and records the lines.
func farEnd(t *testing.T, cfg Config, replies ...string) ([]string, *failure) {
	t.Helper()
	ours, theirs := net.Pipe()
	heard := make(chan []string, 1)
	go func() {
		defer theirs.Close()
		var lines []string
		r := bufio.NewReader(theirs)
		for _, reply := range replies {
			if _, err := theirs.Write([]byte(reply + "\r\n")); err != nil {
				break
			}
			line, err := r.ReadString('\n')
			if err != nil {
				break
			}
			lines = append(lines, strings.TrimSpace(line))
		}
		heard <- lines
	}()
	clock := andante.SystemClock{}
	cfg.CommandTimeout, cfg.Hello = 5*time.Second, "us"
	c := &conn{cfg: cfg, clock: clock, secret: cfg.Password, wire: newWire(ours, clock)}
	f := c.open(ours)
	c.close()
	return <-heard, f
}

func TestPasswordNeverGoesInPlain(t *testing.T) {
	t.Parallel()
	cfg := Config{Server: Server{TLS: NoTLS, User: "u", Password: "p"}}
	lines, f := farEnd(t, cfg, "220 hello", "250-us\r\n250 AUTH PLAIN", "235 fine")
	if f == nil || channels.KindOf(f.in(t.Context())) != channels.Sender {
		t.Errorf("not refused: %v", f)
	}
	if diff := cmp.Diff([]string{"EHLO us"}, lines); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

func TestHelo(t *testing.T) {
	t.Parallel()
	lines, f := farEnd(t, Config{Server: Server{TLS: NoTLS}}, "220 hello", "502 what", "250 fine", "221 bye")
	if f != nil {
		t.Fatal(f.in(t.Context()))
	}
	if diff := cmp.Diff([]string{"EHLO us", "HELO us"}, lines); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

// TestLogin goes through a mechanism that asks questions.
func TestLogin(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		replies []string
		want    channels.ErrorKind
	}{
		"taken":    {[]string{"334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 2.7.0 fine"}, ""},
		"refused":  {[]string{"334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "535 5.7.8 no"}, channels.Sender},
		"later":    {[]string{"334 VXNlcm5hbWU6", "454 4.7.0 later"}, channels.Temporary},
		"nonsense": {[]string{"334 ???"}, channels.Temporary},
		"too much": {[]string{"334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "334 bW9yZQ=="}, channels.Sender},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := net.Pipe()
			defer theirs.Close()
			go func() {
				r := bufio.NewReader(theirs)
				for _, reply := range tt.replies {
					if _, err := r.ReadString('\n'); err != nil {
						return
					}
					_, _ = theirs.Write([]byte(reply + "\r\n"))
				}
			}()
			clock := andante.SystemClock{}
			cfg := Config{Server: Server{TLS: StartTLS, User: "u", Password: "p"}, CommandTimeout: 5 * time.Second}
			c := &conn{cfg: cfg, clock: clock, wire: newWire(ours, clock), extensions: map[string]string{"AUTH": "LOGIN"}}
			defer c.close()
			f := c.auth()
			var got channels.ErrorKind
			if f != nil {
				got = channels.KindOf(f.in(t.Context()))
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func authName(t *testing.T, a smtp.Auth) string {
	t.Helper()
	name, _, err := a.Start(&smtp.ServerInfo{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	return name
}
