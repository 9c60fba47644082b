package engine

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/card"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/channels/sandbox"
	"github.com/andante-hq/andante/channels/task"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/workspace"
)

// channels builds what sends each kind, by the mode of delivery. config says where the
// senders stand. log is told of a mail server that is away. close ends kept connections.
func (e *Engine) channels(config func(context.Context) (*workspace.Config, error), log *slog.Logger) (list map[andante.Kind]channels.Channel, close func() error, err error) {
	if e.o.blind != nil {
		list, err = e.blindly()
		return list, func() error { return nil }, err
	}
	mail, err := e.relay(config, log)
	if err != nil {
		return nil, nil, err
	}
	texts, err := e.texts(e.Config.Deliver.Mode != "sandbox")
	if err != nil {
		return nil, nil, err
	}
	real := map[andante.Kind]channels.Channel{andante.Email: mail}
	if texts != nil {
		real[andante.SMS] = texts
	}
	cards, err := e.cards(e.Config.Deliver.Mode == "live")
	if err != nil {
		return nil, nil, err
	}
	for _, k := range card.Kinds {
		real[k] = cards
	}
	list, err = e.byMode(real)
	return list, mail.Close, err
}

// byMode puts the mode of delivery in front of what really sends. People get their tasks in
// every mode.
func (e *Engine) byMode(real map[andante.Kind]channels.Channel) (map[andante.Kind]channels.Channel, error) {
	list, d := e.tasks(), e.Config.Deliver
	var box channels.Channel
	if e.outbox() != "" || d.Mode == "redirect" { // nothing of the post can be led elsewhere
		shows, err := e.shows()
		if err != nil {
			return nil, err
		}
		if box, err = sandbox.New(e.outboxOr("outbox"), e.Clock, preparing(real), shows); err != nil {
			return nil, err
		}
	}
	for kind, c := range real {
		switch to := d.To; {
		case d.Mode == "redirect":
			switch {
			case kind == andante.SMS:
				to = d.Phone
			case kind.Mailed():
				to = ""
			}
			if list[kind] = (redirected{c, to}); to == "" {
				list[kind] = box
			}
		case d.Mode == "sandbox":
			list[kind] = box
		case len(d.Only) > 0:
			list[kind] = &listed{Channel: c, rest: box, only: d.Only}
		default:
			list[kind] = c
		}
	}
	if d.Mode == "sandbox" || e.o.SandboxRest { // the sandbox takes the kinds that have no channel
		fill(list, box)
	}
	return list, nil
}

// fill has a channel take the kinds that have none.
func fill(list map[andante.Kind]channels.Channel, c channels.Channel) {
	for _, k := range c.Features().Kinds {
		if list[k] == nil {
			list[k] = c
		}
	}
}

// preparing are the builders of messages, for what only looks like them.
func preparing(real map[andante.Kind]channels.Channel) sandbox.Prepares {
	p := sandbox.Prepares{}
	for kind, c := range real {
		p[kind] = c.Prepare
	}
	return p
}

// tasks are the channels of what people carry out.
func (e *Engine) tasks() map[andante.Kind]channels.Channel {
	list := map[andante.Kind]channels.Channel{}
	tasks := task.New(e.Clock)
	for _, k := range task.Kinds {
		list[k] = tasks
	}
	return list
}

// blindly are channels that send nothing: tasks are opened, and the rest is built and
// forgotten.
func (e *Engine) blindly() (map[andante.Kind]channels.Channel, error) {
	texts, err := e.texts(false)
	if err != nil {
		return nil, err
	}
	prepare := sandbox.Prepares{}
	if texts != nil {
		prepare[andante.SMS] = texts.Prepare
	}
	cards, err := e.cards(false)
	if err != nil {
		return nil, err
	}
	for _, k := range card.Kinds {
		prepare[k] = cards.Prepare
	}
	list := e.tasks()
	fill(list, sandbox.Blind(e.Clock, prepare, e.o.blind))
	return list, nil
}

// relay is the channel of mails. config says where the senders stand; log is told of servers
// that are away.
func (e *Engine) relay(config func(context.Context) (*workspace.Config, error), log *slog.Logger) (*email.Channel, error) {
	servers := &mailServers{e: e, config: config}
	if e.Config.Deliver.Mode != "sandbox" { // else nothing leaves, and the servers may be unfinished
		if err := servers.check(context.Background(), log); err != nil {
			return nil, err
		}
	}
	c := e.Config.Channels.Email
	keys, err := e.dkimKeys()
	if err != nil && e.Config.Deliver.Mode != "sandbox" {
		return nil, err
	}
	cfg := email.Config{Keys: keys, ServerOf: servers.of, Connections: c.Connections, MaxMails: c.MaxMails, Log: log}
	cfg.Hello = cmp.Or(c.Hello, helloName(e.Config.PublicURL))
	if e.o.Email != nil {
		e.o.Email(&cfg)
	}
	return email.New(cfg, e.Clock)
}

