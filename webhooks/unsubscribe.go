package webhooks

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/andante-hq/andante/ops"
)

//go:embed unsubscribe.html
var pages embed.FS

var page = template.Must(template.ParseFS(pages, "unsubscribe.html"))

// words of the page, by language.
type words struct {
	Lang, Title, Ask, Button, Done, DoneText, Bad, BadText, Test, TestText, AskPost, DonePost string
}

var languages = map[string]words{
	"en": {
		"en", "Unsubscribe", "No more mails like this from %s?", "Unsubscribe", "You are unsubscribed", "%s will send you no more mails like this.",
		"This link does not work", "It may be cut off or too old. Answer the mail and say that you want no more: that works too.",
		"This was a test mail", "Nobody is unsubscribed. In a real mail this link leads to one button.",
		"No more advertising by post from %s?", "%s will send you no more advertising by post.",
	},
	"de": {
		"de", "Abbestellen", "Keine solchen E-Mails mehr von %s?", "Abbestellen", "Sie sind abgemeldet", "%s schickt Ihnen keine solchen E-Mails mehr.",
		"Dieser Link funktioniert nicht", "Vielleicht ist er abgeschnitten oder zu alt. Antworten Sie auf die E-Mail, dass Sie keine mehr wünschen: auch das genügt.",
		"Das war eine Testmail", "Niemand ist abgemeldet. In einer echten E-Mail führt dieser Link zu einem Knopf.",
		"Keine Werbung mehr von %s mit der Post?", "%s schickt Ihnen keine Werbung mehr mit der Post.",
	},
}

// view is what the page shows.
type view struct {
	words
	State string // ask, done, bad or test
	Text  string
}

// Unsubscribe serves /u/{token}. GET and HEAD show one button and change nothing;
// POST, from a person or from a mailbox provider (RFC 8058), carries the wish out
// before it answers, needs no cookie, and may come as often as it likes. The end
// point is not limited by address: providers post from a few.
func Unsubscribe(o *ops.Ops, company, language string, log *slog.Logger) http.Handler {
	w, ok := languages[strings.ToLower(strings.SplitN(language, "-", 2)[0])]
	if !ok {
		w = languages["en"]
	}
	return &unsubscribe{ops: o, company: company, words: w, log: log}
}

type unsubscribe struct {
	ops     *ops.Ops
	company string
	words   words
	log     *slog.Logger
}

func (u *unsubscribe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, err := u.token(r)
	test := r.PathValue("token") == ops.TestToken
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case test:
		u.show(w, http.StatusOK, view{words: u.words, State: "test", Text: u.words.TestText})
	case err != nil:
		u.show(w, http.StatusNotFound, view{words: u.words, State: "bad", Text: u.words.BadText})
	case r.Method == http.MethodPost:
		u.leave(w, r, token)
	default:
		u.show(w, http.StatusOK, view{words: u.words, State: "ask", Text: strings.ReplaceAll(u.said(token, u.words.Ask, u.words.AskPost), "%s", u.company)})
	}
}

// token reads what stands in the address: a link's token, or the code that somebody typed from
// a piece of post.
func (u *unsubscribe) token(r *http.Request) (ops.Token, error) {
	if typed := r.PathValue("token"); ops.CodeOf(typed) != "" {
		t, err := u.ops.TokenOfCode(r.Context(), typed)
		if err != nil && !errors.Is(err, ops.ErrBadToken) {
			u.log.Error("a code could not be looked up", "err", err)
		}
		return t, err
	}
	return u.ops.Keys.Verify(r.PathValue("token"))
}

// leave carries the wish out. The body is not needed: the address says it all.
func (u *unsubscribe) leave(w http.ResponseWriter, r *http.Request, t ops.Token) {
	source := "link"
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if r.FormValue("List-Unsubscribe") == "One-Click" {
		source = "one-click"
	}
	// Whoever hangs up early has still asked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 25*time.Second)
	defer cancel()
	if err := u.ops.Unsubscribe(ctx, t, source); err != nil {
		u.log.Error("an unsubscribe could not be carried out", "contact", string(t.Contact), "touch", string(t.Touch), "err", err)
		http.Error(w, "this did not work; please try again in a moment", http.StatusServiceUnavailable)
		return
	}
	u.log.Info("unsubscribed", "contact", string(t.Contact), "touch", string(t.Touch), "kind", string(t.Kind), "reason", source)
	u.show(w, http.StatusOK, view{words: u.words, State: "done", Text: strings.ReplaceAll(u.said(t, u.words.DoneText, u.words.DonePost), "%s", u.company)})
}

// said picks the words: those about mails, or about what comes by post.
func (u *unsubscribe) said(t ops.Token, mail, post string) string {
	if t.Kind.Mailed() {
		return post
	}
	return mail
}

func (u *unsubscribe) show(w http.ResponseWriter, code int, v view) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(code)
	if err := page.Execute(w, v); err != nil {
		u.log.Debug("the page could not be written", "err", err)
	}
}
