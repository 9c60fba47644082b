package email_test

import (
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

// A probe goes as far as a delivery does before its first mail, and no further.
func TestProbe(t *testing.T) {
	t.Parallel()
	server, trusted := certificate(t, "127.0.0.1")
	for name, c := range map[string]struct {
		opt  inbox.Options
		cfg  email.Config
		want channels.ErrorKind
		tls  bool
		user bool
	}{
		"plain":      {opt: inbox.Options{}, want: ok},
		"starttls":   {opt: inbox.Options{TLS: server}, cfg: email.Config{Server: email.Server{TLS: email.StartTLS, RootCAs: trusted}}, want: ok, tls: true},
		"a login":    {opt: inbox.Options{TLS: server, Implicit: true, User: "u", Password: "p"}, cfg: email.Config{Server: email.Server{TLS: email.ImplicitTLS, RootCAs: trusted, User: "u", Password: "p"}}, want: ok, tls: true, user: true},
		"wrong":      {opt: inbox.Options{User: "u", Password: "p"}, cfg: email.Config{Server: email.Server{User: "u", Password: "no"}}, want: sender},
		"nobody":     {opt: inbox.Options{TLS: server}, cfg: email.Config{Server: email.Server{TLS: email.StartTLS}}, want: sender},
		"not secure": {opt: inbox.Options{}, cfg: email.Config{Server: email.Server{TLS: email.StartTLS}}, want: sender},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var said []inbox.Stage
			if c.want == ok && c.opt.User == "" {
				c.opt.Script = func(cmd inbox.Command) *inbox.Reply {
					mu.Lock()
					defer mu.Unlock()
					said = append(said, cmd.Stage)
					return nil
				}
			}
			in, ch := relay(t, c.opt, c.cfg)
			got, err := ch.Probe(t.Context(), "news")
			if channels.KindOf(err) != c.want || c.want == ok && err != nil {
				t.Fatalf("error %v, want kind %q", err, c.want)
			}
			if err != nil {
				return
			}
			if got.TLS != c.tls || got.LoggedIn != c.user || (got.Certificate != nil) != c.tls {
				t.Errorf("%+v", got)
			}
			if c.tls && !got.Certificate.NotAfter.After(time.Now()) {
				t.Errorf("the certificate ended %s", got.Certificate.NotAfter)
			}
			if _, ok := got.Extensions["PIPELINING"]; !ok {
				t.Errorf("it offers %v", got.Extensions)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, stage := range said {
				if stage == inbox.MailFrom || stage == inbox.Data {
					t.Errorf("the relay heard %v", said)
				}
			}
			if len(said) > 0 && said[len(said)-1] != inbox.Quit || in.Count() > 0 {
				t.Errorf("the relay heard %v, and has %d mails", said, in.Count())
			}
		})
	}
}