// helloName is how we greet a relay: a full name, for many refuse a short one (RFC
// 5321 section 4.1.4). The machine's own, else that of the web role, else an address.
func helloName(publicURL string) string {
	if host, err := os.Hostname(); err == nil && strings.Contains(host, ".") {
		return host
	}
	u, err := url.Parse(publicURL)
	if err == nil && strings.Contains(u.Hostname(), ".") && net.ParseIP(u.Hostname()) == nil {
		return u.Hostname()
	}
	return "[127.0.0.1]"
}

// outbox is the folder to which mails are written by the mode of delivery; empty: none is.
func (e *Engine) outbox() string {
	dir := ""
	switch d := e.Config.Deliver; {
	case d.Mode == "sandbox":
		dir = cmp.Or(d.To, "outbox")
	case d.Mode != "redirect" && (len(d.Only) > 0 || e.o.SandboxRest):
		dir = "outbox"
	}
	return e.within(dir)
}

// outboxOr is the outbox, or another folder where the mode asks for none.
func (e *Engine) outboxOr(dir string) string { return cmp.Or(e.outbox(), e.within(dir)) }

// within is a path of the workspace as it is opened.
func (e *Engine) within(dir string) string {
	if dir == "" || filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(e.o.Dir, dir)
}

// redirected sends everything to one address.
type redirected struct {
	channels.Channel
	to string
}

// Prepare changes the recipient and names the one that was meant.
func (c redirected) Prepare(m andante.Message) (channels.Sealed, error) {
	m.Cc = nil
	m.To = andante.Mailbox{Name: "for " + strings.ReplaceAll(m.To.Address, "@", " at "), Address: c.to}
	return c.Channel.Prepare(m)
}

// Deliver has the ledger say where the messages went.
func (c redirected) Deliver(ctx context.Context, batch []channels.Sealed, g channels.Gate) error {
	return c.Channel.Deliver(ctx, batch, redirectedGate{g, c.to})
}

type redirectedGate struct {
	channels.Gate
	to string
}

func (g redirectedGate) Done(id andante.TouchID, r channels.Receipt, err error) {
	if err == nil {
		r.Response = andante.CleanText(andante.Redirected + g.to + ": " + r.Response)
	}
	g.Gate.Done(id, r, err)
}

// listed sends for real to those on a list only; the others' mails go to the
// sandbox.
type listed struct {
	channels.Channel
	rest channels.Channel
	only []string // addresses and domains
}

func (c *listed) on(address string) bool { return Listed(c.only, address) }

// Listed tells whether an address, or its domain, stands in `deliver: {only: [...]}`.
func Listed(only []string, address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return slices.ContainsFunc(only, func(o string) bool {
		o = strings.TrimPrefix(strings.ToLower(o), "@")
		return o == strings.ToLower(address) || o == strings.ToLower(domain)
	})
}

// Prepare leaves copies to those on the list.
func (c *listed) Prepare(m andante.Message) (channels.Sealed, error) {
	m.Cc = slices.DeleteFunc(slices.Clone(m.Cc), func(a andante.Mailbox) bool { return !c.on(a.Address) })
	return c.Channel.Prepare(m)
}

// Deliver takes the batch apart.
func (c *listed) Deliver(ctx context.Context, batch []channels.Sealed, g channels.Gate) error {
	var real, rest []channels.Sealed
	for _, s := range batch {
		if c.on(s.To) {
			real = append(real, s)
		} else {
			rest = append(rest, s)
		}
	}
	if len(rest) > 0 {
		if err := c.rest.Deliver(ctx, rest, g); err != nil {
			return err
		}
	}
	if len(real) == 0 {
		return nil
	}
	return c.Channel.Deliver(ctx, real, g)
}

// link writes the unsubscribe link of a touch. Whoever else reads a redirected mail must
// not unsubscribe the contact.
func (e *Engine) link(t ops.Token) string {
	token := ops.TestToken
	if e.Config.Deliver.Mode != "redirect" {
		token = e.Ops.Keys.Sign(t)
	}
	return UnsubscribeLink(e.Config.PublicURL, token)
}

// follow writes another link of a touch. Whoever else reads a redirected mail answers nothing in the
// contact's name, and what they click is nobody's click.
func (e *Engine) follow(l ops.Link) string {
	at := strings.TrimRight(e.Config.PublicURL, "/") + "/" + string(rune(l.Page)) + "/"
	switch {
	case e.Config.Deliver.Mode != "redirect":
		return at + e.Ops.Keys.SignLink(l)
	case l.Page == ops.AnswerPage:
		return at + ops.TestToken
	}
	return l.Says
}

// UnsubscribeLink is where the web role takes a token.
func UnsubscribeLink(publicURL, token string) string {
	return strings.TrimRight(publicURL, "/") + "/u/" + token
}
