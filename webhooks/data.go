package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
)

// Data serves the page of a link that was mailed to whoever asked for it, /d/{token}: all that is known
// of them, or its erasure, behind one button. GET and HEAD show and change nothing, for machines
// follow links too.
func (u *Pages) Data(w http.ResponseWriter, r *http.Request) {
	id, wish, err := u.ops.ReadData(r.PathValue("token"))
	switch {
	case !allowed(w, r, http.MethodGet, http.MethodHead, http.MethodPost):
		return
	case errors.Is(err, ops.ErrTooOld):
		u.note(w, http.StatusGone, "data_old")
		return
	case err != nil:
		u.note(w, http.StatusNotFound, "bad")
		return
	}
	t := ops.Token{Contact: id, Kind: andante.Email}
	p, err := u.ops.Preferences(r.Context(), t)
	switch {
	case err != nil:
		u.trouble(w, t, err)
	case !p.Known:
		u.about(w, p, "data_erased")
	case r.Method == http.MethodPost && wish == ops.DataErase:
		u.erase(w, r, p, t)
	case r.Method == http.MethodPost:
		u.download(w, r, t)
	default:
		say := words{p.Texts, p.Company}
		press := map[ops.DataWish]string{ops.DataExport: "data_download", ops.DataErase: "data_erase_press"}[wish]
		title := "data_" + string(wish)
		u.write(w, http.StatusOK, view{
			Lang: p.Language, Title: say.say(title + "_title"), Lines: []string{say.say(title + "_text")},
			Groups: []group{{"data", "", []button{{"data", string(wish), say.say(press)}}}},
		})
	}
}

// about shows a page of a title and a line, in the contact's language.
func (u *Pages) about(w http.ResponseWriter, p ops.Preferences, key string) {
	say := words{p.Texts, p.Company}
	u.write(w, http.StatusOK, view{Lang: p.Language, Title: say.say(key), Lines: []string{say.say(key + "_text")}})
}

func (u *Pages) erase(w http.ResponseWriter, r *http.Request, p ops.Preferences, t ops.Token) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 25*time.Second)
	defer cancel()
	if _, err := u.ops.Forget(ctx, t.Contact, "they asked for it at our page"); err != nil && !errors.Is(err, andante.ErrNotFound) {
		u.trouble(w, t, err)
		return
	}
	u.log.Info("somebody was forgotten, as they asked", "contact", string(t.Contact))
	u.about(w, p, "data_erased")
}

func (u *Pages) download(w http.ResponseWriter, r *http.Request, t ops.Token) {
	d, err := u.ops.Dossier(r.Context(), t.Contact)
	if err != nil {
		u.trouble(w, t, err)
		return
	}
	u.log.Info("somebody got what is known of them", "contact", string(t.Contact))
	headers(w)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="what-is-known.json"`)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		u.log.Debug("the file could not be written", "err", err)
	}
}
