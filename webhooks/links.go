package webhooks

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
)

// Answer serves the page of an answer link, /a/{token}: the answer that was chosen, and one button
// that sends it. GET and HEAD change nothing, for machines follow links too.
func (u *Pages) Answer(w http.ResponseWriter, r *http.Request) {
	l, err := u.ops.Keys.ReadLink(ops.AnswerPage, r.PathValue("token"))
	_, value, ok := l.AnswerOf()
	switch {
	case !allowed(w, r, http.MethodGet, http.MethodHead, http.MethodPost):
	case r.PathValue("token") == ops.TestToken:
		u.note(w, http.StatusOK, "test")
	case err != nil || !ok:
		u.note(w, http.StatusNotFound, "bad")
	case r.Method == http.MethodPost:
		u.sendAnswer(w, r, l)
	default:
		p, err := u.ops.Preferences(r.Context(), ops.Token{Contact: l.Contact, Kind: andante.Email})
		if err != nil {
			u.trouble(w, ops.Token{Contact: l.Contact, Touch: l.Touch}, err)
			return
		}
		say := words{p.Texts, p.Company}
		send := group{"answer", value, []button{{"send", "yes", say.say("answer_send")}}}
		u.write(w, http.StatusOK, view{Lang: p.Language, Title: say.say("answer"), Groups: []group{send}})
	}
}

func (u *Pages) sendAnswer(w http.ResponseWriter, r *http.Request, l ops.Link) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 25*time.Second)
	defer cancel()
	err := u.ops.Answer(ctx, l)
	switch {
	case errors.Is(err, andante.ErrNotFound):
		u.note(w, http.StatusNotFound, "bad")
	case err != nil:
		u.trouble(w, ops.Token{Contact: l.Contact, Touch: l.Touch}, err)
	default:
		u.log.Info("an answer came", "contact", string(l.Contact), "touch", string(l.Touch))
		p, err := u.ops.Preferences(ctx, ops.Token{Contact: l.Contact, Kind: andante.Email})
		if err != nil { // it is kept, and its sender is to know
			p = u.plain
		}
		say := words{p.Texts, p.Company}
		u.write(w, http.StatusOK, view{Lang: p.Language, Title: say.say("answered")})
	}
}

// Click serves /c/{token}: it notes a click and leads where the message said, and nowhere else.
func (u *Pages) Click(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	l, err := u.ops.Keys.ReadLink(ops.ClickPage, r.PathValue("token"))
	to, bad := url.Parse(l.Says)
	if err != nil || bad != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		u.note(w, http.StatusNotFound, "bad")
		return
	}
	u.clicked(r, l)
	headers(w)
	http.Redirect(w, r, l.Says, http.StatusFound)
}

// point is a picture of one transparent point (GIF89a).
var point = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// Open serves /o/{token}: a picture of one point, which notes that a mail was opened.
func (u *Pages) Open(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	if l, err := u.ops.Keys.ReadLink(ops.OpenPage, r.PathValue("token")); err == nil {
		u.clicked(r, l)
	}
	headers(w)
	w.Header().Set("Content-Type", "image/gif")
	if _, err := w.Write(point); err != nil {
		u.log.Debug("the picture could not be written", "err", err)
	}
}

// clicked notes a click. Whatever becomes of that, who follows a link gets where it leads.
func (u *Pages) clicked(r *http.Request, l ops.Link) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	if err := u.ops.Clicked(ctx, ops.Click{Link: l, Machine: machine(r)}); err != nil {
		u.log.Error("a click could not be noted", "touch", string(l.Touch), "err", err)
	}
}

// scanners stand in what machines call themselves that follow the links of mails.
var scanners = []string{
	"bot", "crawl", "spider", "scan", "preview", "prefetch", "monitor", "fetch", "curl/", "wget/", "python", "go-http-client", "java/", "okhttp", "libwww", "headless",
	"barracuda", "proofpoint", "mimecast", "symantec", "messagelabs", "trendmicro", "sophos", "fortinet", "cisco", "ironport", "urldefense", "safelinks", "forcepoint",
	"facebookexternalhit", "slack", "telegram", "whatsapp", "twitter", "skypeuripreview", "microsoft office existence discovery", "ms-office", "googleimageproxy", "yahoomailproxy",
}

// machine returns what shows that a request is a machine's; empty if nothing does.
func machine(r *http.Request) string {
	agent := strings.ToLower(r.UserAgent())
	switch {
	case r.Method == http.MethodHead:
		return "asked for the header alone"
	case agent == "":
		return "says nothing of itself"
	}
	for _, name := range []string{"Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"} {
		if v := strings.ToLower(r.Header.Get(name)); strings.Contains(v, "prefetch") || strings.Contains(v, "preview") || strings.Contains(v, "prerender") {
			return "fetched in advance"
		}
	}
	if i := slices.IndexFunc(scanners, func(s string) bool { return strings.Contains(agent, s) }); i >= 0 {
		return "calls itself " + scanners[i]
	}
	return ""
}
