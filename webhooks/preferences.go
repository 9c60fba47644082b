package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/workspace"
)

// NewPages returns the pages of a company, in its language where a contact has none.
func NewPages(o *ops.Ops, company, language string, log *slog.Logger) *Pages {
	texts, lang := workspace.ShippedPages(language)
	return &Pages{ops: o, plain: ops.Preferences{Company: company, Texts: texts, Language: lang}, log: log}
}

// Pages are the pages behind the links of messages.
type Pages struct {
	ops   *ops.Ops
	plain ops.Preferences // what is shown of nobody
	log   *slog.Logger
}

// Preferences serves the page behind the links of mails and cards, /u/{token} and /p/{token}: what
// somebody gets, less of it, and nothing more, each by one press. GET and HEAD change nothing. POST,
// from a person or from a mailbox provider (RFC 8058), carries the wish out before it answers,
// needs no cookie, and may come as often as it likes. The end point is not limited by address:
// providers post from a few.
func (u *Pages) Preferences(w http.ResponseWriter, r *http.Request) {
	token, err := u.token(r)
	switch {
	case !allowed(w, r, http.MethodGet, http.MethodHead, http.MethodPost):
	case r.PathValue("token") == ops.TestToken:
		u.note(w, http.StatusOK, "test")
	case err != nil:
		u.note(w, http.StatusNotFound, "bad")
	case r.Method == http.MethodPost:
		u.carryOut(w, r, token)
	default:
		p, err := u.ops.Preferences(r.Context(), token)
		if err != nil {
			u.trouble(w, token, err)
			return
		}
		u.write(w, http.StatusOK, show(p, token.Kind, ""))
	}
}

// token reads what stands in the address: a link's token, or the code that somebody typed from
// a piece of post.
func (u *Pages) token(r *http.Request) (ops.Token, error) {
	if typed := r.PathValue("token"); ops.CodeOf(typed) != "" {
		t, err := u.ops.TokenOfCode(r.Context(), typed)
		if err != nil && !errors.Is(err, ops.ErrBadToken) {
			u.log.Error("a code could not be looked up", "err", err)
		}
		return t, err
	}
	return u.ops.Keys.Verify(r.PathValue("token"))
}

// maxForm is how much of a body is read.
const maxForm = 8 << 10

// carryOut does what somebody pressed. Without a button the address says it all: no more of what
// the link came with.
func (u *Pages) carryOut(w http.ResponseWriter, r *http.Request, t ops.Token) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	source := "link"
	if r.FormValue("List-Unsubscribe") == "One-Click" {
		source = "one-click"
	}
	if data := r.PostFormValue("data"); data != "" {
		u.mailData(w, r, t, ops.DataWish(data))
		return
	}
	wish := ops.Wish{Less: r.PostFormValue("less"), Not: r.PostFormValue("not"), Never: r.PostFormValue("never")}
	// Whoever hangs up early has still asked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 25*time.Second)
	defer cancel()
	if source == "one-click" || wish == (ops.Wish{}) {
		u.leave(ctx, w, t, source)
		return
	}
	before, err := u.ops.Preferences(ctx, t)
	before.Barred = false // what was pressed before may be pressed again
	before.Topics = append(before.Topics, before.Choice.Not...)
	before.Choice = andante.Choice{Max: 1} // so that everything as usual can be
	label := show(before, t.Kind, "").label(wish)
	if err == nil && label == "" {
		err = ops.ErrNoWish
	}
	if err == nil {
		err = u.ops.Wish(ctx, t, wish, "page: "+label)
	}
	switch {
	case errors.Is(err, ops.ErrNoWish), errors.Is(err, andante.ErrNotFound):
		u.note(w, http.StatusNotFound, "bad")
	case err != nil:
		u.trouble(w, t, err)
	default:
		u.log.Info("a choice was made", "contact", string(t.Contact), "touch", string(t.Touch), "kind", string(t.Kind), "reason", label)
		u.done(ctx, w, t, wish)
	}
}

// mailData has a link to what is known of the contact mailed to it. The page says so whether or not
// one went today already.
func (u *Pages) mailData(w http.ResponseWriter, r *http.Request, t ops.Token, wish ops.DataWish) {
	err := u.ops.MailData(context.WithoutCancel(r.Context()), t, wish)
	switch {
	case errors.Is(err, ops.ErrNoWish), errors.Is(err, andante.ErrNotFound):
		u.note(w, http.StatusNotFound, "bad")
		return
	case err != nil:
		u.trouble(w, t, err)
		return
	}
	u.log.Info("somebody asked for what is known of them", "contact", string(t.Contact), "reason", string(wish))
	p, err := u.ops.Preferences(r.Context(), t)
	if err != nil {
		p = u.plain
	}
	u.write(w, http.StatusOK, show(p, t.Kind, words{p.Texts, p.Company}.say("data_mailed")))
}

// leave ends all advertising of the link's kind.
func (u *Pages) leave(ctx context.Context, w http.ResponseWriter, t ops.Token, source string) {
	if err := u.ops.Unsubscribe(ctx, t, source); err != nil {
		u.trouble(w, t, err)
		return
	}
	u.log.Info("unsubscribed", "contact", string(t.Contact), "touch", string(t.Touch), "kind", string(t.Kind), "reason", source)
	u.done(ctx, w, t, ops.Wish{Never: string(ops.WayOf(t.Kind))})
}

// done shows the page once more, with what has been carried out. It is: whatever happens now, the
// answer says so.
func (u *Pages) done(ctx context.Context, w http.ResponseWriter, t ops.Token, wish ops.Wish) {
	p, err := u.ops.Preferences(ctx, t)
	if err != nil {
		say := words{u.plain.Texts, u.plain.Company}
		u.write(w, http.StatusOK, view{Lang: u.plain.Language, Title: say.say("done")})
		return
	}
	v := show(p, t.Kind, carriedOut(p, wish))
	if wish.Never != "" {
		v.Title, v.Lines = words{p.Texts, p.Company}.say("gone"), nil
		if p.Barred || !p.Known {
			v.Groups = nil
		}
	}
	u.write(w, http.StatusOK, v)
}

// trouble says that it did not work: the provider, or the person, shall try again.
func (u *Pages) trouble(w http.ResponseWriter, t ops.Token, err error) {
	u.log.Error("a wish could not be carried out, or its page not be shown", "contact", string(t.Contact), "touch", string(t.Touch), "err", err)
	http.Error(w, u.plain.Texts["trouble"], http.StatusServiceUnavailable)
}

// note shows one of the pages that are about nobody.
func (u *Pages) note(w http.ResponseWriter, code int, key string) {
	say := words{u.plain.Texts, u.plain.Company}
	u.write(w, code, view{Lang: u.plain.Language, Title: say.say(key), Lines: []string{say.say(key + "_text")}})
}

func (u *Pages) write(w http.ResponseWriter, code int, v view) {
	headers(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	if err := page.Execute(w, v); err != nil {
		u.log.Debug("the page could not be written", "err", err)
	}
}

// headers are those of everything that is behind a link.
func headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
}

// allowed tells whether the method is one of those that a page knows, and answers if it is not.
func allowed(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	return false
}
