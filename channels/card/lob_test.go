package card_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/card"
	"github.com/andante-hq/andante/channels/channeltest"
)

const liveKey = "live_0123456789abcdef0123456789abcdef012"

var american = card.Config{Formats: map[andante.Kind]string{andante.Postcard: "4x6", andante.Card: "6x9", andante.Letter: "letter"}}

// atLob is a channel to the fake.
func atLob(f *fake, change func(*card.Lob)) *card.Channel {
	l := card.Lob{
		Key: andante.Secret(f.key), Press: &card.Press{}, MailType: "usps_first_class", URL: f.URL, Inner: &http.Transport{},
		Again: []time.Duration{20 * time.Millisecond, 20 * time.Millisecond}, Within: 5 * time.Second, Pace: 1000,
	}
	if change != nil {
		change(&l)
	}
	return card.New(american, card.NewLob(l), andante.SystemClock{})
}

// postcard is a piece of which the touch is its message's id: that is what arrives.
func postcard(n int) andante.Message {
	m := message(andante.Postcard, n)
	m.MessageID = string(m.Touch)
	return m
}

// within is how long an answer is waited for: long for a busy machine.
const within = 3 * time.Second

// answers has Lob answer the request for a piece so.
func (f *fake) answers(n int, a channeltest.Answer) bool {
	street := postcard(n).Post.To.Street
	f.with(func() {
		switch a {
		case channeltest.Taken:
			f.hangups[street] = 9
		case channeltest.Lost:
			f.drops[street] = 9
		case channeltest.Slow:
			f.lates[street] = channeltest.SlowTime
		case channeltest.TooLate:
			f.lates[street] = 2 * within
		default:
			f.refuses[street] = map[channeltest.Answer]refused{
				channeltest.Temporary: {http.StatusTooManyRequests, "rate_limit_exceeded"}, channeltest.Permanent: {http.StatusUnprocessableEntity, "invalid"},
				channeltest.Address: {http.StatusUnprocessableEntity, "failed_deliverability_strictness"}, channeltest.Sender: {http.StatusUnauthorized, "unauthorized"},
			}[a]
		}
	})
	return true
}

func TestLobConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Rig {
		f := newFake(t, liveKey)
		ch := atLob(f, func(l *card.Lob) { l.Within, l.Again = within, []time.Duration{time.Millisecond} })
		return channeltest.Rig{Channel: ch, Message: postcard, Arrived: f.touches, Answer: f.answers}
	})
}

// post sends a piece and tells what became of it.
func post(t *testing.T, ch *card.Channel, m andante.Message) (channels.Receipt, error) {
	t.Helper()
	s, err := ch.Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	g := &channeltest.Gate{}
	if err := errors.Join(ch.Deliver(t.Context(), []channels.Sealed{s}, g), g.Err()); err != nil {
		t.Fatal(err)
	}
	o, _ := g.Outcome(s.Touch)
	return o.Receipt, o.Err
}

// TestLobTakesEachKind: cards have two files, a letter one, and what somebody asked for is
// none of advertising.
func TestLobTakesEachKind(t *testing.T) {
	t.Parallel()
	f := newFake(t, liveKey)
	ch := atLob(f, nil)
	for i, kind := range []andante.Kind{andante.Postcard, andante.Card, andante.Letter} {
		m := message(kind, i)
		m.Post.Requested = kind == andante.Letter
		r, err := post(t, ch, m)
		if err != nil || !strings.HasPrefix(r.ProviderID, "psc_") || r.Response != "taken as "+r.ProviderID+", should arrive on 2026-12-05" {
			t.Fatalf("%s: %+v, %v", kind, r, err)
		}
	}
	abroad := message(andante.Postcard, 4)
	abroad.Post.To = andante.PostalAddress{Name: "Nele Brandt", Street: "Am Hafen 3", City: "Bremen", PostalCode: "28195", Country: "DE"}
	if _, err := post(t, ch, abroad); err != nil {
		t.Fatal(err)
	}
	want := []taken{
		{Path: "/v1/postcards", Use: "marketing"},
		{Path: "/v1/postcards", Use: "marketing"},
		{Path: "/v1/letters", Use: "operational"},
		{Path: "/v1/postcards", Use: "marketing"},
	}
	for i, p := range f.list {
		if p.Path != want[i].Path || p.Use != want[i].Use || len(p.Files) == 0 {
			t.Errorf("%d: %s for %s with %d files", i, p.Path, p.Use, len(p.Files))
		}
	}
	if len(f.verified) != 4 {
		t.Errorf("verified: %q", f.verified)
	}
}

