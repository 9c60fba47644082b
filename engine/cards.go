package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/card"
	"github.com/andante-hq/andante/channels/sandbox"
	"github.com/andante-hq/andante/internal/paper"
	"github.com/andante-hq/andante/store"
)

// cards is the channel of what goes by post. Where nothing leaves it only builds it.
func (e *Engine) cards(leaves bool) (*card.Channel, error) {
	font, err := e.font()
	if err != nil {
		return nil, err
	}
	cfg := card.Config{Formats: e.Config.CardFormats(), Prices: e.Config.CardPrices(), Font: font}
	if e.Config.Channels.Cards.Driver != "lob" {
		return card.New(cfg, nil, e.Clock), nil
	}
	lob, err := e.lob(font, leaves)
	if err != nil {
		return nil, err
	}
	return card.New(cfg, lob, e.Clock), nil
}

// lob is the printing house of that name.
func (e *Engine) lob(font *paper.Font, leaves bool) (*card.Lob, error) {
	c := e.Config.Channels.Cards.Lob
	l := card.Lob{
		Press: &card.Press{Font: font, Picture: e.picture}, MailType: c.MailType, Verify: card.Verification(c.Verify), Mono: c.Mono, URL: c.URL,
	}
	if leaves {
		key, err := e.secret("channels.cards.lob.key", c.Key)
		if err != nil {
			return nil, err
		}
		l.Key = key
	}
	return card.NewLob(l), nil
}

// font is what post is printed in: that of the folder, which every machine has that prints.
func (e *Engine) font() (*paper.Font, error) {
	c := e.Config.Channels.Cards
	if c.Font == "" {
		return paper.Noto(), nil
	}
	regular, err := fs.ReadFile(e.FS(), c.Font)
	if err != nil {
		return nil, fmt.Errorf("channels.cards.font: %w", err)
	}
	var bold []byte
	if c.BoldFont != "" {
		if bold, err = fs.ReadFile(e.FS(), c.BoldFont); err != nil {
			return nil, fmt.Errorf("channels.cards.bold_font: %w", err)
		}
	}
	return paper.NewFont(regular, bold)
}

// Press returns what writes pieces of post as PDF.
func (e *Engine) Press() (*card.Press, error) {
	font, err := e.font()
	if err != nil {
		return nil, err
	}
	return &card.Press{Font: font, CropMarks: e.Config.Channels.Cards.CropMarks, Picture: e.picture}, nil
}

// shows write pieces of post for the sandbox as they would be printed.
func (e *Engine) shows() (sandbox.Shows, error) {
	press, err := e.Press()
	if err != nil {
		return nil, err
	}
	press.CropMarks = false
	show := func(s channels.Sealed) (string, []byte, error) {
		p, err := paper.ReadPiece(s.Bytes)
		if err != nil {
			return "", nil, err
		}
		var b bytes.Buffer
		err = press.Write(&b, []paper.Piece{p}, p.Date)
		return ".pdf", b.Bytes(), err
	}
	list := sandbox.Shows{}
	for _, k := range card.Kinds {
		list[k] = show
	}
	return list, nil
}

// picture returns a published file by its hash.
func (e *Engine) picture(hash string) (body []byte, err error) {
	err = e.Store.Read(context.Background(), func(tx *store.Tx) error {
		body, err = tx.Part(context.Background(), hash)
		return err
	})
	return body, err
}

// PrintBatch writes the pieces of a batch, as they are now, below dir: the pages, the addresses
// and a sheet for the printer. What stands there is replaced, file by file, complete or not at
// all. It returns the files, and how many pieces they hold.
func (e *Engine) PrintBatch(ctx context.Context, name, dir string) (files []string, pieces int, err error) {
	press, err := e.Press()
	if err != nil {
		return nil, 0, err
	}
	b, err := e.printed(ctx, name)
	if err != nil || len(b.Pieces) == 0 {
		return nil, 0, err
	}
	folder := filepath.Join(dir, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, 0, err
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"pieces.pdf", func(w io.Writer) error { return press.Write(w, b.Pieces, b.Closed) }},
		{"addresses.csv", b.Addresses},
		{"cover.pdf", func(w io.Writer) error { return press.Cover(w, b) }},
	} {
		path := filepath.Join(folder, f.name)
		if err := replaceFile(path, f.write); err != nil {
			return nil, 0, fmt.Errorf("write %s: %w", path, err)
		}
		files = append(files, path)
	}
	return files, len(b.Pieces), nil
}

// replaceFile writes a file complete or not at all.
func replaceFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Chmod(0o600), f.Close()); err != nil { // addresses are nobody else's business
		return err
	}
	return os.Rename(f.Name(), path)
}

// printed reads the open pieces of a batch, in the order in which they are printed.
func (e *Engine) printed(ctx context.Context, name string) (out card.Batch, err error) {
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		b, err := tx.Batch(ctx, name)
		if err != nil {
			return err
		}
		out = card.Batch{Name: b.Name, Closed: b.Closed.In(e.Config.Home()), Price: e.Config.CardPrices()[b.Kind]}
		list, err := tx.CardsIn(ctx, b.Name, true, "", b.Pieces)
		for _, c := range list {
			p, err := paper.ReadPiece([]byte(c.Body))
			if err != nil {
				return fmt.Errorf("read piece %s: %w", c.Touch, err)
			}
			out.Pieces = append(out.Pieces, p)
		}
		return err
	})
	card.Sort(out.Pieces)
	return out, err
}

// PrintOne writes a message that goes by post as it would be printed: a test.
func (e *Engine) PrintOne(w io.Writer, m andante.Message) error {
	c, err := e.cards(false)
	if err != nil {
		return err
	}
	s, err := c.Prepare(m)
	if err != nil {
		return err
	}
	p, err := paper.ReadPiece(s.Bytes)
	if err != nil {
		return err
	}
	press, err := e.Press()
	if err != nil {
		return err
	}
	press.CropMarks = false
	press.Picture = func(string) ([]byte, error) { return m.Post.Front.Bytes, nil }
	return press.Write(w, []paper.Piece{p}, p.Date)
}
