package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/harness"
	"github.com/andante-hq/andante/internal/inbox"
	"github.com/andante-hq/andante/store"
)

// sent is the kind of what is no failure.
const sent = channels.ErrorKind("")

// A says is something that a relay may say, or do, instead of what one hopes for.
type says struct {
	stage inbox.Stage
	name  string
	reply inbox.Reply
	want  channels.ErrorKind
}

// refusals are what a relay says plainly at each stage, and what that means for a touch.
var refusals = []says{
	{inbox.Connect, "later", inbox.Reply{Code: 450, Text: "4.3.2 not now"}, channels.Temporary},
	{inbox.Connect, "never", inbox.Reply{Code: 554, Text: "5.7.1 go away"}, channels.Sender},
	{inbox.Ehlo, "later", inbox.Reply{Code: 450, Text: "4.7.0 not now"}, channels.Temporary},
	{inbox.Ehlo, "never", inbox.Reply{Code: 550, Text: "5.7.1 not you"}, channels.Sender},
	{inbox.StartTLS, "later", inbox.Reply{Code: 454, Text: "4.7.0 not available"}, channels.Temporary},
	{inbox.StartTLS, "never", inbox.Reply{Code: 554, Text: "5.7.0 no"}, channels.Sender},
	{inbox.StartTLS, "offered and broken", inbox.Reply{Raw: []byte("220 2.0.0 go ahead\r\nno TLS at all\r\n")}, channels.Temporary},
	{inbox.Auth, "later", inbox.Reply{Code: 454, Text: "4.7.0 not now"}, channels.Temporary},
	{inbox.Auth, "never", inbox.Reply{Code: 535, Text: "5.7.8 wrong password"}, channels.Sender},
	{inbox.MailFrom, "later", inbox.Reply{Code: 451, Text: "4.3.0 not now"}, channels.Temporary},
	{inbox.MailFrom, "never", inbox.Reply{Code: 550, Text: "5.7.1 not you"}, channels.Sender},
	{inbox.MailFrom, "too large", inbox.Reply{Code: 552, Text: "5.3.4 too large"}, channels.Permanent},
	{inbox.RcptTo, "later", inbox.Reply{Code: 450, Text: "4.2.0 greylisted"}, channels.Temporary},
	{inbox.RcptTo, "never", inbox.Reply{Code: 550, Text: "5.7.1 refused by the recipient"}, channels.Permanent},
	{inbox.RcptTo, "nobody", inbox.Reply{Code: 550, Text: "5.1.1 no such user"}, channels.Address},
	{inbox.RcptTo, "too many", inbox.Reply{Code: 450, Text: "4.7.1 rate limit exceeded"}, channels.Sender},
	{inbox.RcptTo, "not yours", inbox.Reply{Code: 550, Text: "5.7.26 unauthenticated mail"}, channels.Sender},
	{inbox.Data, "later", inbox.Reply{Code: 451, Text: "4.3.0 not now"}, channels.Temporary},
	{inbox.Data, "never", inbox.Reply{Code: 554, Text: "5.0.0 no"}, channels.Permanent},
	{inbox.Dot, "later", inbox.Reply{Code: 451, Text: "4.3.0 the queue is full"}, channels.Temporary},
	{inbox.Dot, "never", inbox.Reply{Code: 554, Text: "5.6.0 not this"}, channels.Permanent},
	{inbox.Dot, "nobody", inbox.Reply{Code: 550, Text: "5.1.1 no such user"}, channels.Address},
	{inbox.Dot, "not yours", inbox.Reply{Code: 550, Text: "5.7.26 unauthenticated mail"}, channels.Sender},
	{inbox.Dot, "lost after it was taken", inbox.Reply{DropBefore: true, Keep: true}, channels.Unknown},
}

