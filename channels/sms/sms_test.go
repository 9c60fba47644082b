package sms_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/channels/sms"
)

var toUS = sms.Config{Countries: []string{"US"}, Prices: map[string]float64{"US": 0.0083, "": 0.1}}

// through is a channel to the fake.
func through(f *fake, change func(*sms.Twilio)) *sms.Channel {
	g := &sms.Twilio{
		Account: account, Secret: secret, URL: f.URL, Clock: andante.SystemClock{}, Inner: &http.Transport{},
		Looks: []time.Duration{0, 20 * time.Millisecond, 20 * time.Millisecond},
	}
	if change != nil {
		change(g)
	}
	return sms.New(toUS, g, g.Clock)
}

// text is a message of which the words are its id: that is what arrives.
func text(n int) andante.Message {
	m := channeltest.Message(andante.SMS, n)
	m.Text = m.MessageID
	return m
}

// within is how long an answer is waited for: long for a busy machine.
const within = 3 * time.Second

// answers has Twilio answer a text so.
func (f *fake) answers(n int, a channeltest.Answer) bool {
	to := text(n).To.Address
	f.with(func() {
		switch a {
		case channeltest.Taken:
			f.hangups[to] = true
		case channeltest.Lost:
			f.drops[to] = true
		case channeltest.Slow:
			f.lates[to] = channeltest.SlowTime
		case channeltest.TooLate:
			f.lates[to] = 2 * within
		default:
			f.fails[to] = map[channeltest.Answer]int{channeltest.Temporary: 20429, channeltest.Permanent: 21617, channeltest.Address: 21614, channeltest.Sender: 21606}[a]
		}
	})
	return true
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Rig {
		f := newFake(t)
		ch := through(f, func(g *sms.Twilio) { g.Within = within })
		return channeltest.Rig{Channel: ch, Message: text, Arrived: f.bodies, Answer: f.answers}
	})
}

// one sends a text and tells what became of it.
func one(t *testing.T, ch *sms.Channel, m andante.Message) (channels.Receipt, error) {
	t.Helper()
	s, err := ch.Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), []channels.Sealed{s}, g); err != nil {
		t.Fatal(err)
	}
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	o, _ := g.Outcome(s.Touch)
	return o.Receipt, o.Err
}

// TestErrorTable goes through Twilio's codes: what is about the number, about us, about
// later, and about somebody who wants no more.
func TestErrorTable(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ch := through(f, nil)
	for code, want := range map[int]channels.ErrorKind{
		21211: channels.Address, 21217: channels.Address, 21614: channels.Address, 21635: channels.Address, 21610: channels.Address,
		20003: channels.Sender, 21606: channels.Sender, 21608: channels.Sender, 30007: channels.Sender, 30032: channels.Sender, 30034: channels.Sender,
		20429: channels.Temporary, 21611: channels.Temporary, 30001: channels.Temporary, 30003: channels.Temporary, 30008: channels.Temporary, 20500: channels.Temporary, 20503: channels.Temporary,
		30004: channels.Permanent, 30005: channels.Permanent, 30006: channels.Permanent, 21408: channels.Sender, 21612: channels.Permanent, 21617: channels.Permanent,
	} {
		m := text(code % 10000)
		f.with(func() { f.fails[m.To.Address] = code })
		_, err := one(t, ch, m)
		var e *channels.SendError
		if channels.KindOf(err) != want || !asSendError(err, &e) || e.Code != code {
			t.Errorf("%d: %v, want %s", code, err, want)
		} else if e.Again != (code >= 30004 && code <= 30006) {
			t.Errorf("%d: dead the second time: %v", code, e.Again)
		} else if e.OptOut != (code == 21610) {
			t.Errorf("%d: an opt-out: %v", code, e.OptOut)
		}
	}
	for status, want := range map[int]channels.ErrorKind{
		http.StatusBadGateway: channels.Unknown, http.StatusServiceUnavailable: channels.Unknown, http.StatusTooManyRequests: channels.Temporary, http.StatusForbidden: channels.Sender, http.StatusNotFound: channels.Permanent,
		http.StatusTemporaryRedirect: channels.Permanent,
	} {
		m := text(status)
		f.with(func() { f.statuses[m.To.Address] = status })
		if _, err := one(t, ch, m); channels.KindOf(err) != want {
			t.Errorf("%d without Twilio's words: %v, want %s", status, err, want)
		}
	}
}

