package email

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"

	"github.com/andante-hq/andante"
)

// auth authenticates by the best mechanism that both sides know (RFC 4954).
func (c *conn) auth() *failure {
	offered := strings.Fields(strings.ToUpper(c.extensions["AUTH"]))
	a := mechanism(c.cfg.Server, c.secret, offered)
	c.secret = ""
	if a == nil {
		return &failure{stage: stageAuth, err: fmt.Errorf("%w: no common way to authenticate", errSettings)}
	}
	// dial has seen to it that the talk is encrypted or stays on this machine.
	name, initial, err := a.Start(&smtp.ServerInfo{Name: c.cfg.Host, TLS: c.cfg.TLS != NoTLS, Auth: offered})
	if err != nil {
		return &failure{stage: stageAuth, err: fmt.Errorf("%w: %w", errSettings, err)}
	}
	command := "AUTH " + name
	if initial != nil {
		command += " " + base64.StdEncoding.EncodeToString(initial)
	}
	for {
		r, err := c.wire.ask(c.cfg.CommandTimeout, command)
		if err != nil || r.code != 334 && r.code != 235 {
			return &failure{stageAuth, r, err}
		}
		challenge := []byte(strings.Join(r.lines, ""))
		if r.code == 334 {
			if challenge, err = base64.StdEncoding.DecodeString(string(challenge)); err != nil {
				return &failure{stage: stageAuth, err: fmt.Errorf("%w: challenge: %w", errNonsense, err)}
			}
		}
		answer, err := a.Next(challenge, r.code == 334)
		if err != nil {
			return &failure{stage: stageAuth, err: fmt.Errorf("%w: %s", errSettings, name)}
		}
		if r.code == 235 {
			return nil
		}
		command = base64.StdEncoding.EncodeToString(answer)
	}
}

// mechanism chooses how to authenticate: first what doesn't show the password
// to the relay, except that CRAM-MD5 comes after PLAIN over TLS, where PLAIN is
// the stronger. A token has one way only.
func mechanism(to Server, secret andante.Secret, offered []string) smtp.Auth {
	user, password := to.User, secret.Reveal()
	if to.Tokens != nil {
		if slices.Contains(offered, "XOAUTH2") {
			return smtp.XOAuth2Auth(user, password)
		}
		return nil
	}
	order := []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"}
	if to.TLS == NoTLS {
		order = []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"}
	}
	for _, m := range order {
		if !slices.Contains(offered, m) {
			continue
		}
		switch m {
		case "SCRAM-SHA-256":
			return smtp.ScramSHA256Auth(user, password)
		case "SCRAM-SHA-1":
			return smtp.ScramSHA1Auth(user, password)
		case "PLAIN":
			return smtp.PlainAuth("", user, password, to.Host, true)
		case "LOGIN":
			return smtp.LoginAuth(user, password, to.Host, true)
		case "CRAM-MD5":
			return smtp.CRAMMD5Auth(user, password)
		}
	}
	return nil
}