// manners are what a relay may do at any stage. At the dot what is no answer leaves the
// mail in doubt; before it the mail can't have gone.
func manners() (list []says) {
	for _, stage := range []inbox.Stage{inbox.Connect, inbox.Ehlo, inbox.StartTLS, inbox.Auth, inbox.MailFrom, inbox.RcptTo, inbox.Data, inbox.Dot} {
		doubt := channels.Temporary
		if stage == inbox.Dot {
			doubt = channels.Unknown
		}
		list = append(
			list,
			says{stage, "goodbye", inbox.Reply{Code: 421, Text: "4.3.2 shutting down", DropAfter: true}, channels.Temporary},
			says{stage, "nothing", inbox.Reply{Wait: make(chan struct{})}, doubt},
			says{stage, "nonsense", inbox.Reply{Raw: []byte("\x16\x03<html>\x00\xff\r\n")}, doubt},
			says{stage, "and hangs up", inbox.Reply{DropBefore: true}, doubt},
			says{stage, "yes, byte by byte", inbox.Reply{Slow: 5 * time.Millisecond}, sent},
			says{stage, "yes, too slowly", inbox.Reply{Slow: 500 * time.Millisecond}, doubt},
		)
	}
	return list
}

// becomes is what each kind makes of a touch.
var becomes = map[channels.ErrorKind]struct {
	state  andante.State
	reason andante.Reason
}{
	sent:               {andante.Sent, ""},
	channels.Temporary: {andante.Planned, andante.ReasonTemporary},
	channels.Permanent: {andante.Failed, andante.ReasonPermanent},
	channels.Address:   {andante.Failed, andante.ReasonAddress},
	channels.Sender:    {andante.Planned, andante.ReasonSender},
	channels.Unknown:   {andante.Unknown, andante.ReasonUnknown},
}

// TestWhateverTheRelaySays plays the whole table of command and reply from end to end:
// what becomes of the touch, of its address, of its sender and of the mail after it,
// and, once the relay is well again, of what was put off.
func TestWhateverTheRelaySays(t *testing.T) {
	t.Parallel()
	for _, c := range append(refusals, manners()...) {
		t.Run(fmt.Sprintf("%s: %s", c.stage, c.name), func(t *testing.T) {
			t.Parallel()
			newClinic(t, c).play()
		})
	}
}

// A clinic is a scene with two people and a relay that is ill until it is healed.
type clinic struct {
	*scene
	says
	healed atomic.Bool
}

func newClinic(t *testing.T, c says) *clinic {
	k := &clinic{says: c}
	opt := inbox.Options{Script: k.answer}
	var trusted *x509.CertPool
	if c.stage == inbox.StartTLS || c.stage == inbox.Auth {
		opt.TLS, trusted = certified(t)
		opt.User, opt.Password = "andante", "secret"
	}
	k.scene = newScene(t, harness.Workspace{}, harness.NewTown(2, 1), opt)
	k.part.Connections = 1
	k.email = func(cfg *email.Config) {
		if trusted != nil {
			of := cfg.ServerOf
			cfg.ServerOf = func(ctx context.Context, sender string) (email.Server, error) {
				s, err := of(ctx, sender)
				s.TLS, s.RootCAs, s.User, s.Password = email.StartTLS, trusted, opt.User, andante.Secret(opt.Password)
				return s, err
			}
		}
		if c.name == "nothing" || c.name == "yes, too slowly" {
			cfg.CommandTimeout, cfg.DotTimeout = time.Second, time.Second
		}
	}
	k.onCalendar()
	return k
}

// certified returns what a relay on loopback needs for TLS, and who trusts it.
func certified(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, pool
}

// forAll tells whether the relay says it to everybody: it does not know yet for whom
// the mail is.
func (k *clinic) forAll() bool {
	return k.stage != inbox.RcptTo && k.stage != inbox.Data && k.stage != inbox.Dot
}

