package email_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/inbox"
)

// issuer gives access tokens as RFC 6749 says, and can take them back.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	given   int
	good    map[string]bool
	refuses string // the error of section 5.2 that it answers with; empty: it gives
	forms   []string
	expires int
	rotates bool // each access token comes with a new refresh token, and the one before is over
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{good: map[string]bool{}, expires: 3600}
	i.Server = httptest.NewServer(http.HandlerFunc(i.answer))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) answer(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	_ = r.ParseForm()
	i.forms = append(i.forms, r.Form.Get("grant_type")+" "+r.Form.Get("refresh_token"))
	w.Header().Set("Content-Type", "application/json")
	if i.refuses != "" {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": i.refuses, "error_description": "the user has changed the password"})
		return
	}
	i.given++
	token := fmt.Sprintf("token-%d", i.given)
	i.good[token] = true
	answer := map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": i.expires}
	if i.rotates {
		answer["refresh_token"] = fmt.Sprintf("refresh-%d", i.given)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// takes tells whether a token is good for the one user.
func (i *issuer) takes(user, token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return user == "nora@acme.example" && i.good[token]
}

func (i *issuer) asked() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.forms)
}

// withTokens is a mailbox that takes the issuer's tokens.
func (i *issuer) withTokens(t *testing.T, o email.OAuth) (*inbox.Inbox, *email.Channel) {
	o.TokenURL, o.ClientID, o.ClientSecret = i.URL, "andante", "client-canary"
	return relay(t, inbox.Options{Token: i.takes}, email.Config{
		Server:   email.Server{User: "nora@acme.example", Tokens: email.NewTokens(o)},
		MaxMails: 1, // each mail logs in anew
	})
}

func sendMails(t *testing.T, ch *email.Channel, n int) (*channeltest.Gate, error) {
	t.Helper()
	g := &channeltest.Gate{}
	return g, ch.Deliver(context.Background(), mails(t, ch, n), g)
}

