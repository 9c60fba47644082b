package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net/mail"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/workspace"
)

func (a *app) sendTestCommand() *cobra.Command {
	var to string
	var p pick
	var live bool
	c := command("day", "send-test SEQUENCE/STEP|FILE", "Send a step to yourself",
		"Renders a step as `preview` does and sends it to your own address or number: mails and\ntexts as they are, what goes by post as a PDF, and what people do as the mail that tells\nthem of it. In sandbox mode it is written to the folder; --live sends it all the same.",
		"andante send-test "+firstStep+" --to me@acme.example --live", nil)
	c.Flags().StringVar(&to, "to", "", "your address, or your number for a text message")
	p.flags(c)
	c.Flags().BoolVar(&live, "live", false, "send it whatever the mode is")
	c.RunE = func(c *cobra.Command, args []string) error {
		if to == "" {
			return usagef("--to is missing: write your own address")
		}
		if got, err := mail.ParseAddress(to); (err != nil || got.Address != to) && !strings.HasPrefix(to, "+") {
			return usagef("--to is an address such as me@acme.example, or for a text a number such as +15125550100, not %q", to)
		}
		e, err := a.openFor(p)(c.Context(), func(o *engine.Options) {
			o.Config = func(cfg *workspace.Config) {
				if live {
					cfg.Deliver = workspace.Deliver{Mode: "live"}
				}
			}
		})
		if err != nil {
			return err
		}
		defer e.Close()
		got, err := a.render(c.Context(), e, args[0], p)
		if err != nil {
			return err
		}
		return a.sendTest(c, e, got, to)
	}
	return c
}

// test is what comes to whoever tries a step: a mail or a text message as it is, a piece of post
// as a picture of what is printed, and what people do as the mail that tells them of it.
func (p *previewed) test(e *engine.Engine, to string) (andante.Message, error) {
	m := p.message(to, e.Clock.Now().In(zone(e.Config)))
	if p.kind.ByHuman() || p.kind.Mailed() { // a mail to a colleague
		m.Unsubscribe, m.To.Name = "", ""
	}
	switch {
	case p.kind.Mailed():
		var b bytes.Buffer
		if err := e.PrintOne(&b, m); err != nil {
			return m, err
		}
		m.Kind, m.Post, m.HTML = andante.Email, nil, ""
		m.Subject = strings.TrimSpace(fmt.Sprintf("A test: %s to %s: %s", p.kind, p.contact.Name(), m.Subject))
		m.Parts = []andante.Part{{Name: string(p.kind) + ".pdf", MediaType: "application/pdf", Bytes: b.Bytes()}}
	case p.kind.ByHuman():
		m.Kind, m.HTML, m.Subject, m.Text = andante.Email, "", "To do: "+p.task.Title(), p.task.Text()
		m.Parts = []andante.Part{{Name: "tasks.ics", MediaType: "text/calendar", Bytes: []byte(p.agenda)}}
	}
	return m, nil
}

func (a *app) sendTest(c *cobra.Command, e *engine.Engine, p *previewed, to string) error {
	switch number := strings.HasPrefix(to, "+"); {
	case p.kind == andante.SMS && !number:
		return usagef("--to: this step is a text message; write your number, such as +15125550100")
	case p.kind == andante.Email && number:
		return usagef("--to: this step is a mail; write your address")
	case p.kind != andante.SMS && number:
		return usagef("--to: what is of the kind %s comes to you as a mail; write your address", p.kind)
	}
	m, err := p.test(e, to)
	if err != nil {
		return err
	}
	receipt, err := e.SendOne(c.Context(), p.identity.Key, m)
	if err != nil && e.Config.Deliver.Mode == "sandbox" {
		return fmt.Errorf("write the test: %w", err)
	}
	if err != nil && p.kind == andante.SMS {
		return fmt.Errorf("send the test by channels.sms: %w", err)
	}
	if err != nil {
		server, _ := e.Config.Channels.Email.MailServer(p.identity, e.FS())
		return fmt.Errorf("send the test through %s:%d: %w%s", server.Host, server.Port, err, relayHint(err, p.identity.Way()))
	}
	a.sentTest(e, receipt, to)
	for _, n := range p.notes {
		fmt.Fprintln(a.err, "note:", n)
	}
	return nil
}

// relayHint says what to do about a relay that can't be used.
func relayHint(err error, way string) string {
	var refused *channels.SendError
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		return "; if the certificate is your own authority's, name the authority in SSL_CERT_FILE"
	case errors.As(err, &refused) && refused.Code == 535:
		return "; see user and password of " + way + " in andante.yaml"
	case errors.As(err, &refused) && refused.Code == 0:
		return "; see " + way + " in andante.yaml, or ANDANTE_SMTP_HOST, _PORT and _TLS"
	}
	return ""
}

func (a *app) sentTest(e *engine.Engine, r channels.Receipt, to string) {
	d := e.Config.Deliver
	switch {
	case d.Mode == "sandbox":
		a.printf("Written to %s, for the mode is sandbox. Add --live to send it.\n", a.inDir(d.To))
	case d.Mode == "live" && len(d.Only) > 0 && !engine.Listed(d.Only, to):
		a.printf("Written to %s, for `deliver: {only: ...}` does not name %s. Add --live to send it.\n", a.inDir("outbox"), to)
	case d.Mode == "redirect":
		a.printf("Sent to %s, where everything goes in this mode; the server said: %d %s\n", d.To, r.Code, r.Response)
	default:
		a.printf("Sent to %s; the server said: %d %s\n", to, r.Code, r.Response)
	}
}

// inDir returns a path of the workspace as one can open it from here.
func (a *app) inDir(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(a.dir, path)
}
