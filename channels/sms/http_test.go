package sms_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/sms"
)

// plainGateway takes texts in a form of its own: one line each, answered in words.
type plainGateway struct {
	*httptest.Server
	mu    sync.Mutex
	taken []string
	say   map[string]string // by recipient: another answer than "queued"; "cut" cuts the line
}

func newPlainGateway(t *testing.T) *plainGateway {
	p := &plainGateway{say: map[string]string{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		to, words, _ := strings.Cut(string(body), " ")
		p.mu.Lock()
		defer p.mu.Unlock()
		answer := p.say[to]
		if answer == "cut" {
			panic(http.ErrAbortHandler)
		}
		if answer == "" {
			p.taken = append(p.taken, words)
			answer = fmt.Sprintf("queued as M%d", len(p.taken))
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *plainGateway) channel() *sms.Channel {
	return sms.New(toUS, &sms.HTTP{
		Request: func(_ context.Context, t sms.Text) (sms.Request, error) {
			return sms.Request{Method: http.MethodPost, URL: p.URL, Header: map[string]string{"X-Id": string(t.ID)}, Body: t.To + " " + t.Body}, nil
		},
		Judge: func(a sms.Answer) (channels.ErrorKind, error) {
			if a.Body == "puzzling" {
				return "", errors.New("no rule fits")
			}
			kinds := map[string]channels.ErrorKind{"no such number": channels.Address, "stopped": sms.OptedOut, "unpaid": channels.Sender}
			if kind, ok := kinds[a.Body]; ok {
				return kind, nil
			}
			return sms.ByStatus(a.Status), nil
		},
		ID: regexp.MustCompile(`as (M\d+)`), Inner: &http.Transport{}, Within: 5 * time.Second,
	}, andante.SystemClock{})
}

// TestAnyGateway: the contract is not Twilio's.
func TestAnyGateway(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Rig {
		p := newPlainGateway(t)
		return channeltest.Rig{Channel: p.channel(), Message: text, Arrived: func() []string {
			p.mu.Lock()
			defer p.mu.Unlock()
			return append([]string(nil), p.taken...)
		}, Answer: func(n int, a channeltest.Answer) bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			said := map[channeltest.Answer]string{channeltest.Address: "no such number", channeltest.Sender: "unpaid", channeltest.Lost: "cut"}[a]
			p.say[text(n).To.Address] = said
			return said != ""
		}}
	})
}

func TestAnyGatewaysAnswers(t *testing.T) {
	t.Parallel()
	p := newPlainGateway(t)
	ch := p.channel()
	for i, test := range []struct {
		say    string
		want   channels.ErrorKind
		optOut bool
	}{
		{"", "", false},
		{"no such number", channels.Address, false},
		{"stopped", channels.Address, true},
		{"unpaid", channels.Sender, false},
		{"puzzling", channels.Unknown, false},
		{"cut", channels.Unknown, false},
	} {
		m := text(i)
		p.mu.Lock()
		p.say[m.To.Address] = test.say
		p.mu.Unlock()
		r, err := one(t, ch, m)
		var e *channels.SendError
		if channels.KindOf(err) != test.want || err != nil && (!asSendError(err, &e) || e.OptOut != test.optOut) {
			t.Errorf("%q: %v", test.say, err)
		}
		if err == nil && r.ProviderID != "M1" {
			t.Errorf("the id is %q", r.ProviderID)
		}
	}
	p.Close()
	if _, err := one(t, ch, text(20)); channels.KindOf(err) != channels.Temporary {
		t.Errorf("nobody there: %v", err)
	}
}

// TestSecretIsHidden: a gateway that shows what it refuses shows no secret, however it was
// written.
func TestSecretIsHidden(t *testing.T) {
	t.Parallel()
	const key = `q7+Zr/9"x==`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "no: %s %s %s", r.URL.RequestURI(), r.Header.Get("Authorization"), body)
	}))
	t.Cleanup(srv.Close)
	ch := sms.New(toUS, &sms.HTTP{
		Secret: key, Inner: &http.Transport{}, Within: 5 * time.Second,
		Request: func(context.Context, sms.Text) (sms.Request, error) {
			return sms.Request{Method: http.MethodPost, URL: srv.URL + "/?k=" + url.QueryEscape(key), Header: map[string]string{"Authorization": key}, Body: fmt.Sprintf(`{"k": %q}`, key)}, nil
		},
		Judge: func(a sms.Answer) (channels.ErrorKind, error) { return sms.ByStatus(a.Status), nil },
	}, andante.SystemClock{})
	_, err := one(t, ch, text(1))
	var e *channels.SendError
	if !errors.As(err, &e) || strings.Count(e.Response, "***") != 3 || strings.Contains(e.Response, "q7") {
		t.Errorf("%v", err)
	}
}