// mails are n sealed mails of one sender.
func mails(t *testing.T, ch *email.Channel, n int) (list []channels.Sealed) {
	t.Helper()
	for i := range n {
		s, err := ch.Prepare(channeltest.Message(andante.Email, i))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

func TestOneTokenServesManyLogins(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	in, ch := i.withTokens(t, email.OAuth{RefreshToken: "refresh-canary"})
	if _, err := sendMails(t, ch, 3); err != nil || in.Count() != 3 {
		t.Fatalf("%d mails arrived, %v", in.Count(), err)
	}
	if got := i.asked(); !slices.Equal(got, []string{"refresh_token refresh-canary"}) {
		t.Errorf("asked for tokens by %q, want once by the refresh token", got)
	}
}

func TestATokenThatIsOverIsReplaced(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.expires = 1 // less than the margin that a token must still have
	in, ch := i.withTokens(t, email.OAuth{})
	if _, err := sendMails(t, ch, 2); err != nil || in.Count() != 2 {
		t.Fatalf("%d mails arrived, %v", in.Count(), err)
	}
	if got := i.asked(); !slices.Equal(got, []string{"client_credentials ", "client_credentials "}) {
		t.Errorf("asked for tokens by %q, want twice by the program's own credentials", got)
	}
}

// TestARefreshTokenThatIsReplaced: the next one is asked with what came last, and whoever keeps
// it is told.
func TestARefreshTokenThatIsReplaced(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.expires, i.rotates = 1, true
	var kept []string
	in, ch := i.withTokens(t, email.OAuth{RefreshToken: "written", Rotated: func(s andante.Secret) { kept = append(kept, s.Reveal()) }})
	if _, err := sendMails(t, ch, 2); err != nil || in.Count() != 2 {
		t.Fatalf("%d mails arrived, %v", in.Count(), err)
	}
	if got := i.asked(); !slices.Equal(got, []string{"refresh_token written", "refresh_token refresh-1"}) || !slices.Equal(kept, []string{"refresh-1", "refresh-2"}) {
		t.Errorf("asked by %q; kept %q", got, kept)
	}
}

// TestAWithdrawnTokenIsReplaced has the provider take a token back that was good for an
// hour: the mailbox refuses it, and the next one is taken.
func TestAWithdrawnTokenIsReplaced(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	in, ch := i.withTokens(t, email.OAuth{RefreshToken: "r"})
	if _, err := sendMails(t, ch, 1); err != nil {
		t.Fatal(err)
	}
	i.mu.Lock()
	clear(i.good)
	i.mu.Unlock()
	if _, err := sendMails(t, ch, 1); err != nil || in.Count() != 2 {
		t.Errorf("%d mails arrived, %v", in.Count(), err)
	}
}

// TestWhoMustSignInAgain tells a grant that is over, which a person mends, from a provider
// that is away.
func TestWhoMustSignInAgain(t *testing.T) {
	t.Parallel()
	over := newIssuer(t)
	over.refuses = "invalid_grant"
	_, ch := over.withTokens(t, email.OAuth{RefreshToken: "refresh-canary"})
	_, err := sendMails(t, ch, 1)
	if channels.KindOf(err) != channels.Sender {
		t.Errorf("a grant that is over: %v, want the sender stopped", err)
	}
	for word, want := range map[string]bool{"invalid_grant": true, "changed the password": true, "sign in again": true, "canary": false} {
		if text := fmt.Sprint(err); strings.Contains(text, word) != want {
			t.Errorf("the notice says %q; with %q: %v", text, word, want)
		}
	}
	away := newIssuer(t)
	_, ch = away.withTokens(t, email.OAuth{RefreshToken: "r"})
	away.Close()
	if _, err := sendMails(t, ch, 1); channels.KindOf(err) != channels.Temporary {
		t.Errorf("a provider that is away: %v, want it tried later", err)
	}
}

// TestEachSenderHasItsServer sends for three: each mail leaves by its sender's own server,
// and one who has none that works stops alone.
func TestEachSenderHasItsServer(t *testing.T) {
	t.Parallel()
	news, _ := relay(t, inbox.Options{}, email.Config{})
	nora, _ := relay(t, inbox.Options{User: "nora", Password: "secret"}, email.Config{})
	at := func(in *inbox.Inbox) email.Server {
		return email.Server{Host: "127.0.0.1", Port: portOf(in), TLS: email.NoTLS}
	}
	own := at(nora)
	own.User, own.Password = "nora", "secret"
	_, ch := relay(t, inbox.Options{}, email.Config{ServerOf: func(_ context.Context, sender string) (email.Server, error) {
		switch sender {
		case "news":
			return at(news), nil
		case "nora":
			return own, nil
		}
		return email.Server{}, errors.New("environment variable SMTP_TOM is not set")
	}})
	for sender, want := range map[string]channels.ErrorKind{"news": "", "nora": "", "tom": channels.Sender} {
		batch := mails(t, ch, 2)
		for i := range batch {
			batch[i].Sender = sender
		}
		if err := ch.Deliver(t.Context(), batch, &channeltest.Gate{}); channels.KindOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("%s: %v, want %q", sender, err, want)
		}
	}
	if news.Count() != 2 || nora.Count() != 2 {
		t.Errorf("%d and %d mails arrived, want 2 by each server", news.Count(), nora.Count())
	}
}

// TestAChangedServerIsUsed: a sender's mails go by the new server at once, though
// connections to the old one are kept.
func TestAChangedServerIsUsed(t *testing.T) {
	t.Parallel()
	before, _ := relay(t, inbox.Options{}, email.Config{})
	after, _ := relay(t, inbox.Options{}, email.Config{})
	use := before
	_, ch := relay(t, inbox.Options{}, email.Config{ServerOf: func(context.Context, string) (email.Server, error) {
		return email.Server{Host: "127.0.0.1", Port: portOf(use), TLS: email.NoTLS}, nil
	}})
	for range 2 {
		if _, err := sendMails(t, ch, 1); err != nil {
			t.Fatal(err)
		}
		use = after
	}
	if before.Count() != 1 || after.Count() != 1 {
		t.Errorf("%d mails by the old server and %d by the new one, want 1 and 1", before.Count(), after.Count())
	}
}
