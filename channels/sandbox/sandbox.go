package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/internal/writable"
)

// SlowTime is how long a recipient with the suffix +slow takes.
const SlowTime = time.Second

// Outcomes tells what a recipient gets whose local part ends in the suffix, such
// as maria+tempfail@oakfield.example. One ending in +slow is taken after
// [SlowTime]. Of +unknown the file is written, as if only the answer was lost.
var Outcomes = map[string]channels.SendError{
	"+tempfail":   {Kind: channels.Temporary, Code: 451, Response: "4.3.0 sandbox: try later"},
	"+421":        {Kind: channels.Temporary, Code: 421, Response: "4.3.2 sandbox: closing"},
	"+permfail":   {Kind: channels.Permanent, Code: 554, Response: "5.0.0 sandbox: refused"},
	"+badaddress": {Kind: channels.Address, Code: 550, Response: "5.1.1 sandbox: no such mailbox"},
	"+unknown":    {Kind: channels.Unknown, Err: errLost},
}

const slowSuffix = "+slow"

var errLost = errors.New("sandbox: the answer was lost")

// A Channel writes messages into a folder. Safe for concurrent use.
type Channel struct {
	dir     string
	clock   andante.Clock
	prepare Prepares
	shows   Shows
	taken   func(channels.Sealed) // instead of a folder
	pace    channels.Pace
}

var _ channels.Channel = (*Channel)(nil)

// Prepares build messages by kind, so that they look as they would when sent, and cost what
// they would.
type Prepares map[andante.Kind]func(andante.Message) (channels.Sealed, error)

// Shows write what was built as it would look, by kind: the ending of the file's name, such as
// .pdf, and its bytes.
type Shows map[andante.Kind]func(channels.Sealed) (ending string, body []byte, err error)

// Blind returns a channel that keeps nothing of what it takes: for a simulation, of which
// nobody reads a mail. taken is told of each message.
func Blind(clock andante.Clock, prepare Prepares, taken func(channels.Sealed)) *Channel {
	return &Channel{clock: clock, prepare: prepare, taken: taken}
}

// New returns a channel that writes into dir, which is made if it is missing. A folder that
// can't be written is an error. Kinds of which prepare has nothing are written as plain text.
func New(dir string, clock andante.Clock, prepare Prepares, shows Shows) (*Channel, error) {
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = writable.Folder(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: let it be written", unwritten(dir, err))
	}
	return &Channel{dir: dir, clock: clock, prepare: prepare, shows: shows}, nil
}

// Features names every kind that is sent; delivering a message twice leaves one
// file.
func (c *Channel) Features() channels.Features {
	kinds := []andante.Kind{andante.Email}
	for _, k := range andante.Kinds {
		if k != andante.Email && k != andante.Decide {
			kinds = append(kinds, k)
		}
	}
	return channels.Features{Kinds: kinds, Idempotent: true}
}

// Prepare builds the message as text, or as the function for its kind does.
func (c *Channel) Prepare(m andante.Message) (channels.Sealed, error) {
	if prepare := c.prepare[m.Kind]; prepare != nil {
		return prepare(m)
	}
	if m.To.Address == "" && (m.Kind == andante.Email || m.Kind == andante.SMS) {
		return channels.Sealed{}, fmt.Errorf("prepare %s of touch %s: no address", m.Kind, m.Touch)
	}
	for _, s := range []string{m.To.Name, m.To.Address, m.From.Name, m.From.Address, m.Subject, m.MessageID} {
		if strings.ContainsFunc(s, unicode.IsControl) {
			return channels.Sealed{}, fmt.Errorf("prepare %s of touch %s: a control character in name, address or subject", m.Kind, m.Touch)
		}
	}
	raw := text(m)
	if len(raw) > maxSize {
		return channels.Sealed{}, fmt.Errorf("prepare %s of touch %s: it has more than %d MB", m.Kind, m.Touch, maxSize>>20)
	}
	return channels.Sealed{
		Touch: m.Touch, Kind: m.Kind, Sender: m.From.Name + " " + m.From.Address,
		From: m.From.Address, To: m.To.Address, MessageID: m.MessageID,
		Bytes: raw, Hash: channels.HashOf(raw), Segments: 1,
	}, nil
}

