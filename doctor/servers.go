package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/workspace"
)

// redis looks at the queue's servers.
func redis(ctx context.Context, s *Subject) []Finding {
	switch {
	case s.Config == nil:
		return nil
	case s.Queue == nil:
		return one(fine("the queue is inside the process; no Redis is asked for"))
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	servers, err := s.Queue(ctx)
	if err != nil {
		return one(bad("is it running, and is `redis:` or ANDANTE_REDIS right? Meanwhile nothing is sent, and nothing is lost", "Redis does not answer: %v", err))
	}
	var list []Finding
	for _, h := range servers {
		list = append(list, server(h)...)
	}
	return list
}

func server(h queue.Health) (list []Finding) {
	name := strings.TrimSpace("Redis " + h.Address)
	if !h.Suits() {
		list = append(list, bad("upgrade it to 6.2 or later, or to Valkey", "%s is version %s", name, h.Version))
	}
	if h.Evicts() {
		list = append(list, bad("set maxmemory-policy noeviction, or else it throws queued leases away when it is full",
			"%s has a maxmemory of %d bytes and the policy %s", name, h.MaxMemory, h.Policy))
	}
	if h.Full() && !h.Evicts() {
		list = append(list, bad("give it room: what is leased can't be queued, and nothing is sent meanwhile", "%s is full: %d bytes of %d", name, h.Used, h.MaxMemory))
	}
	if h.Unsaved {
		list = append(list, bad("see its log and its disk, or switch off its saving, of which Andante has no need: most servers refuse to be written to until a save succeeds",
			"%s could not save what it holds the last time", name))
	}
	if h.Replica {
		list = append(list, bad("name its primary in `redis:` or ANDANTE_REDIS, or its Sentinels", "%s is a replica, which can't be written to", name))
	}
	if len(list) > 0 {
		return list
	}
	text := fmt.Sprintf("%s answers, version %s", name, h.Version)
	if h.Persists {
		text += "; it persists what it holds, which Andante has no need of"
	}
	return one(fine("%s", text))
}

// expiresSoon is how long before its end a certificate is told of.
const expiresSoon = 14 * 24 * time.Hour

// smtp talks to each mail server up to where a mail would begin.
func smtp(ctx context.Context, s *Subject) (list []Finding) {
	if s.Relay == nil || s.Config == nil {
		return nil
	}
	for _, id := range s.config().Ways() {
		if !s.secretless[id.Key] {
			list = append(list, s.relay(ctx, id)...)
		}
	}
	return s.unlessSandbox(list)
}

func (s *Subject) relay(ctx context.Context, id workspace.Identity) []Finding {
	to, _ := s.Config.Channels.Email.MailServer(id, s.FS)
	if to.Host == "" {
		return one(bad("name it with channels.email.host or ANDANTE_SMTP_HOST", "no mail server is named"))
	}
	ctx, cancel := context.WithTimeout(ctx, 45*time.Second)
	defer cancel()
	r, err := s.Relay(ctx, id)
	if err != nil {
		return one(bad(mendRelay(err, id.Way()), "%s:%d can't be used: %s", to.Host, to.Port, andante.HideAddresses(relaySays(err))))
	}
	as := ""
	if id.Key != "" {
		as = " as " + id.Key
	}
	list := one(fine("%s takes us%s%s; it offers %s", to.Host, withLogin(r), as, offers(r)))
	if f, ok := certificate(to.Host, r, s.Clock.Wall()); ok {
		list = append(list, f)
	}
	if !r.TLS && !loopback(to.Host) {
		list = append(list, look("set its tls to starttls or implicit", "what goes to %s is not encrypted", to.Host))
	}
	return list
}

// services asks those that take texts and post whether they know us.
func services(ctx context.Context, s *Subject) (list []Finding) {
	for _, v := range s.Services {
		ctx, cancel := context.WithTimeout(ctx, 45*time.Second)
		about, err := v.Ask(ctx)
		cancel()
		switch {
		case err != nil && channels.KindOf(err) == channels.Sender:
			list = append(list, bad("mend "+v.Way, "%s does not take us: %s", v.Name, andante.HideAddresses(relaySays(err))))
		case err != nil:
			list = append(list, bad("is it up, and may this machine reach it? See "+v.Way, "%s can't be asked: %s", v.Name, andante.HideAddresses(relaySays(err))))
		default:
			list = append(list, fine("%s knows us: %s", v.Name, about))
		}
	}
	return s.unlessSandbox(list)
}

// mendRelay says what to do about a mail server that can't be used.
func mendRelay(err error, way string) string {
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &plain):
		return "that port begins without TLS: set tls of " + way + " to starttls, or name the port that begins with it (465, mostly)"
	case channels.KindOf(err) == channels.Sender:
		return "mend " + way + " (host, tls, user, password), or ask whoever runs the mail server"
	}
	return "is it up, and may this machine reach that port?"
}

// relaySays is what happened, without the class in which the worker puts it.
func relaySays(err error) string {
	var problem *channels.SendError
	if errors.Is(err, context.DeadlineExceeded) {
		return "it takes the connection, and does not answer in time"
	}
	if !errors.As(err, &problem) {
		return err.Error()
	}
	plain := *problem
	plain.Kind = ""
	return strings.TrimPrefix(plain.Error(), ": ")
}

func withLogin(r Relay) string {
	if r.LoggedIn {
		return ", logged in"
	}
	return ""
}

func loopback(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}

// offers names which of the extensions that make a difference the relay has.
func offers(r Relay) string {
	var list []string
	for _, x := range []string{"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8"} {
		if parameter, ok := r.Extensions[x]; ok {
			list = append(list, strings.TrimSpace(x+" "+parameter))
		}
	}
	text := strings.Join(list, ", ")
	if text == "" {
		text = "none of the extensions that we use"
	}
	if _, ok := r.Extensions["PIPELINING"]; !ok {
		text += "; it would take mails faster if it offered PIPELINING"
	}
	return text
}

// certificate tells of one that is over soon. One that is over has let nobody in.
func certificate(host string, r Relay, now time.Time) (Finding, bool) {
	if r.Certificate == nil {
		return Finding{}, false
	}
	left := r.Certificate.NotAfter.Sub(now)
	if left > expiresSoon {
		return Finding{}, false
	}
	return look("have it renewed, or nothing can be sent from then on", "the certificate of %s ends on %s, in %d days",
		host, r.Certificate.NotAfter.UTC().Format(time.DateOnly), int(left.Hours()/24)), true
}
