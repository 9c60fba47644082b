package engine

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/andante-hq/andante/api"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/webhooks"
)

// handler is what the web role serves.
func (e *Engine) handler(q queue.Queue) http.Handler {
	mux := http.NewServeMux()
	pages := webhooks.NewPages(e.Ops, e.Config.Company.Name, e.Config.Company.Language, e.log)
	mux.HandleFunc("/u/{token}", pages.Preferences)
	mux.HandleFunc("/p/{token}", pages.Preferences)
	mux.HandleFunc("/a/{token}", pages.Answer)
	mux.HandleFunc("/d/{token}", pages.Data)
	mux.HandleFunc("/c/{token}", pages.Click)
	mux.HandleFunc("/o/{token}", pages.Open)
	if token := e.twilioToken(); e.Config.Channels.SMS.Driver == "twilio" {
		mux.Handle("/w/twilio", &webhooks.Twilio{Ops: e.Ops, PublicURL: e.Config.PublicURL, Token: token, Log: e.log})
	}
	e.callbacks(mux)
	mux.Handle(api.Path, api.Handler(e.Ops, e.log))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := e.ready(r.Context(), q); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(e.Registry, promhttp.HandlerOpts{}))
	return mux
}

// ready tells whether store and queue answer and a revision is published.
func (e *Engine) ready(ctx context.Context, q queue.Queue) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	err := e.Store.Read(ctx, func(tx *store.Tx) error {
		_, err := e.Ops.Workspace(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	if err := q.Ping(ctx); err != nil {
		return fmt.Errorf("the queue does not answer")
	}
	return nil
}
