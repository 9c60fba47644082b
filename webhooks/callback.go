package webhooks

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/inbound"
	"github.com/andante-hq/andante/ops"
)

// A Provider tells what became of mails and other things that it took from us.
type Provider interface {
	// Verify tells what is wrong with the signature of a request, of which the body is as it came.
	// now is the machine's.
	Verify(r *http.Request, body []byte, now time.Time) error
	// Read understands a body that is verified.
	Read(r *http.Request, body []byte) (Told, error)
}

// Early is a provider whose requests can be refused before their body is read.
type Early interface{ VerifyHeader(r *http.Request) error }

// large are the places for requests with a large body: so many are read at a time.
var large = make(chan struct{}, 8)

// Told is what one request tells.
type Told struct {
	Mails []ops.Told     // what became of mails
	Post  []ops.PostTold // or of what went by post
	In    *Incoming      // a mail that came in
	Once  string         // what else a request counts once by; empty: by what it tells
	Done  func(context.Context) error
}

// Incoming is a mail that came in.
type Incoming struct {
	Raw []byte
	inbound.Envelope
}

// What may be wrong with a request.
var (
	errNoSecret  = errors.New("no secret is configured")
	errSignature = errors.New("the signature is wrong")
	errTooOld    = errors.New("it is too old, or from the future")
)

// window is how far the time of a signature may be from ours.
const window = 5 * time.Minute

// within tells whether a signature's time is near enough to ours.
func within(at, now time.Time, most time.Duration) error {
	if at.Before(now.Add(-most)) || at.After(now.Add(window)) {
		return errTooOld
	}
	return nil
}

// maxEvents is how much of a post is read that tells of events, and maxPosted of one with a mail.
const (
	maxEvents = 2 << 20
	maxPosted = inbound.MaxMail * 3 / 2 // encoded, with what is around it
)

// A Callback takes what a provider posts: the raw bytes are verified first, and it is answered when
// what follows is committed. Whatever is wrong comes again, or is refused.
type Callback struct {
	Name     string
	Provider Provider
	Ops      *ops.Ops
	Log      *slog.Logger
	Mail     bool // mails come in by it, too
}

func (c *Callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodPost) {
		return
	}
	most := int64(maxEvents)
	if c.Mail {
		most = maxPosted
	}
	if early, ok := c.Provider.(Early); ok {
		if err := early.VerifyHeader(r); err != nil {
			c.Log.Warn("a callback is refused", "provider", c.Name, "err", err)
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
	}
	if r.ContentLength < 0 || r.ContentLength > maxEvents { // few large ones at a time
		select {
		case large <- struct{}{}:
			defer func() { <-large }()
		case <-r.Context().Done():
			return
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		http.Error(w, "it could not be read, or is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err := c.Provider.Verify(r, body, c.Ops.Clock.Wall()); err != nil {
		c.Log.Warn("a callback is refused", "provider", c.Name, "err", err)
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	told, err := c.Provider.Read(r, body)
	if err != nil {
		c.Log.Warn("a callback is not understood", "provider", c.Name, "err", andante.HideAddresses(err.Error()))
		http.Error(w, "it is not understood", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 25*time.Second)
	defer cancel()
	if err := c.take(ctx, told); err != nil {
		c.Log.Error("a callback could not be carried out; its provider tries again", "provider", c.Name, "err", andante.HideAddresses(err.Error()))
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (c *Callback) take(ctx context.Context, told Told) error {
	if told.Once != "" {
		if before, err := c.Ops.Came(ctx, told.Once); err != nil || before {
			return err
		}
	}
	if told.In != nil {
		if _, err := c.Ops.TakeMail(ctx, told.In.Raw, told.In.Envelope); err != nil {
			return err
		}
	}
	if len(told.Mails) > 0 {
		if err := c.Ops.TakeTold(ctx, told.Mails); err != nil {
			return err
		}
	}
	if len(told.Post) > 0 {
		if err := c.Ops.TakePost(ctx, told.Post); err != nil {
			return err
		}
	}
	if told.Done != nil {
		if err := told.Done(ctx); err != nil {
			return err
		}
	}
	if told.Once != "" {
		return c.Ops.NoteCame(ctx, told.Once)
	}
	return nil
}
