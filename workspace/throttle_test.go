package workspace_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/workspace"
)

func TestRate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]workspace.Rate{
		"600 per minute": {N: 600, Per: time.Minute}, "1 per second": {N: 1, Per: time.Second}, "30 per hour": {N: 30, Per: time.Hour}, "5 per day": {N: 5, Per: 24 * time.Hour},
	} {
		var got workspace.Rate
		if err := got.UnmarshalText([]byte(in)); err != nil || got != want || got.String() != in {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "600", "0 per minute", "-1 per minute", "600 per week", "fast", "1.5 per hour"} {
		var got workspace.Rate
		if err := got.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
}

// TestThrottleWritten reads what a throttle may be written as, and prints it in words.
func TestThrottleWritten(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"600 per minute": "600 per minute",
		"personal":       "40 a day, 10 an hour, 90s apart, warmed up from 5 a day by 3 more each",
		"department":     "warmed up from 50 a day by 1.3 each",
		"{preset: personal, day: 60, apart: 2min}":  "60 a day, 10 an hour, 2min apart, warmed up from 5 a day by 3 more each",
		"{rate: 1 per second, day: 500}":            "1 per second, 500 a day",
		"{toward: {google: 20 per minute}}":         "20 per minute toward google",
		"{day: 40, warm_up: {start: 10, times: 2}}": "40 a day, warmed up from 10 a day by 2 each",
	} {
		c, err := machine("senders: {news: {name: News, address: news@acme.example, throttle: " + in + "}}\n")
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := c.Throttle(andante.Email, "news").String(); got != want {
			t.Errorf("%s is read as %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"persnal":                           "did you mean personal?",
		"{toward: {gmail: 3 per hour}}":     "did you mean google?",
		"fast":                              "write a pace such as 600 per minute",
		"{preset: massive}":                 "there is no preset massive",
		"{apart: 90}":                       "write a time such as 90s",
		"{days: 3}":                         "did you mean day?",
		"{warm_up: {start: 0, add: 1}}":     "a warm-up has a start",
		"{warm_up: {start: 5, times: 0.9}}": "a number above 1",
		"{warm_up: {start: 5, add: 1, times: 2}}": "either",
		"{toward: {gogle: 3 per hour}}":           "gogle is no provider",
		"{day: -1}":                               "not below zero",
	} {
		if _, err := machine("senders: {news: {name: News, address: news@acme.example, throttle: " + in + "}}\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

// TestWarmUp plays the days of three senders that send as much as they may: a mailbox grows
// by three a day to its forty, a department by three tenths, until nobody counts any more.
func TestWarmUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		written string
		want    []int // on each day; the last one stays
	}{
		"mailbox":    {"personal", []int{5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35, 38, 40, 40}},
		"department": {"department", []int{50, 65, 84, 109, 141, 183, 237, 308, 400, 520, 676, 878, 1141, 1483, 1927, 2505, 3256, 4232, 5501, -1}},
		"no warm-up": {"{day: 70}", []int{70, 70}},
		"own target": {"{warm_up: {start: 10, times: 2, target: 40}}", []int{10, 20, 40, -1}},
	} {
		c, err := machine("senders: {news: {name: News, address: news@acme.example, throttle: " + test.written + "}}\n")
		if err != nil {
			t.Fatal(err)
		}
		throttle := c.Throttle(andante.Email, "news")
		var got []int
		for best := 0; len(got) < len(test.want); {
			today := throttle.Today(best)
			got = append(got, today)
			best = max(best, today)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestMailServers finds by what each identity's mails leave.
func TestMailServers(t *testing.T) {
	t.Setenv("COMPANY", "company-secret")
	t.Setenv("CLIENT", "client-secret")
	files := fstest.MapFS{"secrets/nora": {Data: []byte("nora-secret\n")}}
	c, err := machine(`channels: {email: {host: relay.acme.example, user: acme, password: {env: COMPANY}}}
senders:
  news: {name: News, address: news@acme.example}
  far: {name: Far, address: far@acme.example, smtp: {host: far.example, tls: implicit, port: 465}}
people:
  nora: {name: Nora, email: nora@acme.example, smtp: {password: {file: secrets/nora}}}
  tom: {name: Tom, email: tom@acme.example, smtp: {host: smtp.gmail.com, oauth: {token_url: https://oauth2.googleapis.com/token, client_id: a, client_secret: {env: CLIENT}, refresh_token: {env: NOT_SET}}}}
`)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]workspace.MailServer{
		"news": {Host: "relay.acme.example", Port: 587, TLS: "starttls", User: "acme", Password: "company-secret"},
		"far":  {Host: "far.example", Port: 465, TLS: "implicit"},
		"nora": {Host: "relay.acme.example", Port: 587, TLS: "starttls", User: "nora@acme.example", Password: "nora-secret"},
	} {
		id, _ := c.Identity(key)
		got, err := c.Channels.Email.MailServer(id, files)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", key, err, diff)
		}
	}
	tom, _ := c.Identity("tom")
	if _, err := c.Channels.Email.MailServer(tom, files); err == nil || err.Error() != "smtp of tom.refresh_token: environment variable NOT_SET is not set" {
		t.Errorf("tom: %v", err)
	}
	var ways []string
	for _, id := range c.Ways() {
		ways = append(ways, id.Way())
	}
	if diff := cmp.Diff([]string{"channels.email", "smtp of far", "smtp of nora", "smtp of tom"}, ways); diff != "" {
		t.Errorf("ways (-want +got):\n%s", diff)
	}
	if got := c.Throttle(andante.Email, "nora").String(); !strings.HasPrefix(got, "40 a day") {
		t.Errorf("a person's own mailbox sends %q, want the preset", got)
	}
	if c.Throttle(andante.Call, "nora") != nil {
		t.Error("what a person mails slows down whom they call")
	}
}
