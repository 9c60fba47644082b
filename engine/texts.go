package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/sms"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/templates"
	"github.com/andante-hq/andante/workspace"
)

// texts is the channel of text messages; nil if none is configured. Where nothing leaves it
// only builds them, and its gateway may be unfinished.
func (e *Engine) texts(leaves bool) (*sms.Channel, error) {
	c := e.Config.Channels.SMS
	if c.Driver == "" {
		return nil, nil
	}
	prices := maps.Clone(c.Prices)
	if others, ok := prices["others"]; ok {
		prices[""] = others
	}
	cfg := sms.Config{From: c.From, Countries: c.Countries, Prices: prices, Segments: c.Segments}
	if !leaves {
		return sms.New(cfg, nil, e.Clock), nil
	}
	g, err := e.gateway()
	if err != nil {
		return nil, err
	}
	return sms.New(cfg, g, e.Clock), nil
}

func (e *Engine) gateway() (sms.Gateway, error) {
	c := e.Config.Channels.SMS
	if c.Driver == "twilio" {
		return e.twilio()
	}
	s, err := e.secret("channels.sms.http.secret", c.HTTP.Secret)
	if err != nil {
		return nil, err
	}
	return newGateway(c.HTTP, s)
}

func (e *Engine) twilio() (*sms.Twilio, error) {
	c := e.Config.Channels.SMS.Twilio
	s, err := e.secret("channels.sms.twilio.secret", c.Secret)
	callback := c.Callback
	if callback == "" && e.Config.PublicURL != "" && (c.Key == "" || c.Token.IsSet()) {
		callback = strings.TrimSuffix(e.Config.PublicURL, "/") + "/w/twilio?touch=%s"
	}
	return &sms.Twilio{Account: c.Account, Key: c.Key, Secret: s, Callback: callback, URL: c.URL, Clock: e.Clock}, err
}

// twilioToken returns the token by which Twilio signs; empty, with a line in the log, if it is not
// known.
func (e *Engine) twilioToken() andante.Secret {
	c := e.Config.Channels.SMS
	if c.Driver != "twilio" {
		return ""
	}
	ref := c.Twilio.Token
	if !ref.IsSet() && c.Twilio.Key == "" {
		ref = c.Twilio.Secret
	}
	if !ref.IsSet() {
		e.log.Error("what Twilio tells is refused: set channels.sms.twilio.token to the account's auth token")
		return ""
	}
	s, err := e.secret("channels.sms.twilio.token", ref)
	if err != nil {
		e.log.Error("what Twilio tells is refused", "err", err)
	}
	return s
}

// secret reads what a key of andante.yaml names.
func (e *Engine) secret(key string, r workspace.SecretRef) (andante.Secret, error) {
	s, err := r.Resolve(func(name string) ([]byte, error) { return fs.ReadFile(e.FS(), name) })
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	return s, nil
}

// A gateway makes requests of texts, and outcomes of answers, as andante.yaml says.
type gateway struct {
	c        workspace.SMSGateway
	secret   andante.Secret
	escape   func(string) string // of the body
	url      *templates.Line
	body     *templates.Line
	headers  map[string]*templates.Line
	outcomes []outcome
}

// An outcome is what an answer means if its condition holds.
type outcome struct {
	when *conditions.Condition
	is   channels.ErrorKind // "": sent
}

// What a gateway's texts and conditions may name.
var (
	textFields   = fieldsOf("text", andante.TextField, "to", "from", "body", "id", "secret")
	answerFields = append(fieldsOf("answer", andante.TextField, "body"), andante.Field{Noun: "answer", Name: "status", Type: andante.NumberField})
)

func fieldsOf(noun string, t andante.FieldType, names ...string) (list []andante.Field) {
	for _, name := range names {
		list = append(list, andante.Field{Noun: noun, Name: name, Type: t, Filled: true})
	}
	return list
}

func newGateway(c workspace.SMSGateway, secret andante.Secret) (sms.Gateway, error) {
	g := &gateway{c: c, secret: secret, escape: escapeFor(c.Headers), headers: map[string]*templates.Line{}}
	known, _ := templates.New(nil, textFields)
	var errs []error
	compile := func(where, text string) *templates.Line {
		l, found := known.CompileValue(text, workspace.ConfigFile, 1, 1)
		if bad := workspace.Errors(found); len(bad) > 0 {
			errs = append(errs, fmt.Errorf("channels.sms.http.%s: %s", where, bad[0].Message))
		}
		return l
	}
	g.url, g.body = compile("url", c.URL), compile("body", c.Body)
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		g.headers[name] = compile("headers."+name, c.Headers[name])
	}
	for i, o := range c.Outcomes {
		when, err := conditions.Compile(o.When, conditions.Schema{Fields: answerFields})
		if err != nil {
			errs = append(errs, fmt.Errorf("channels.sms.http.outcomes, number %d: %w", i+1, err))
		}
		g.outcomes = append(g.outcomes, outcome{when, kindOf(o.Is)})
	}
	http := &sms.HTTP{Request: g.request, Judge: g.judge, Secret: secret}
	if c.ID != "" {
		id, err := regexp.Compile(c.ID)
		errs, http.ID = append(errs, err), id
	}
	return http, errors.Join(errs...)
}

func kindOf(is string) channels.ErrorKind {
	if is == "sent" {
		return ""
	}
	return channels.ErrorKind(is)
}

// escapeFor returns how a value becomes part of a body of that type, so that nobody's name
// can end what stands around it.
func escapeFor(headers map[string]string) func(string) string {
	switch workspace.GatewayBody(headers) {
	case "json":
		return func(s string) string {
			b, _ := json.Marshal(s) // a string always can
			return string(b[1 : len(b)-1])
		}
	case "form":
		return url.QueryEscape
	case "xml":
		return html.EscapeString
	}
	return func(s string) string { return s }
}

// values are what the request's texts are filled with.
func (g *gateway) values(t sms.Text, escape func(string) string) andante.Values {
	return andante.Values{"text": {
		"to": escape(t.To), "from": escape(t.From), "body": escape(t.Body), "id": escape(string(t.ID)), "secret": escape(g.secret.Reveal()),
	}}
}

func (g *gateway) request(ctx context.Context, t sms.Text) (r sms.Request, err error) {
	r = sms.Request{Method: g.c.Method, Header: map[string]string{}}
	if r.URL, err = g.url.Render(ctx, g.values(t, url.QueryEscape)); err != nil {
		return r, err
	}
	if r.Body, err = g.body.Render(ctx, g.values(t, g.escape)); err != nil {
		return r, err
	}
	for name, line := range g.headers {
		if r.Header[name], err = line.Render(ctx, g.values(t, func(s string) string { return s })); err != nil {
			return r, err
		}
	}
	return r, nil
}

// errNoRule says that an answer was a good one by its status, and none of the rules for what
// is sent fits it.
var errNoRule = errors.New("no rule of channels.sms.http.outcomes says what this answer means")

func (g *gateway) judge(a sms.Answer) (channels.ErrorKind, error) {
	v, some := andante.Values{"answer": {"status": float64(a.Status), "body": a.Body}}, false
	for _, o := range g.outcomes {
		holds, err := o.when.Eval(v, conditions.History{})
		if err != nil {
			return "", err
		}
		if holds {
			return o.is, nil
		}
		some = some || o.is == ""
	}
	kind := sms.ByStatus(a.Status)
	if kind == "" && some {
		return "", errNoRule
	}
	return kind, nil
}
