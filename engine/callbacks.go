package engine

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/api"
	"github.com/andante-hq/andante/webhooks"
	"github.com/andante-hq/andante/workspace"
)

// callbacks serves what providers tell, each at its address. One without its secret is refused, and
// the log says so at the start.
func (e *Engine) callbacks(mux *http.ServeMux) {
	c := e.Config.Callbacks
	at := func(path, name string, p webhooks.Provider, mail bool) {
		mux.Handle("/w/"+path, &webhooks.Callback{Name: name, Provider: p, Ops: e.Ops, Log: e.log, Mail: mail})
	}
	if c.SES.Topic != "" {
		at("ses", "Amazon SES", &webhooks.SES{Topic: c.SES.Topic, Get: webhooks.GetSNS}, true)
	}
	if key, ok := e.callbackSecret("sendgrid.key", c.SendGrid.Key); ok {
		at("sendgrid", "SendGrid", &webhooks.SendGrid{Key: key}, false)
	}
	if secret, ok := e.callbackSecret("sendgrid.secret", c.SendGrid.Secret); ok {
		at("sendgrid/{secret}", "SendGrid", &webhooks.SendGridParse{Secret: secret}, true)
	}
	if key, ok := e.callbackSecret("mailgun.secret", c.Mailgun.Secret); ok {
		at("mailgun", "Mailgun", &webhooks.Mailgun{Key: key}, false)
		at("mailgun/mime", "Mailgun", &webhooks.Mailgun{Key: key}, true)
	}
	if password, ok := e.callbackSecret("postmark.password", c.Postmark.Password); ok {
		at("postmark", "Postmark", &webhooks.Postmark{User: c.Postmark.User, Password: password}, true)
	}
	if secret, ok := e.callbackSecret("lob.secret", c.Lob.Secret); ok {
		at("lob", "Lob", &webhooks.Lob{Secret: secret}, false)
	}
	if secret, ok := e.callbackSecret("standard.secret", c.Standard.Secret); ok {
		take := func(ctx context.Context, body []byte, id string) error {
			return api.TakeEvents(ctx, e.Ops, e.log, body, id)
		}
		at("standard", "Standard Webhooks", &webhooks.Standard{Secret: secret, Take: take}, false)
	}
	if secret, ok := e.callbackSecret("mail.secret", c.Mail.Secret); ok {
		at("mail", "mail", &webhooks.RawMail{Secret: secret}, true)
	}
}

// hooksEvery is how often it is looked for events that other programs are to be told.
const hooksEvery = 2 * time.Second

// tellHooks tells other programs of events until ctx ends.
func (e *Engine) tellHooks(ctx context.Context) error {
	h := &webhooks.Hooks{Ops: e.Ops, Target: e.hook, Log: e.log}
	for {
		more, err := h.Send(ctx)
		if err != nil && ctx.Err() == nil {
			e.log.Error("hooks could not be told; it is tried again", "err", err)
		}
		if more && err == nil {
			continue
		}
		if err := andante.Sleep(ctx, hooksEvery); err != nil {
			return nil
		}
	}
}

// hook returns where a hook lies, as is published, with the secret of this machine.
func (e *Engine) hook(ctx context.Context, name string) (t webhooks.Target, err error) {
	c, err := e.published(ctx)
	if err != nil {
		return t, err
	}
	h, ok := c.Hooks[name]
	if !ok {
		return t, fmt.Errorf("there is no hook %s any more", name)
	}
	t = webhooks.Target{URL: h.URL, Internal: h.Internal}
	t.Secret, err = e.secret("hooks."+name+".secret", h.Secret)
	return t, err
}

// callbackSecret returns a secret that andante.yaml names; false if it names none. One that can't
// be read is empty: whatever comes is refused, and not lost without a word.
func (e *Engine) callbackSecret(key string, ref workspace.SecretRef) (andante.Secret, bool) {
	if !ref.IsSet() {
		return "", false
	}
	s, err := e.secret("callbacks."+key, ref)
	if err != nil || s == "" {
		e.log.Error("callbacks are refused until their secret is there", "key", "callbacks."+key, "err", err)
	}
	return s, true
}
