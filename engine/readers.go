package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/mail"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante/internal/inbox"
)

// readers are the people and mail systems that get the mails of a demo. A few of them answer, each by
// the entrance that it would take: mail comes in by SMTP, buttons are pressed over HTTP. Who does
// what, and when, follows from the mail's id alone, so that every play is the same.
type readers struct {
	folder string // where the mails are
	now    func() time.Time
	web    string // host:port; empty: not open yet
	room   string // likewise, of the mail that comes in
	seen   int    // mails that were read in this play
	old    bool   // those of earlier plays were read
	coming []reaction

	webOpens, roomOpens chan string // told where they are when they open
}

func newReaders(folder string, now func() time.Time) *readers {
	return &readers{folder: folder, now: now, webOpens: make(chan string, 1), roomOpens: make(chan string, 1)}
}

// find waits until it is known where to answer to.
func (r *readers) find(ctx context.Context) error {
	for r.web == "" || r.room == "" {
		select {
		case r.web = <-r.webOpens:
		case r.room = <-r.roomOpens:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// A reaction is what somebody does about a mail, and when.
type reaction struct {
	at   time.Time
	what string
	file string
	roll uint32 // a number of its own, to choose words by
}

// reactions are what happens to a mail, how often in ten thousand, and how long after.
var reactions = []struct {
	what  string
	of    uint32
	after time.Duration
}{
	{"bounce", 60, 2 * time.Minute},
	{"full", 40, 5 * time.Minute},
	{"away", 120, 3 * time.Minute},
	{"machine", 60, time.Minute},
	{"reply", 250, 5 * time.Hour},
	{"stop", 40, 2 * time.Hour},
	{"complain", 15, 26 * time.Hour},
	{"leave", 110, 9 * time.Hour},
	{"less", 90, 30 * time.Hour},
	{"pause", 30, 31 * time.Hour},
}

// ownID is what a mail's name has of its touch's id, but for the instant at which that was planned: a
// demo that was killed may plan a minute later.
var ownID = regexp.MustCompile(`(?i)<[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f-]{22})@`)

// take notes what will become of the mails that came since the last look. The first look is at those
// of earlier plays too: what was to happen before the present has happened.
func (r *readers) take(mails []inbox.Mail) error {
	var files []string
	if !r.old {
		r.old = true
		var err error
		if files, err = filepath.Glob(filepath.Join(r.folder, "*.eml")); err != nil {
			return err
		}
		r.seen = len(mails)
	}
	for ; r.seen < len(mails); r.seen++ {
		files = append(files, mails[r.seen].File)
	}
	for _, f := range files {
		m, err := readFile(f)
		if err != nil {
			return err
		}
		if x, ok := react(m, f); ok && !x.at.Before(r.now()) {
			r.coming = append(r.coming, x)
		}
	}
	slices.SortStableFunc(r.coming, func(a, b reaction) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.file, b.file)) })
	return nil
}

// react tells what becomes of a mail; nothing, of most. A mailbox that is not there never is.
func react(m *mail.Message, file string) (reaction, bool) {
	id := ownID.FindStringSubmatch(m.Header.Get("Message-Id"))
	stamp := m.Header.Get("Received")
	at, err := mail.ParseDate(strings.TrimSpace(stamp[strings.LastIndex(stamp, ";")+1:]))
	if id == nil || err != nil || m.Header.Get("List-Unsubscribe") == "" { // to a colleague
		return reaction{}, false
	}
	sum := demoSeed.Hash("reader", id[1])
	roll := binary.BigEndian.Uint32(sum[:])
	left := roll % 10_000
	for _, x := range reactions {
		if left < x.of {
			return reaction{at: at.Add(x.after).Truncate(time.Second), what: x.what, file: file, roll: roll / 10_000}, true
		}
		left -= x.of
	}
	return reaction{}, false
}

// next is when the next of them does something; the zero time if nobody will.
func (r *readers) next() time.Time {
	if len(r.coming) == 0 {
		return time.Time{}
	}
	return r.coming[0].at
}

// act has everybody do what they do by now, one after the other, and returns how many did.
func (r *readers) act(ctx context.Context) (n int, err error) {
	for len(r.coming) > 0 && !r.coming[0].at.After(r.now()) {
		x := r.coming[0]
		m, err := readFile(x.file)
		if err != nil {
			return n, err
		}
		if err := r.do(ctx, x, m); err != nil {
			return n, fmt.Errorf("%s about %s: %w", x.what, filepath.Base(x.file), err)
		}
		r.coming = r.coming[1:]
		n++
	}
	return n, nil
}

func (r *readers) do(ctx context.Context, x reaction, m *mail.Message) error {
	switch x.what {
	case "leave": // the button that a mailbox provider shows (RFC 8058)
		return r.press(ctx, m, url.Values{"List-Unsubscribe": {"One-Click"}})
	case "less":
		return r.press(ctx, m, url.Values{"less": {"month"}})
	case "pause":
		return r.press(ctx, m, url.Values{"less": {"pause"}})
	}
	from, to, text := r.answer(x, m)
	return smtp.SendMail(r.room, nil, from, []string{to}, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
}

var linkForLeaving = regexp.MustCompile(`<https://[^/>]+(/u/[^>]+)>`)

// press opens the page behind a mail's link, as people do, and presses one of its buttons.
func (r *readers) press(ctx context.Context, m *mail.Message, button url.Values) error {
	link := linkForLeaving.FindStringSubmatch(m.Header.Get("List-Unsubscribe"))
	if link == nil {
		return fmt.Errorf("no link in %q", m.Header.Get("List-Unsubscribe"))
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+r.web+link[1], strings.NewReader(button.Encode()))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("the page answers %s", got.Status)
	}
	return nil
}