func (k *clinic) answer(c inbox.Command) *inbox.Reply {
	switch {
	case k.healed.Load() || c.Stage != k.stage:
		return nil
	case k.forAll(), c.To == "c0@town.example", strings.Contains(c.Line, "<c0@town.example>"):
		return &k.reply
	}
	return nil
}

// play lets everybody be served as the relay is, looks, heals it, and looks again.
func (k *clinic) play() {
	t := k.t
	k.enroll("hello")
	w := k.watch()
	k.plays(func(n int) {
		if n == 1 {
			k.ill(w)
			k.healed.Store(true)
			if _, err := w.e.Ops.Release(t.Context(), andante.HoldSender, "news"); err != nil {
				t.Error(err)
			}
		}
	})
	books := k.books()
	audit := books.Audit()
	report(t, audit.Breaches)
	report(t, books.ReasonGiven())
	for i, x := range k.touches(books) {
		want := becomes[k.want]
		if want.state == andante.Planned || i == 1 && !k.forAll() {
			want = becomes[sent]
		}
		if x.State != want.state || x.Reason != want.reason {
			t.Errorf("in the end the touch of c%d is %s (%s), want %s (%s)", i, x.State, x.Reason, want.state, want.reason)
		}
	}
}

// ill looks when everything has gone that goes now.
func (k *clinic) ill(w *watch) {
	t, want := k.t, becomes[k.want]
	k.t.Helper()
	list := k.touches(k.books())
	x := list[0]
	if x.Reason == andante.ReasonHeld && k.want == channels.Sender { // it has met its sender's hold by now
		x.Reason = want.reason
	}
	if x.State != want.state || x.Reason != want.reason {
		t.Errorf("the touch is %s (%s %s), want %s (%s)", x.State, x.Reason, x.Evidence.Detail, want.state, want.reason)
	}
	if x := list[1]; !k.forAll() && k.want != channels.Sender && x.State != andante.Sent {
		t.Errorf("the touch after it is %s (%s), want it sent", x.State, x.Reason)
	}
	held, barred := w.consequences(k.town.Contacts[0].Email)
	if held != (k.want == channels.Sender) || barred != (k.want == channels.Address) {
		t.Errorf("the sender is held: %v, the address is suppressed: %v", held, barred)
	}
}

// touches returns each person's touch.
func (k *clinic) touches(books harness.Books) [2]andante.Touch {
	var list [2]andante.Touch
	for _, x := range books.Touches {
		for i, c := range k.town.Contacts {
			if x.Contact == c.ID {
				list[i] = x
			}
		}
	}
	return list
}

// consequences tells whether a sender is held and whether an address is suppressed.
func (w *watch) consequences(address string) (held, barred bool) {
	w.t.Helper()
	err := w.e.Store.Read(w.t.Context(), func(tx *store.Tx) error {
		holds, err := tx.WideHolds(w.t.Context())
		if err != nil {
			return err
		}
		bars, err := tx.Suppressions(w.t.Context(), nil, []andante.AddressHash{w.e.Ops.Keys.Hash(address)})
		held, barred = len(holds) > 0, len(bars) > 0
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
	return held, barred
}

// TestASloppyRelayGetsNoEmptyMail: a relay refuses the sender and takes recipient and
// mail all the same, as nobody should. The lone dot that ends a transfer without
// recipients would be a mail without a word here.
func TestASloppyRelayGetsNoEmptyMail(t *testing.T) {
	t.Parallel()
	s := newScene(t, harness.Workspace{}, harness.NewTown(1, 1), inbox.Options{Script: func(c inbox.Command) *inbox.Reply {
		switch c.Stage {
		case inbox.MailFrom:
			return &inbox.Reply{Code: 552, Text: "5.3.4 too large"}
		case inbox.RcptTo:
			return &inbox.Reply{Code: 250, Text: "2.1.5 why not"}
		}
		return nil
	}})
	s.onCalendar()
	s.enroll("hello")
	s.plays(unnoticed)
	report(t, s.books().Audit().Breaches)
}