// TestLobErrors goes through Lob's errors: what is about the address, about us, about later,
// and about the piece.
func TestLobErrors(t *testing.T) {
	t.Parallel()
	f := newFake(t, liveKey)
	ch := atLob(f, nil)
	for i, c := range []struct {
		refused
		want channels.ErrorKind
	}{
		{refused{422, "failed_deliverability_strictness"}, channels.Address},
		{refused{401, "invalid_api_key"}, channels.Sender},
		{refused{403, "forbidden"}, channels.Sender},
		{refused{422, "payment_method_unverified"}, channels.Sender},
		{refused{422, "foreign_return_address"}, channels.Sender},
		{refused{429, "rate_limit_exceeded"}, channels.Temporary},
		{refused{409, "conflict"}, channels.Temporary},
		{refused{500, "internal_server_error"}, channels.Temporary},
		{refused{503, "service_unavailable"}, channels.Temporary},
		{refused{422, "invalid_image_dpi"}, channels.Permanent},
		{refused{404, "not_found"}, channels.Permanent},
	} {
		m := postcard(i)
		f.with(func() { f.refuses[m.Post.To.Street] = c.refused })
		_, err := post(t, ch, m)
		var e *channels.SendError
		if !errors.As(err, &e) || e.Kind != c.want || e.Code != c.status || !strings.HasPrefix(e.Response, c.code) {
			t.Errorf("%d %s: %v, want %s", c.status, c.code, err, c.want)
		}
	}
	if len(f.touches()) != 0 {
		t.Errorf("taken: %v", f.touches())
	}
}

// TestLobIsAskedAgain: nobody answered, and the same request made again finds out, whether it
// had been taken or not.
func TestLobIsAskedAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t, liveKey)
	ch := atLob(f, nil)
	had, lost := postcard(1), postcard(2)
	f.hangups[had.Post.To.Street], f.drops[lost.Post.To.Street] = 2, 2
	for _, m := range []andante.Message{had, lost} {
		if r, err := post(t, ch, m); err != nil || r.ProviderID == "" {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if got := f.touches(); len(got) != 2 {
		t.Errorf("taken: %v", got)
	}
}

// TestLobUnknown: who never answers leaves it unknown. A day later, when Lob has forgotten the
// request's key, a resend finds the piece and prints it no second time.
func TestLobUnknown(t *testing.T) {
	t.Parallel()
	f := newFake(t, liveKey)
	ch := atLob(f, nil)
	m := postcard(1)
	f.hangups[m.Post.To.Street], f.blind = 9, true
	if _, err := post(t, ch, m); channels.KindOf(err) != channels.Unknown {
		t.Errorf("%v, want unknown", err)
	}
	f.with(func() { f.hangups[m.Post.To.Street], f.blind, f.forgetful = 0, false, true })
	r, err := post(t, ch, m)
	if err != nil || !strings.HasPrefix(r.Response, "taken before as psc_") {
		t.Errorf("%+v, %v", r, err)
	}
	if got := f.touches(); len(got) != 1 {
		t.Errorf("taken: %v", got)
	}
}

// TestLobTakenAndRefused: a piece that Lob takes and answers with 500 each time is found; where
// it can't be looked for it is unknown, and where there is none it is for another try.
func TestLobTakenAndRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t, liveKey)
	ch := atLob(f, nil)
	taken, unseen, none := postcard(1), postcard(2), postcard(3)
	f.trips[taken.Post.To.Street], f.trips[unseen.Post.To.Street] = true, true
	f.refuses[none.Post.To.Street] = refused{http.StatusInternalServerError, "internal_server_error"}
	if r, err := post(t, ch, taken); err != nil || !strings.HasPrefix(r.Response, "taken before as psc_") {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := post(t, ch, none); channels.KindOf(err) != channels.Temporary {
		t.Errorf("%v, want temporary", err)
	}
	f.with(func() { f.listless = true })
	if _, err := post(t, ch, unseen); channels.KindOf(err) != channels.Unknown {
		t.Errorf("%v, want unknown", err)
	}
}

