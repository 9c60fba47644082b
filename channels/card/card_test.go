package card_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/channels"
	"github.com/andante-hq/andante/channels/card"
	"github.com/andante-hq/andante/channels/channeltest"
	"github.com/andante-hq/andante/internal/paper"
)

var sizes = card.Config{
	Formats: map[andante.Kind]string{andante.Postcard: "a6", andante.Card: "6x9", andante.Letter: "a4"},
	Prices:  map[andante.Kind]float64{andante.Postcard: 0.85},
}

// message is a card that can be printed.
func message(kind andante.Kind, n int) andante.Message {
	m := channeltest.Message(kind, n)
	m.Post = &andante.Post{
		To: andante.PostalAddress{
			Name: "Maria Ortiz", Company: "Oakfield Homes", Street: fmt.Sprintf("%d Harbor Road", n+1), City: "Austin", Region: "TX", PostalCode: "78701", Country: "US",
		},
		From:   andante.PostalAddress{Company: "Harborview Energy", Street: "12 Pier Street", City: "Portland", Region: "ME", PostalCode: "04101", Country: "US"},
		Signed: []string{"Jonas Weber"}, Link: "https://harborview.example/plan?b=018f",
		WayOut: "No more post from us? Say so at any time: harborview.example/u/K7QM-2XWB-9T",
	}
	return m
}

// printer is a carrier that keeps what it takes.
type printer struct {
	mu  sync.Mutex
	ids []string
}

func (*printer) Takes(paper.Piece) error { return nil }

func (p *printer) Send(_ context.Context, piece paper.Piece, open func() bool) (channels.Receipt, error) {
	if !open() {
		return channels.Receipt{}, &channels.SendError{Kind: channels.Untried}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = append(p.ids, string(piece.Touch))
	return channels.Receipt{Code: 200}, nil
}

func (*printer) Find(context.Context, andante.TouchID, andante.Kind) (channels.Receipt, bool, error) {
	return channels.Receipt{}, false, nil
}

func (*printer) Name() string { return "printer" }

func (p *printer) arrived() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ids
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(*testing.T) channeltest.Rig {
		p := &printer{}
		return channeltest.Rig{
			Channel: card.New(sizes, p, andante.SystemClock{}), Arrived: p.arrived,
			Message: postcard,
		}
	})
}

// TestWithoutACarrierAPieceIsOpen: nobody knows before its batch is posted that it left.
func TestWithoutACarrierAPieceIsOpen(t *testing.T) {
	t.Parallel()
	ch := card.New(sizes, nil, andante.SystemClock{})
	s, err := ch.Prepare(message(andante.Postcard, 1))
	if err != nil {
		t.Fatal(err)
	}
	g := &channeltest.Gate{}
	if err := ch.Deliver(t.Context(), []channels.Sealed{s}, g); err != nil {
		t.Fatal(err)
	}
	if o, _ := g.Outcome(s.Touch); o.Err != nil || !o.Receipt.Open || o.Receipt.Format != "a6" {
		t.Errorf("%+v", o)
	}
	if s.Cost != 850_000 || s.To != "2 Harbor Road, Austin, TX 78701, US" {
		t.Errorf("cost %d, to %s", s.Cost, s.To)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ch := card.New(sizes, nil, andante.SystemClock{})
	for name, c := range map[string]struct {
		change func(*andante.Message)
		want   string
	}{
		"no address":         {func(m *andante.Message) { m.Post = nil }, "no postal address"},
		"half an address":    {func(m *andante.Message) { m.Post.To.PostalCode, m.Post.To.Region = "", "" }, "lacks postal_code, region"},
		"a long address":     {func(m *andante.Message) { m.Post.To.Street = strings.Repeat("Harbor Road ", 30) }, "there is room for 7"},
		"a long sender":      {func(m *andante.Message) { m.Post.From.Street = strings.Repeat("Harbor Road ", 9) }, "write a shorter channels.cards.from"},
		"a long text":        {func(m *andante.Message) { m.Text = strings.Repeat("Here is the plan. ", 90) }, "lines too long for a6"},
		"a very long text":   {func(m *andante.Message) { m.Text = strings.Repeat("plan ", 9000) }, "too long"},
		"an unknown letter":  {func(m *andante.Message) { m.Text = "Hello 漢!" }, `the font has no letter for "漢"`},
		"an emoji":           {func(m *andante.Message) { m.Subject = "Happy birthday 🎂" }, "🎂"},
		"a name it lacks":    {func(m *andante.Message) { m.Post.To.Name = "山田 太郎" }, "the font has no letter"},
		"a control letter":   {func(m *andante.Message) { m.Text = "Hello\x07" }, "the font has no letter"},
		"no text at all":     {func(m *andante.Message) { m.Text = "\xff" }, "no text"},
		"a mail":             {func(m *andante.Message) { m.Kind = andante.Email }, "no format"},
		"a small picture":    {func(m *andante.Message) { m.Post.Front = &andante.Part{Name: "s.jpg", Bytes: photo(640, 480)} }, "640 by 480 pixels; a6 needs 1212 by 874"},
		"an upright picture": {func(m *andante.Message) { m.Post.Front = &andante.Part{Name: "s.jpg", Bytes: photo(1300, 1820)} }, "so much of it would be cut off: a6 is 148 by 105 mm"},
		"a huge picture":     {func(m *andante.Message) { m.Post.Front = &andante.Part{Name: "s.png", Bytes: flat(6000, 4300)} }, "a6 needs no more than"},
		"no picture":         {func(m *andante.Message) { m.Post.Front = &andante.Part{Name: "s.jpg", Bytes: []byte("GIF89a")} }, "no JPEG or PNG"},
		"a deep picture":     {func(m *andante.Message) { m.Post.Front = &andante.Part{Name: "s.png", Bytes: deep()} }, "16 bits"},
	} {
		m := message(andante.Postcard, 1)
		c.change(&m)
		if _, err := ch.Prepare(m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	m := message(andante.Letter, 1)
	m.Text = strings.Repeat("Here is the plan.\n\n", 200)
	if _, err := ch.Prepare(m); err == nil || !strings.Contains(err.Error(), "a letter has 2") {
		t.Errorf("a long letter: %v", err)
	}
	m = message(andante.Letter, 1)
	m.Post.Front = &andante.Part{Bytes: photo(1800, 1300)}
	if _, err := ch.Prepare(m); err == nil {
		t.Error("a letter with a front was taken")
	}
}

func photo(w, h int) []byte {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			im.Set(x, y, color.RGBA{uint8(255 * x / w), uint8(255 * y / h), 120, 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, im, nil)
	return b.Bytes()
}

// flat is of one colour, so that its file is small however large it is.
func flat(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)))
	return b.Bytes()
}

func deep() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewRGBA64(image.Rect(0, 0, 8, 8)))
	return b.Bytes()
}

