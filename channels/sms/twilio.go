package sms

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twilio/twilio-go/client"
	twilioapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/httpcall"
)

// Twilio is the gateway of that name (its Message resource).
type Twilio struct {
	Account  string         // SID, AC...
	Key      string         // SID of an API key, SK...; empty: the account itself
	Secret   andante.Secret // of the key, or the account's auth token
	Callback string         // where Twilio tells what becomes of a text; %s is the touch. Empty: nowhere

	URL    string            // instead of https://api.twilio.com; for tests
	Inner  http.RoundTripper // nil: http.DefaultTransport
	Clock  andante.Clock
	Looks  []time.Duration // when a text without an answer is looked up, each after the one before; nil: the default
	Within time.Duration   // of a request; 0: 30 s

	given recent // SIDs of texts of which the outcome is known: they are no other text
}

// recent holds the last few thousand of what was added: more than leave within minutes.
type recent struct {
	mu   sync.Mutex
	list [4096]string
	n    int
}

func (r *recent) add(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list[r.n%len(r.list)] = s
	r.n++
}

func (r *recent) has(s string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.list[:], s)
}

// looks are when a text is looked for of which nobody said that it was taken: Twilio's lists
// lag a little behind.
var looks = []time.Duration{0, 2 * time.Second, 5 * time.Second, 10 * time.Second}

// validity is how long Twilio may keep a text in its queue, in seconds: the hours of whoever
// gets it go on.
const validity = 900

// Send creates a message. A request that left and was not answered is looked up before
// anything is said of it.
func (g *Twilio) Send(ctx context.Context, t Text) (channels.Receipt, error) {
	began := g.Clock.Wall()
	answer, q, err := g.create(ctx, t)
	if err == nil {
		g.given.add(text(answer.Sid))
		return accepted(answer, "accepted"), nil
	}
	outcome := g.classify(q, err)
	if outcome.Kind == channels.Unknown || q.Status() >= 500 {
		return g.look(ctx, t, began, g.lookTimes(), outcome)
	}
	return channels.Receipt{}, outcome
}

func (g *Twilio) lookTimes() []time.Duration {
	if g.Looks == nil {
		return looks
	}
	return g.Looks
}