// TestWhatIsNotAnsweredIsLookedUp: a text that Twilio took without a word is found and sent;
// one of which nothing is found stays unknown, and is asked for again and again first.
func TestWhatIsNotAnsweredIsLookedUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setUp func(f *fake, to string)
		want  channels.ErrorKind
	}{
		"taken, and hung up":           {func(f *fake, to string) { f.hangups[to] = true }, ""},
		"taken, and answered too late": {func(f *fake, to string) { f.lates[to] = time.Minute }, ""},
		"taken, and listed late":       {func(f *fake, to string) { f.hangups[to], f.hides = true, 2 }, ""},
		"taken, and never listed":      {func(f *fake, to string) { f.hangups[to], f.hides = true, 9 }, channels.Unknown},
		"cut, and not taken":           {func(f *fake, to string) { f.drops[to] = true }, channels.Unknown},
		"taken, and answered with 500": {func(f *fake, to string) { f.trips[to] = true }, ""},
		"500, and nothing is there":    {func(f *fake, to string) { f.fails[to] = 20500 }, channels.Temporary},
		"500, and the list is down":    {func(f *fake, to string) { f.trips[to], f.listless = true, true }, channels.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			ch := through(f, func(g *sms.Twilio) { g.Within = 300 * time.Millisecond })
			m := text(1)
			f.with(func() { test.setUp(f, m.To.Address) })
			r, err := one(t, ch, m)
			if channels.KindOf(err) != test.want {
				t.Fatalf("%v, want %q", err, test.want)
			}
			if err == nil && (!strings.HasPrefix(r.ProviderID, "SM") || !strings.Contains(r.Response, "was found")) {
				t.Errorf("the receipt is %+v", r)
			}
			if test.want == channels.Unknown && f.lists != 3 {
				t.Errorf("it was looked up %d times, want 3", f.lists)
			}
		})
	}
}

// TestOnlyTheTextItselfIsFound: neither an older text with the same words nor another one to
// the same number is taken for it, and of two nobody knows which it is.
func TestOnlyTheTextItselfIsFound(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ch := through(f, nil)
	m := text(1)
	if _, err := one(t, ch, m); err != nil {
		t.Fatal(err)
	}
	f.with(func() {
		f.list[0]["date_created"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC1123Z)
		f.drops[m.To.Address] = true
	})
	other := m
	other.Text = "Something else"
	for _, lost := range []andante.Message{m, other} {
		if _, err := one(t, ch, lost); channels.KindOf(err) != channels.Unknown {
			t.Errorf("%q: %v, want unknown", lost.Text, err)
		}
	}
	f.with(func() {
		f.list[0]["date_created"] = time.Now().UTC().Format(time.RFC1123Z)
		f.list = append(f.list, f.list[0])
	})
	if _, err := one(t, ch, m); channels.KindOf(err) != channels.Unknown {
		t.Errorf("of two: %v, want unknown", err)
	}
}

// TestAnothersTextIsNotFound: of two people with one phone and the same words, what the first
// got is not taken for what the second did not.
func TestAnothersTextIsNotFound(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ch := through(f, func(g *sms.Twilio) { g.Within = 300 * time.Millisecond })
	first, second := text(1), text(2)
	second.To, second.Text = first.To, first.Text
	if _, err := one(t, ch, first); err != nil {
		t.Fatal(err)
	}
	f.with(func() { f.drops[second.To.Address] = true })
	if r, err := one(t, ch, second); channels.KindOf(err) != channels.Unknown {
		t.Errorf("%+v, %v, want unknown", r, err)
	}
}

// TestNobodyThere: where no connection comes about nothing has left.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.Close()
	_, err := one(t, through(f, nil), text(1))
	if channels.KindOf(err) != channels.Temporary {
		t.Errorf("%v, want it tried later", err)
	}
	if strings.Contains(fmt.Sprint(err), account) {
		t.Errorf("the error names the account: %v", err)
	}
}