// said are replies of people: to a question about more, a fault, a bill, a price, and a plain no.
var said = []string{
	"Thanks, that is useful. Can you tell me what it would look like for our two buildings?",
	"The controller you put in last autumn shows a fault again and the heating does not start. Who can look at it?",
	"I have a question about the invoice of last month: why is the amount higher than in the offer?",
	"What does it cost for a building of 40,000 square feet? Please send me a quote.",
	"Interesting. Let us talk about it in spring, when the budget is decided.",
	"We have just signed with somebody else, so this is not for us at the moment.",
	"I am the wrong person for this. Please write to our head of facilities.",
}

// answer writes what comes back of a mail: from whom in the envelope, to where, and its text.
func (r *readers) answer(x reaction, m *mail.Message) (from, to, text string) {
	address := func(key string) string {
		a, err := mail.ParseAddress(m.Header.Get(key))
		if err != nil {
			return ""
		}
		return a.Address
	}
	reader, bounces, replies := address("To"), address("Return-Path"), cmp.Or(address("Reply-To"), address("From"))
	id, subject, date := m.Header.Get("Message-Id"), m.Header.Get("Subject"), r.now().Format(time.RFC1123Z)
	_, domain, _ := strings.Cut(reader, "@")
	own := fmt.Sprintf("<%s.%08x@%s>", x.what, x.roll, domain)
	head := func(from, to, subject string, more ...string) string {
		return strings.Join(append([]string{"From: " + from, "To: <" + to + ">", "Subject: " + subject, "Date: " + date, "Message-ID: " + own, "MIME-Version: 1.0"}, more...), "\n") + "\n"
	}
	answered := []string{"In-Reply-To: " + id, "References: " + id, "Content-Type: text/plain; charset=utf-8"}
	quote := "\n\nOn " + m.Header.Get("Date") + ", " + address("From") + " wrote:\n> " + subject + "\n"
	switch x.what {
	case "bounce", "full":
		status, words := "5.1.1", "550 5.1.1 The email account that you tried to reach does not exist"
		if x.what == "full" {
			status, words = "5.2.2", "552 5.2.2 The recipient's inbox is out of storage space"
		}
		return "", bounces, head("Mail Delivery System <MAILER-DAEMON@mx."+domain+">", bounces, "Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied", "Content-Type: multipart/report; report-type=delivery-status; boundary=b") +
			"\n--b\nContent-Type: text/plain\n\nThis mail could not be delivered:\n\n<" + reader + ">: " + words + "\n" +
			"\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx." + domain + "\n\nFinal-Recipient: rfc822; " + reader + "\nAction: failed\nStatus: " + status + "\nDiagnostic-Code: smtp; " + words + "\n" +
			"\n--b\nContent-Type: text/rfc822-headers\n\nFrom: " + m.Header.Get("From") + "\nTo: " + reader + "\nSubject: " + subject + "\nMessage-ID: " + id + "\n\n--b--\n"
	case "complain":
		return "", bounces, head("Feedback Loop <fbl@"+domain+">", bounces, "Abuse report", "Content-Type: multipart/report; report-type=feedback-report; boundary=b") +
			"\n--b\nContent-Type: text/plain\n\nSomebody pressed the button for spam.\n" +
			"\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: FBL/1\nVersion: 1\nOriginal-Rcpt-To: " + reader + "\n" +
			"\n--b\nContent-Type: message/rfc822\n\nFrom: " + m.Header.Get("From") + "\nTo: " + reader + "\nSubject: " + subject + "\nMessage-ID: " + id + "\n\nHello.\n\n--b--\n"
	case "away":
		back := r.now().AddDate(0, 0, 6+int(x.roll%14))
		return "", replies, head(m.Header.Get("To"), replies, "Automatic reply: "+subject, append(answered, "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All")...) +
			"\nThank you for your message. I am out of the office until " + back.Format("2 January 2006") + " and will answer when I am back.\n"
	case "machine":
		return "", replies, head(m.Header.Get("To"), replies, "We have received your message", append(answered, "Auto-Submitted: auto-replied")...) +
			"\nThank you for your message. We have received it and will be in touch. This is an automatic message.\n"
	case "stop":
		return reader, replies, head(m.Header.Get("To"), replies, "Re: "+subject, answered...) + "\nPlease take me off your list.\n" + quote
	}
	return reader, replies, head(m.Header.Get("To"), replies, "Re: "+subject, answered...) + "\n" + said[int(x.roll)%len(said)] + "\n" + quote
}

// readFile reads a mail.
func readFile(name string) (*mail.Message, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	m, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return m, nil
}
