package webhooks

import (
	"context"
	"net/http"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/andante-hq/andante"
)

// Standard takes events from whoever signs as Standard Webhooks say: what the API takes, without a
// key of it.
type Standard struct {
	Secret andante.Secret // whsec_ and base64
	// Take takes a body in; id is the webhook-id, by which it counts once.
	Take func(ctx context.Context, body []byte, id string) error
}

// Verify checks id, time and body.
func (s *Standard) Verify(r *http.Request, body []byte, now time.Time) error {
	if s.Secret == "" {
		return errNoSecret
	}
	wh, err := standardwebhooks.NewWebhook(s.Secret.Reveal())
	if err != nil {
		return errSignature
	}
	if err := wh.VerifyIgnoringTimestamp(body, r.Header); err != nil {
		return errSignature
	}
	return within(unixTime(r.Header.Get(standardwebhooks.HeaderWebhookTimestamp)), now, window)
}

// Read leaves the body to the API.
func (s *Standard) Read(r *http.Request, body []byte) (Told, error) {
	id := r.Header.Get(standardwebhooks.HeaderWebhookID)
	return Told{Done: func(ctx context.Context) error { return s.Take(ctx, body, id) }}, nil
}