func TestFromAndCallback(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for _, from := range []string{"+15125550100", "Acme", "MG0123456789abcdef0123456789abcdef"} {
		ch := through(f, func(g *sms.Twilio) { g.Callback = "https://mail.acme.example/hooks/twilio/%s" })
		m := text(len(from))
		m.From.Address = from
		if _, err := one(t, ch, m); err != nil {
			t.Errorf("%s: %v", from, err)
		}
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	ch := sms.New(toUS, nil, andante.SystemClock{})
	good := text(1)
	good.Text = strings.Repeat("a", 161)
	s, err := ch.Prepare(good)
	if err != nil || s.Segments != 2 || s.Cost != 2*8300 || s.To != good.To.Address {
		t.Errorf("%+v, %v", s, err)
	}
	for name, change := range map[string]func(*andante.Message){
		"no texts go to DE":         func(m *andante.Message) { m.To.Address = "+4915112345678" },
		"not of the form":           func(m *andante.Message) { m.To.Address = "512-555-0100" },
		"has no sender":             func(m *andante.Message) { m.From.Address = "" },
		"neither a number":          func(m *andante.Message) { m.From.Address = "Acme\r\nX" },
		"it is empty":               func(m *andante.Message) { m.Text = " \n" },
		"no phone shows":            func(m *andante.Message) { m.Text = "a\x00b" },
		"characters that no phone":  func(m *andante.Message) { m.Text = "a\xff" },
		"more than 1600 characters": func(m *andante.Message) { m.Text = strings.Repeat("a", 1601) },
		"takes 5 segments":          func(m *andante.Message) { m.Text = strings.Repeat("a", 613) },
		"is no text":                func(m *andante.Message) { m.Kind = andante.Email },
	} {
		m := text(1)
		change(&m)
		if _, err := ch.Prepare(m); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), m.To.Address) {
			t.Errorf("want %q: %v", name, err)
		}
	}
}

func asSendError(err error, e **channels.SendError) bool {
	got, ok := err.(*channels.SendError)
	*e = got
	return ok
}

func TestAsk(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	g := &sms.Twilio{Account: account, Secret: secret, URL: f.URL, Inner: &http.Transport{}, Clock: andante.SystemClock{}}
	if about, err := g.Ask(t.Context()); err != nil || about != "the account is active" {
		t.Errorf("%q, %v", about, err)
	}
	g.Secret = "another"
	if _, err := g.Ask(t.Context()); channels.KindOf(err) != channels.Sender {
		t.Errorf("%v", err)
	}
}

// TestFind: a text whose worker was lost is found by its number and its words; what Twilio could
// not deliver, what is another's and what has two of its kind is for people.
func TestFind(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ch := through(f, nil)
	m := text(1)
	lost := channels.Lost{Touch: m.Touch, Kind: andante.SMS, To: m.To.Address, Hash: channels.HashOf([]byte(m.Text)), Began: time.Now()}
	ask := func(what string, l channels.Lost, want channels.Whereabouts) string {
		t.Helper()
		r, where, err := ch.Find(t.Context(), l)
		if where != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", what, where, err, want)
		}
		return r.ProviderID
	}
	ask("nothing is there", lost, channels.NotTaken)
	receipt, err := one(t, ch, m)
	if err != nil {
		t.Fatal(err)
	}
	if sid := ask("it is there", lost, channels.Taken); sid != receipt.ProviderID {
		t.Errorf("found %s, want %s", sid, receipt.ProviderID)
	}
	known := lost
	known.Known = []string{receipt.Response}
	ask("it is another's", known, channels.NotTaken)
	nowhere := lost
	nowhere.To = ""
	ask("there is no number any more", nowhere, channels.Unclear)
	f.with(func() { f.list[0]["error_code"], f.list[0]["error_message"] = 21610, "stopped" })
	ask("it failed", lost, channels.Unclear)
	f.with(func() { f.list = append(f.list, f.list[0]) })
	ask("there are two", lost, channels.Unclear)
}
