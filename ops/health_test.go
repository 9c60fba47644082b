package ops

import (
	"testing"

	"github.com/andante-hq/andante/store"
)

// A rateTest is what is said of a week's mails.
type rateTest struct {
	name string
	rate store.Rate
	want string
}

func said(t *testing.T, of func(store.Rate) string, list []rateTest) {
	t.Helper()
	for _, test := range list {
		if got := of(test.rate); got != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

func TestTooMuch(t *testing.T) {
	t.Parallel()
	said(t, tooMuch, []rateTest{
		{"nothing", store.Rate{Sent: 100_000}, ""},
		{"two complaints of ten are chance", store.Rate{Sent: 10, Complained: 2}, ""},
		{"three of three thousand", store.Rate{Sent: 3000, Complained: 3}, "complaints about 3 of 3000 (0.1 %) mails within a week"},
		{"three of more are fewer than one in a thousand", store.Rate{Sent: 3001, Complained: 3}, ""},
		{"five of a thousand", store.Rate{Sent: 1000, Complained: 5}, "complaints about 5 of 1000 (0.5 %) mails within a week: find out why before you release it"},
		{"ninety-nine tries tell nothing", store.Rate{Sent: 50, Bounced: 49}, ""},
		{"one in twenty of a hundred", store.Rate{Sent: 95, Bounced: 5}, "mailboxes that do not exist: 5 of 100 (5.0 %) mails within a week; clean the list before you release it"},
		{"fewer", store.Rate{Sent: 97, Bounced: 4}, ""},
	})
}

func TestHealthNotice(t *testing.T) {
	t.Parallel()
	said(t, notice, []rateTest{
		{"nothing", store.Rate{Sent: 100_000}, ""},
		{"a complaint", store.Rate{Sent: 3000, Complained: 1}, "complaints about 1 of 3000 mails within a week"},
		{"one in fifty of a hundred", store.Rate{Sent: 98, Bounced: 2}, "mailboxes that do not exist: 2 of 100 mails within a week; at 5 % it stops"},
		{"fewer", store.Rate{Sent: 99, Bounced: 2}, ""},
		{"ninety-nine tries tell nothing", store.Rate{Sent: 50, Bounced: 49}, ""},
	})
}

// TestTooManyAtGmail: the shares that Gmail's rules for senders name.
func TestTooManyAtGmail(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{
		0: "", 0.0009: "",
		0.001:  "Gmail shows complaints about 0.10 % of the mails from acme.example",
		0.0029: "Gmail shows complaints about 0.29 % of the mails from acme.example",
		0.003:  "Gmail shows complaints about 0.30 % of the mails from acme.example, and delivers few of them any more: find out why before you release it",
	} {
		if got := tooManyAtGmail("acme.example", share); got != want {
			t.Errorf("%g: %q", share, got)
		}
	}
}
