package engine

import (
	"cmp"
	"context"
	"net"
	"os"
	"path/filepath"

	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/doctor"
	"github.com/andante-hq/andante/internal/diskfree"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// DoctorOptions say what is looked at.
type DoctorOptions struct {
	Offline  bool            // leave out the mail server and the DNS
	Resolver doctor.Resolver // nil: the machine's
}

// Examine looks at a workspace's installation. Unlike [Open] it goes on past what is
// broken, makes no store and changes nothing.
func Examine(ctx context.Context, o Options, d DoctorOptions) ([]doctor.Finding, error) {
	o = o.defaults()
	root, err := os.OpenRoot(o.Dir)
	if err != nil {
		return nil, err
	}
	e := &Engine{o: o, root: root, log: o.Log, Clock: o.Clock}
	defer e.Close()
	s := &doctor.Subject{Clock: o.Clock, FS: e.FS(), KeysFile: KeysFile, FreeDisk: diskfree.At}
	e.Config, s.ConfigErr = workspace.Machine(e.FS())
	s.Keys, s.KeysErr = readKeys(e.FS())
	if e.Config != nil {
		if o.Config != nil {
			o.Config(e.Config)
		}
		s.Config = e.Config
		s.Outbox = e.outbox()
		e.openFor(ctx, s)
		if redisURL := e.Config.Redis; redisURL != "" {
			s.Queue = func(ctx context.Context) ([]queue.Health, error) { return queue.Examine(ctx, redisURL, o.Log) }
		}
	}
	if !d.Offline {
		s.Relay, s.Resolver = e.probe, d.Resolver
		if e.Config != nil {
			s.Services = e.services()
		}
		if s.Resolver == nil {
			s.Resolver = net.DefaultResolver
		}
	}
	return doctor.Examine(ctx, s), nil
}

// openFor opens the store that the subject has, if there is one.
func (e *Engine) openFor(ctx context.Context, s *doctor.Subject) {
	dsn := storeAt(e.o.Dir, e.Config)
	if !store.IsPostgres(dsn) {
		s.Folder = filepath.Dir(dsn)
	}
	s.Gone = trouble(e.gone(dsn))
	if s.NoStore = missing(dsn); s.NoStore {
		return
	}
	e.Store, s.StoreErr = store.Open(ctx, dsn, store.Options{Clock: e.Clock})
	s.Store = e.Store
	if s.StoreErr == nil {
		s.Standing = e.standingFor
	}
}

// standingFor tells what `andante run` would refuse the store for.
func (e *Engine) standingFor(ctx context.Context) (doctor.Standing, error) {
	s, err := e.stands(ctx)
	if err != nil {
		return doctor.Standing{}, err
	}
	st := doctor.Standing{Ran: s.Home != (store.Home{}), Home: trouble(s.Elsewhere()), Mark: trouble(s.Behind())}
	st.Forgets, st.Needed = e.forgets(s)
	st.NoFile = s.Noted == 0 && s.Mark > 0
	return st, nil
}

func trouble(r *Refusal) *doctor.Trouble {
	if r == nil {
		return nil
	}
	return &doctor.Trouble{Found: r.Why, Do: r.Do}
}

// services are those that take our texts and our post, with what this machine has, whatever
// the mode. Of a gateway of which we know only how it takes a text nothing can be asked.
func (e *Engine) services() (list []doctor.Service) {
	if e.Config.Channels.SMS.Driver == "twilio" {
		list = append(list, doctor.Service{Name: "Twilio", Way: "channels.sms.twilio", Ask: func(ctx context.Context) (string, error) {
			g, err := e.twilio()
			if err != nil {
				return "", err
			}
			return g.Ask(ctx)
		}})
	}
	if e.Config.Channels.Cards.Driver == "lob" {
		list = append(list, doctor.Service{Name: "Lob", Way: "channels.cards.lob", Ask: func(ctx context.Context) (string, error) {
			l, err := e.lob(nil, true)
			if err != nil {
				return "", err
			}
			return l.Ask(ctx)
		}})
	}
	return list
}

// probe talks to a sender's mail server with what this machine has, whatever the mode.
func (e *Engine) probe(ctx context.Context, id workspace.Identity) (doctor.Relay, error) {
	servers := &mailServers{e: e}
	cfg := email.Config{Hello: cmp.Or(e.Config.Channels.Email.Hello, helloName(e.Config.PublicURL))}
	cfg.ServerOf = func(context.Context, string) (email.Server, error) { return servers.as(id) }
	if e.o.Email != nil {
		e.o.Email(&cfg)
	}
	mail, err := email.New(cfg, e.Clock)
	if err != nil {
		return doctor.Relay{}, err
	}
	defer mail.Close()
	t, err := mail.Probe(ctx, id.Key)
	return doctor.Relay{Extensions: t.Extensions, TLS: t.TLS, Certificate: t.Certificate, LoggedIn: t.LoggedIn}, err
}