func accepted(m *twilioapi.ApiV2010Message, words string) channels.Receipt {
	return channels.Receipt{Code: http.StatusCreated, Response: words + " as " + text(m.Sid) + ", " + text(m.Status), ProviderID: text(m.Sid)}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// create asks Twilio to send a text.
func (g *Twilio) create(ctx context.Context, t Text) (*twilioapi.ApiV2010Message, *httpcall.Call, error) {
	p := &twilioapi.CreateMessageParams{}
	p.SetTo(t.To).SetBody(t.Body).SetValidityPeriod(validity)
	if strings.HasPrefix(t.From, "MG") && len(t.From) == 34 { // a messaging service's SID
		p.SetMessagingServiceSid(t.From)
	} else {
		p.SetFrom(t.From)
	}
	if g.Callback != "" {
		p.SetStatusCallback(strings.ReplaceAll(g.Callback, "%s", string(t.ID)))
	}
	api, q, end, err := g.api(ctx)
	if err != nil {
		return nil, q, err
	}
	defer end()
	m, err := api.CreateMessage(p)
	if err == nil && text(m.Sid) == "" {
		err = errors.New("the answer names no message")
	}
	return m, q, err
}

// api is Twilio's API for one request: twilio-go knows neither contexts nor other addresses
// than Twilio's.
func (g *Twilio) api(ctx context.Context) (*twilioapi.ApiService, *httpcall.Call, func(), error) {
	q, end, err := httpcall.New(ctx, g.Within, g.URL, g.Inner)
	if err != nil {
		return nil, q, nil, err
	}
	user := g.Key
	if user == "" {
		user = g.Account
	}
	c := &client.Client{Credentials: client.NewCredentials(user, g.Secret.Reveal()), HTTPClient: q.Client()}
	c.SetAccountSid(g.Account)
	return twilioapi.NewApiServiceWithClient(c), q, end, nil
}

// look searches the account's messages for a text that may have been taken: to the same
// number, with the same words, since it was handed over.
// Where nobody can tell whether it is there, it is unknown.
func (g *Twilio) look(ctx context.Context, t Text, began time.Time, when []time.Duration, otherwise *channels.SendError) (channels.Receipt, error) {
	sure := false
	for _, wait := range when {
		if wait > 0 && andante.Sleep(context.WithoutCancel(ctx), wait) != nil {
			break
		}
		list, err := g.find(ctx, t.To, began, func(m *twilioapi.ApiV2010Message) bool {
			return strings.TrimSpace(text(m.Body)) == t.Body && !g.given.has(text(m.Sid))
		})
		if sure = err == nil && len(list) == 0; len(list) != 1 {
			continue
		}
		m := list[0]
		g.given.add(text(m.Sid))
		if code := number(m.ErrorCode); code != 0 {
			return channels.Receipt{ProviderID: text(m.Sid)}, verdict(0, code, text(m.ErrorMessage))
		}
		return accepted(m, "no answer came, and it was found"), nil
	}
	if !sure {
		unsure := *otherwise
		unsure.Kind = channels.Unknown
		otherwise = &unsure
	}
	return channels.Receipt{}, otherwise
}

func number(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// Ask finds out whether Twilio takes the secret, and says what state the account is in.
func (g *Twilio) Ask(ctx context.Context) (string, error) {
	api, q, end, err := g.api(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	a, err := api.FetchAccount(g.Account)
	if err != nil {
		e := g.classify(q, err)
		if e.Kind == channels.Unknown { // nothing can have come of asking
			e.Kind = channels.Temporary
		}
		return "", e
	}
	return "the account is " + text(a.Status), nil
}

// skew is how far Twilio's clock and ours may be apart.
const skew = 2 * time.Minute

// Name is how people call it.
func (*Twilio) Name() string { return "Twilio" }

// Find looks for a text that may have been taken before its worker was lost.
func (g *Twilio) Find(ctx context.Context, l channels.Lost) (channels.Receipt, channels.Whereabouts, error) {
	if l.To == "" { // it would be all texts of the account
		return channels.Receipt{}, channels.Unclear, nil
	}
	list, err := g.find(ctx, l.To, l.Began, func(m *twilioapi.ApiV2010Message) bool {
		known := slices.ContainsFunc(l.Known, func(r string) bool { return strings.Contains(r, text(m.Sid)) })
		return !known && channels.HashOf([]byte(strings.TrimSpace(text(m.Body)))) == l.Hash
	})
	switch {
	case err != nil || len(list) > 1 || len(list) == 1 && number(list[0].ErrorCode) != 0: // what failed is for people
		return channels.Receipt{}, channels.Unclear, err
	case len(list) == 0:
		return channels.Receipt{}, channels.NotTaken, nil
	}
	return accepted(list[0], "found"), channels.Taken, nil
}

// find returns the messages to a number, since it was handed over, that a text may have become.
func (g *Twilio) find(ctx context.Context, to string, began time.Time, is func(*twilioapi.ApiV2010Message) bool) (found []*twilioapi.ApiV2010Message, err error) {
	api, _, end, err := g.api(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	p := &twilioapi.ListMessageParams{}
	list, err := api.ListMessage(p.SetTo(to).SetPageSize(50).SetLimit(50))
	if err != nil {
		return nil, err
	}
	for i := range list {
		m := &list[i]
		made, err := time.Parse(time.RFC1123Z, text(m.DateCreated))
		if err != nil || made.Before(began.Add(-skew)) || strings.HasPrefix(text(m.Direction), "inbound") || !is(m) {
			continue
		}
		found = append(found, m)
	}
	return found, nil
}

// classify tells what a failed request means.
func (g *Twilio) classify(q *httpcall.Call, err error) *channels.SendError {
	var refused *client.TwilioRestError
	switch {
	case errors.As(err, &refused) && q.Status() != 0:
		return verdict(q.Status(), refused.Code, refused.Message)
	case q.Status() >= 500: // of something on the way there: Twilio may have taken it
		return &channels.SendError{Kind: channels.Unknown, Code: q.Status(), Response: http.StatusText(q.Status())}
	case q.Status() >= 300: // an answer, though not in Twilio's form
		return verdict(q.Status(), 0, http.StatusText(q.Status()))
	case errors.As(err, &refused): // twilio-go refuses the credentials before it asks
		return &channels.SendError{Kind: channels.Sender, Code: refused.Code, Response: andante.CleanText(refused.Message)}
	case !q.Left():
		return &channels.SendError{Kind: channels.Temporary, Err: fmt.Errorf("twilio can't be reached: %w", httpcall.Hide(err))}
	}
	return &channels.SendError{Kind: channels.Unknown, Err: fmt.Errorf("twilio did not answer: %w", httpcall.Hide(err))}
}

// verdict tells what a status and one of Twilio's error codes mean (Twilio: Error and Warning
// Dictionary). Codes that only callbacks bring stand here too.
func verdict(status, code int, words string) *channels.SendError {
	e := &channels.SendError{Kind: channels.Permanent, Code: code, Response: andante.CleanText(words)}
	if code == 0 {
		e.Code = status
	}
	switch code {
	case 21610: // they have said stop to this number of ours
		e.Kind, e.OptOut = channels.Address, true
	case 21211, 21217, 21614, 21635:
		e.Kind = channels.Address
	case 30004, 30005, 30006: // a phone that is off for weeks answers so too
		e.Again = true
	case 20003, 20005, 20404, 21408, 21606, 21608, 21212, 21603, 21618, 21659, 21660, 21661, 21703, 21704, 21705, 30007, 30032, 30034, 30035:
		e.Kind = channels.Sender
	case 21611, 30001, 30002, 30003, 30008, 20429, 20500, 20503:
		e.Kind = channels.Temporary
	default:
		switch {
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			e.Kind = channels.Sender
		case status == http.StatusTooManyRequests || status >= 500:
			e.Kind = channels.Temporary
		}
	}
	return e
}
