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
	// Rotated, if set, is told of each new refresh token that the provider gives instead.
	Rotated func(andante.Secret)
}

// tokenTime is how long a provider may take over a token.
const tokenTime = 30 * time.Second

// NewTokens returns the tokens that a provider gives.
func NewTokens(o OAuth) Tokens {
	return &tokens{
		o: o,
		byMailbox: oauth2.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), Scopes: o.Scopes, Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL},
		},
		byProgram: clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), TokenURL: o.TokenURL, Scopes: o.Scopes},
	}
}

type tokens struct {
	o OAuth
	// They remember in which of two ways the provider wants to be told the secret.
	byMailbox oauth2.Config
	byProgram clientcredentials.Config

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
	if next := andante.Secret(got.RefreshToken); next != "" && next != t.o.RefreshToken { // some providers give a new one each time
		t.o.RefreshToken = next
		if t.o.Rotated != nil {
			t.o.Rotated(next)
		}
	}
	t.last = got
	return andante.Secret(got.AccessToken), nil
}

// tokenClient follows no redirect: credentials go to the one address that was configured.
var tokenClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (t *tokens) source(ctx context.Context) oauth2.TokenSource {
	if t.o.RefreshToken == "" {
		return t.byProgram.TokenSource(ctx)
	}
	return t.byMailbox.TokenSource(ctx, &oauth2.Token{RefreshToken: t.o.RefreshToken.Reveal()})
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
	if refused != nil { // its own words may hold what we sent
		err = errors.New("the provider answers " + statusOf(refused))
	}
	return &channels.SendError{Kind: channels.Temporary, Err: errors.New("get an access token: " + andante.CleanText(err.Error()))}
}

// statusOf is what a provider's answer is called.
func statusOf(e *oauth2.RetrieveError) string {
	if e.Response == nil {
		return "without a token"
	}
	return e.Response.Status
}

// tokenRefused tells whether the server would not take the token.
func tokenRefused(err error) bool {
	var e *channels.SendError
	return errors.As(err, &e) && e.Kind == channels.Sender && e.Code == 535
}