// piece is a sealed message read again.
func piece(t *testing.T, m andante.Message, formats map[andante.Kind]string) paper.Piece {
	t.Helper()
	s, err := card.New(card.Config{Formats: formats}, nil, andante.SystemClock{}).Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	p, err := paper.ReadPiece(s.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAddressInTheWindow: a long line of a letter's address is broken, so that the envelope's
// window shows all of it.
func TestAddressInTheWindow(t *testing.T) {
	t.Parallel()
	m := message(andante.Letter, 1)
	m.Post.To.Company = "International Consolidated Widget and Sprocket Manufacturing Corporation of America"
	s, err := piece(t, m, sizes.Formats).LayOut(paper.Noto())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range s.Pages[0].Lines {
		if l.Post {
			lines = append(lines, l.Words)
		}
	}
	if got := strings.Join(lines[1:], "|"); !strings.Contains(got, "International Consolidated Widget and Sprocket|Manufacturing Corporation of America|") {
		t.Errorf("the address is %s", got)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	m := message(andante.Postcard, 1)
	m.Post.To.Name = `=HYPERLINK("https://evil.example")`
	p := piece(t, m, sizes.Formats)
	var b bytes.Buffer
	if err := (card.Batch{Name: "postcard-1", Pieces: []paper.Piece{p}}).Addresses(&b); err != nil {
		t.Fatal(err)
	}
	want := "number,touch,name,company,street,street_2,city,region,postal_code,country\n" +
		"1," + string(p.Touch) + `,"'=HYPERLINK(""https://evil.example"")",Oakfield Homes,2 Harbor Road,,Austin,TX,78701,US` + "\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	list := []paper.Piece{
		{Touch: "3", To: andante.PostalAddress{Country: "US", PostalCode: "78701"}},
		{Touch: "2", To: andante.PostalAddress{Country: "US", PostalCode: "04101"}},
		{Touch: "1", To: andante.PostalAddress{Country: "US", PostalCode: "78701"}},
		{Touch: "4", To: andante.PostalAddress{Country: "DE", PostalCode: "99999"}},
	}
	card.Sort(list)
	order := ""
	for _, p := range list {
		order += string(p.Touch)
	}
	if order != "4213" {
		t.Error(order)
	}
}

func BenchmarkPrepare(b *testing.B) {
	ch := card.New(sizes, nil, andante.SystemClock{})
	m := message(andante.Postcard, 1)
	for b.Loop() {
		if _, err := ch.Prepare(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBatchOf500(b *testing.B) {
	ch := card.New(sizes, nil, andante.SystemClock{})
	var list []paper.Piece
	for n := range 500 {
		s, err := ch.Prepare(message(andante.Postcard, n))
		if err != nil {
			b.Fatal(err)
		}
		p, _ := paper.ReadPiece(s.Bytes)
		list = append(list, p)
	}
	for b.Loop() {
		var out bytes.Buffer
		if err := (&card.Press{}).Write(&out, list, time.Unix(0, 0)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(out.Len())/1e6, "MB")
	}
}
