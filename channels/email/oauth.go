package email

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
)

// Tokens are what a server takes instead of a password: access tokens of OAuth 2.0 (RFC
// 6749), said by XOAUTH2. Safe for concurrent use; one value serves every connection, and
// must be comparable.
type Tokens interface {
	// Token returns a token that is good now. Its error is the provider's.
	Token(ctx context.Context) (andante.Secret, error)
	// Refused says that the server did not take a token, so that the next is another one.
	Refused(token andante.Secret)
}

// OAuth says how access tokens are got: by a refresh token of one mailbox, or, without
// one, by the program's own credentials (RFC 6749 sections 6 and 4.4).
type OAuth struct {
	TokenURL     string
	ClientID     string
	ClientSecret andante.Secret
	RefreshToken andante.Secret
	Scopes       []string
}

// tokenTime is how long a provider may take over a token.
const tokenTime = 30 * time.Second

// NewTokens returns the tokens that a provider gives.
func NewTokens(o OAuth) Tokens { return &tokens{o: o} }

type tokens struct {
	o    OAuth
	mu   sync.Mutex
	last *oauth2.Token
}

// Token asks for a new token when the last one is over, or nearly so.
func (t *tokens) Token(ctx context.Context) (andante.Secret, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last.Valid() {
		return andante.Secret(t.last.AccessToken), nil
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, tokenClient), tokenTime)
	defer cancel()
	got, err := t.source(ctx).Token()
	if err != nil {
		return "", err
	}
	if got.RefreshToken != "" { // some providers give a new one each time
		t.o.RefreshToken = andante.Secret(got.RefreshToken)
	}
	t.last = got
	return andante.Secret(got.AccessToken), nil
}

// tokenClient follows no redirect: credentials go to the one address that was configured.
var tokenClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (t *tokens) source(ctx context.Context) oauth2.TokenSource {
	if t.o.RefreshToken == "" {
		c := clientcredentials.Config{ClientID: t.o.ClientID, ClientSecret: t.o.ClientSecret.Reveal(), TokenURL: t.o.TokenURL, Scopes: t.o.Scopes}
		return c.TokenSource(ctx)
	}
	c := oauth2.Config{
		ClientID: t.o.ClientID, ClientSecret: t.o.ClientSecret.Reveal(), Scopes: t.o.Scopes,
		Endpoint: oauth2.Endpoint{TokenURL: t.o.TokenURL},
	}
	return c.TokenSource(ctx, &oauth2.Token{RefreshToken: t.o.RefreshToken.Reveal()})
}

// Refused forgets the token, unless there is another one by now.
func (t *tokens) Refused(token andante.Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last != nil && andante.Secret(t.last.AccessToken) == token {
		t.last = nil
	}
}

// tokenError tells what to do about a provider that gives no token: where it says that it
// does not want to (RFC 6749 section 5.2), somebody has to sign in again.
func tokenError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 && refused.Response.StatusCode != http.StatusTooManyRequests {
		words := andante.CleanText(refused.ErrorCode + " " + refused.ErrorDescription)
		return &channels.SendError{Kind: channels.Sender, Err: fmt.Errorf("the provider gives no access token (%s): %s; sign in again and write the new refresh token", refused.Response.Status, words)}
	}
	return &channels.SendError{Kind: channels.Temporary, Err: fmt.Errorf("get an access token: %w", err)}
}

// tokenRefused tells whether the server would not take the token.
func tokenRefused(err error) bool {
	var e *channels.SendError
	return errors.As(err, &e) && e.Kind == channels.Sender && e.Code == 535
}