// maxSize is the most that is written, in bytes.
const maxSize = 10 << 20

// text lays the message out for a reader.
func text(m andante.Message) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Kind: %s\nFrom: %s\nTo: %s\n", m.Kind, line(m.From), line(m.To))
	if m.Subject != "" {
		fmt.Fprintf(&b, "Subject: %s\n", m.Subject)
	}
	if m.MessageID != "" {
		fmt.Fprintf(&b, "Message-ID: <%s>\n", m.MessageID)
	}
	fmt.Fprintf(&b, "Date: %s\n\n%s", m.Date.UTC().Format(time.RFC3339), m.Text)
	if m.Text == "" {
		b.WriteString(m.HTML)
	}
	return b.Bytes()
}

func line(m andante.Mailbox) string {
	if m.Name == "" {
		return m.Address
	}
	return m.Name + " <" + m.Address + ">"
}

// Deliver writes the batch into the folder, one file a message. See
// [channels.Channel] for its errors.
func (c *Channel) Deliver(ctx context.Context, batch []channels.Sealed, gate channels.Gate) error {
	f := channels.Flights{Clock: c.clock, Pace: &c.pace, Send: c.send}
	return f.Run(ctx, batch, gate)
}

// send carries out what the recipient's suffix asks for.
func (c *Channel) send(ctx context.Context, s channels.Sealed, open func() bool, _ channels.Ahead) (channels.Receipt, error) {
	if !open() {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
	}
	suffix := suffixOf(s.To)
	if suffix == slowSuffix { // it is begun, so it is finished whatever ends meanwhile
		_ = andante.Sleep(context.WithoutCancel(ctx), SlowTime)
	}
	failure, fails := Outcomes[suffix]
	if fails && failure.Kind != channels.Unknown {
		return channels.Receipt{}, &failure
	}
	if err := c.write(s); err != nil {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Temporary, Response: andante.CleanText(unwritten(c.dir, err)), Err: err}
	}
	if fails {
		return channels.Receipt{}, &failure
	}
	return channels.Receipt{Code: 250, Response: andante.WrittenOnly, ProviderID: string(s.Touch)}, nil
}

// unwritten says where nothing can be written, and why.
func unwritten(dir string, err error) string {
	return fmt.Sprintf("the folder %s, to which mails are written instead of sent, can't be used: %v", dir, err)
}

// suffixOf returns the magic suffix of the address, from its last plus sign.
func suffixOf(address string) string {
	local, _, _ := strings.Cut(address, "@")
	if i := strings.LastIndexByte(local, '+'); i >= 0 {
		return strings.ToLower(local[i:])
	}
	return ""
}

// write stores the bytes under the touch's name, complete or not at all.
func (c *Channel) write(s channels.Sealed) error {
	if c.taken != nil {
		c.taken(s)
		return nil
	}
	ending, bytes := ".txt", s.Bytes
	switch show := c.shows[s.Kind]; {
	case s.Kind == andante.Email:
		ending = ".eml"
	case show != nil:
		var err error
		if ending, bytes, err = show(s); err != nil {
			return err
		}
	case c.prepare[s.Kind] != nil: // it is the words alone
		bytes = fmt.Appendf(nil, "Kind: %s\nFrom: %s\nTo: %s\nSegments: %d\n\n%s\n", s.Kind, s.From, s.To, s.Segments, s.Bytes)
	}
	if name := string(s.Touch); name == "" || name != filepath.Base(name) || name[0] == '.' {
		return fmt.Errorf("sandbox: %q can't name a file", s.Touch)
	}
	temp, err := os.CreateTemp(c.dir, ".message-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(bytes)
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), filepath.Join(c.dir, string(s.Touch)+ending))
}