// TestLobLate: an answer that does not come in time is found by looking for the piece.
func TestLobLate(t *testing.T) {
	t.Parallel()
	f := newFake(t, liveKey)
	ch := atLob(f, func(l *card.Lob) { l.Within, l.Again = 150*time.Millisecond, []time.Duration{time.Millisecond} })
	m := postcard(1)
	f.lates[m.Post.To.Street] = time.Minute
	if r, err := post(t, ch, m); err != nil || !strings.HasPrefix(r.Response, "taken before as psc_") {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestLobVerifies: an address to which nothing can be delivered costs no postage; one that
// lacks an apartment does where that is asked for.
func TestLobVerifies(t *testing.T) {
	t.Parallel()
	f := newFake(t, liveKey)
	for _, c := range []struct {
		is   string
		by   card.Verification
		want channels.ErrorKind
	}{
		{"deliverable", card.VerifyUsual, ""},
		{"deliverable_unnecessary_unit", card.VerifyStrict, ""},
		{"undeliverable", card.VerifyUsual, channels.Address},
		{"undeliverable", card.VerifyNo, ""},
		{"deliverable_missing_unit", card.VerifyUsual, ""},
		{"deliverable_missing_unit", card.VerifyStrict, channels.Address},
		{"no_match STREET", card.VerifyUsual, channels.Address},
		{"no_match SPARSE", card.VerifyUsual, ""},
	} {
		m := postcard(len(f.touches()) + 100)
		f.with(func() { f.judges[m.Post.To.Street] = c.is })
		_, err := post(t, atLob(f, func(l *card.Lob) { l.Verify = c.by }), m)
		if channels.KindOf(err) != c.want {
			t.Errorf("%s by %s: %v", c.is, c.by, err)
		}
		if c.want == channels.Address && !strings.Contains(err.Error(), "the address is ") {
			t.Errorf("%s: %v", c.is, err)
		}
	}
}

// TestLobTestKey: with a key for tests nothing is printed, nothing is verified, and the
// receipt says so.
func TestLobTestKey(t *testing.T) {
	t.Parallel()
	f := newFake(t, "test_0123456789abcdef0123456789abcdef012")
	r, err := post(t, atLob(f, nil), postcard(1))
	if err != nil || !strings.HasPrefix(r.Response, andante.WrittenOnly+" as a proof at Lob") || len(f.verified) != 0 {
		t.Errorf("%+v, %v, verified %q", r, err, f.verified)
	}
}

// TestLobRefusesBefore: what Lob would refuse is refused when the piece is laid out.
func TestLobRefusesBefore(t *testing.T) {
	t.Parallel()
	ch := atLob(newFake(t, liveKey), func(l *card.Lob) { l.MailType = "usps_standard" })
	berlin := andante.PostalAddress{Name: "Nele Brandt", Street: "Am Hafen 3", City: "Berlin", PostalCode: "10115", Country: "DE"}
	for want, change := range map[string]func(*andante.Message){
		"takes names of 40 characters":   func(m *andante.Message) { m.Post.To.Company = strings.Repeat("Oak ", 11) },
		"takes lines of an address":      func(m *andante.Message) { m.Post.To.Street2 = strings.Repeat("Oak ", 17) },
		`knows no state "Texas"`:         func(m *andante.Message) { m.Post.To.Region = "Texas" },
		"only 4x6 and letters to other":  func(m *andante.Message) { m.Kind, m.Post.To = andante.Card, berlin },
		"by usps_standard lob posts nei": func(m *andante.Message) {},
	} {
		m := postcard(1)
		change(&m)
		if _, err := ch.Prepare(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := card.New(sizes, card.NewLob(card.Lob{Press: &card.Press{}}), andante.SystemClock{}).Prepare(postcard(1)); err == nil {
		t.Error("a6 is no size of Lob's")
	}
}

func TestLobAsk(t *testing.T) {
	t.Parallel()
	f := newFake(t, liveKey)
	ask := func(key string) (string, error) {
		return card.NewLob(card.Lob{Key: andante.Secret(key), URL: f.URL, Inner: &http.Transport{}}).Ask(t.Context())
	}
	if about, err := ask(liveKey); err != nil || about != "the key prints" {
		t.Errorf("%q, %v", about, err)
	}
	if _, err := ask("live_other"); channels.KindOf(err) != channels.Sender {
		t.Errorf("%v", err)
	}
}
