package workspace

import (
	"cmp"
	"context"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/calendar"
	"github.com/andante-hq/andante/internal/paper"
	"github.com/andante-hq/andante/internal/postal"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
)

// What andante.yaml may say of who prints.
var (
	cardDrivers = []string{"print", "lob"}
	lobVerifies = []string{"usual", "strict", "no"}
	lobTypes    = []string{"usps_first_class", "usps_standard"}
	lobFormats  = []string{"4x6", "6x9", "6x11", "letter"}
)

// LobPrints is how long Lob takes from a piece to the post.
var LobPrints = calendar.Offset{BusinessDays: 3}

// postKinds are what goes by post.
var postKinds = []andante.Kind{andante.Postcard, andante.Card, andante.Letter}

// CardFormats returns the size of each kind that goes by post.
func (c *Config) CardFormats() map[andante.Kind]string {
	m := map[andante.Kind]string{}
	for _, k := range postKinds {
		m[k] = cmp.Or(c.Channels.Cards.Formats[string(k)], paper.Usual(k, c.Company.Country))
	}
	return m
}

// CardPrices returns what a piece of each kind costs; 0 if nobody said.
func (c *Config) CardPrices() map[andante.Kind]float64 {
	m := map[andante.Kind]float64{}
	for _, k := range postKinds {
		m[k] = c.Channels.Cards.Prices[string(k)]
	}
	return m
}

// CardSender returns whom post comes from.
func (c *Config) CardSender() andante.PostalAddress {
	f := c.Channels.Cards.From
	a := andante.PostalAddress{
		Name: f.Name, Company: cmp.Or(f.Company, c.Company.Name), Street: f.Street, Street2: f.Street2, City: f.City, Region: f.Region,
		PostalCode: f.PostalCode, Country: cmp.Or(f.Country, c.Company.Country),
	}
	if a.Street == "" {
		a.Street = strings.Join(strings.Split(c.Company.PostalAddress, "\n"), ", ")
	}
	return a
}

// CardFont returns the font that post is printed in.
func (w *Workspace) CardFont() (*paper.Font, error) {
	c := w.Config.Channels.Cards
	if c.Font == "" {
		return paper.Noto(), nil
	}
	return paper.NewFont(w.Files[c.Font], w.Files[c.BoldFont])
}

// Front returns the picture that a step has on its front; nil for none.
func (w *Workspace) Front(s *sequences.Step) *andante.Part {
	body, ok := w.Files[s.Front]
	if s.Front == "" || !ok {
		return nil
	}
	return &andante.Part{Name: path.Base(s.Front), Bytes: body}
}

// Post returns what a step's message has for the post.
func (w *Workspace) Post(q *sequences.Sequence, s *sequences.Step, c andante.Contact, a andante.Account, sender Identity, out templates.Rendered) *andante.Post {
	to := c.Post(cmp.Or(c.Country, a.Country, w.Config.Company.Country))
	if a.Business {
		to.Company = a.Name
	}
	signed := []string{sender.Name}
	if s.Kind == andante.Letter && sender.Title != "" {
		signed = append(signed, sender.Title)
	}
	return &andante.Post{To: to, From: w.Config.CardSender(), Signed: signed, Link: out.Link, WayOut: out.WayOut, Front: w.Front(s), Requested: q.Purpose == andante.Requested}
}

// checkCards looks at who prints and posts.
func checkCards(w *Workspace) (found []*andante.Finding) {
	c := w.Config.Channels.Cards
	say := func(key, format string, args ...any) *andante.Finding {
		f := w.at("config-value", append([]string{"channels", "cards"}, strings.Split(key, ".")...), format, args...)
		found = append(found, f)
		return f
	}
	if !slices.Contains(cardDrivers, c.Driver) {
		say("driver", "%q prints no cards", c.Driver).Suggestion = yamldoc.Choose(c.Driver, cardDrivers)
	}
	if c.Driver == "lob" {
		w.checkLob(say)
	}
	for _, key := range slices.Sorted(maps.Keys(c.Formats)) {
		k := andante.Kind(key)
		switch {
		case !k.Mailed():
			say("formats."+key, "%s does not go by post: write postcard, card or letter", key)
		case !slices.Contains(paper.FormatsFor(k), c.Formats[key]):
			say("formats."+key, "%q is no size of a %s", c.Formats[key], key).Suggestion = yamldoc.Choose(c.Formats[key], paper.FormatsFor(k))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Prices)) {
		if !andante.Kind(key).Mailed() || c.Prices[key] < 0 {
			say("prices."+key, "%s: %g is no price of a postcard, card or letter", key, c.Prices[key])
		}
	}
	if country := w.Config.CardSender().Country; c.From.Street != "" {
		if lacks := postal.Lacks(w.Config.CardSender()); len(lacks) > 0 {
			say("from", "the sender's address lacks %s", strings.Join(lacks, ", "))
		}
		if country == "" {
			say("from.country", "nobody knows from which country post comes: write company.country")
		}
	}
	if _, err := w.CardFont(); err != nil {
		say("font", "%s: %s", c.Font, err)
	}
	return found
}

// checkLob looks at the account there, and at what Lob would refuse of every piece.
func (w *Workspace) checkLob(say func(key, format string, args ...any) *andante.Finding) {
	l := w.Config.Channels.Cards.Lob
	if l.Key == (SecretRef{}) {
		say("lob.key", "say where the key is: {env: NAME} or {file: PATH}")
	}
	if !slices.Contains(lobVerifies, l.Verify) {
		say("lob.verify", "%q is no verification", l.Verify).Suggestion = yamldoc.Choose(l.Verify, lobVerifies)
	}
	if !slices.Contains(lobTypes, l.MailType) {
		say("lob.mail_type", "Lob knows no %q", l.MailType).Suggestion = yamldoc.Choose(l.MailType, lobTypes)
	}
	formats := w.Config.CardFormats()
	for _, k := range postKinds {
		if !slices.Contains(lobFormats, formats[k]) {
			say("formats."+string(k), "Lob does not print the size %s of a %s", formats[k], k).Suggestion = "write one of 4x6, 6x9, 6x11 for cards, and letter for letters"
		}
	}
	from := w.Config.CardSender()
	switch lacks := postal.Lacks(from); {
	case from.Country != "US":
		say("from.country", "Lob posts for senders in the US, and this one is in %s", cmp.Or(from.Country, "no country")).Suggestion = "name an address in the US that returned post may go to"
	case w.Config.Channels.Cards.From.Street == "" || from.Region == "" || len(lacks) > 0:
		say("from", "Lob wants the sender's address in parts").Suggestion = "write from: with street, city, region and postal_code"
	}
}

// printsFirst has what Lob prints land later by as long as that takes.
func (w *Workspace) printsFirst() {
	if w.Policy == nil || w.Config.Channels.Cards.Driver != "lob" {
		return
	}
	if w.Policy.Landing == nil {
		w.Policy.Landing = map[andante.Kind]calendar.Offset{}
	}
	for _, k := range postKinds {
		o := w.Policy.Landing[k]
		o.BusinessDays += LobPrints.BusinessDays
		w.Policy.Landing[k] = o
	}
}

// PrintedFirst tells whether a touch that was sent is with the post only after [LobPrints].
func (w *Workspace) PrintedFirst(t andante.Touch) bool {
	return t.Kind.Mailed() && t.State == andante.Sent && w.Config.Channels.Cards.Driver == "lob"
}

// checkFronts wants pictures that are there and that print well.
func checkFronts(w *Workspace) []*andante.Finding {
	var pictures []string
	for name := range w.Files {
		if ext := strings.ToLower(path.Ext(name)); strings.HasPrefix(name, "templates/") && (ext == ".jpg" || ext == ".jpeg" || ext == ".png") {
			pictures = append(pictures, name)
		}
	}
	formats := w.Config.CardFormats()
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for i := range q.Steps {
			s := &q.Steps[i]
			say := func(format string, args ...any) *andante.Finding {
				f := in(q, "front", s.Lines["front"], format, args...)
				found = append(found, f)
				return f
			}
			body, there := w.Files[s.Front]
			switch {
			case s.Front == "":
			case s.Kind != andante.Postcard && s.Kind != andante.Card:
				say("a step of the kind %s has no front", s.Kind)
			case !there:
				say("there is no picture %s", s.Front).Suggestion = cmp.Or(yamldoc.Suggest(s.Front, pictures), "put it into templates/fronts/ and name it as templates/fronts/NAME")
			default:
				if err := paper.CheckPicture(body, paper.Formats[formats[s.Kind]]); err != nil {
					say("%s: %s", s.Front, err)
				}
			}
		}
		return found
	})
}

// cardFindings tells whether a text fits its paper, for somebody of whom everything is known.
func (w *Workspace) cardFindings(q *sequences.Sequence, s *sequences.Step, key textKey) []*andante.Finding {
	t, err := w.Text(q, s, key.persona, key.variant, key.lang, key.kind)
	format, known := paper.Formats[w.Config.CardFormats()[key.kind]]
	if err != nil || !known {
		return nil // that is told already
	}
	font, err := w.CardFont()
	if err != nil {
		return nil
	}
	out, err := t.Sample(context.Background(), templates.WayOut{Post: PostWayOut(w.Config.PublicURL, "XXXXXXXXXX")})
	if err != nil {
		return nil
	}
	piece := paper.Piece{
		Kind: key.kind, Format: format.Name, From: w.Config.CardSender(), Subject: out.Subject, Text: out.Text, Signed: []string{"Alexandra Sample"},
		Link: out.Link, WayOut: out.WayOut, Date: time.Unix(0, 0),
		To: andante.PostalAddress{Name: "Alexandra Sample", Street: "1 Sample Street", City: "Sampleton", Region: "XX", PostalCode: "00000", Country: w.Config.Company.Country},
	}
	if _, err := piece.LayOut(font); err != nil {
		at := sequences.Position{Line: s.BodyAt, Column: 1}
		return []*andante.Finding{in(q, "card-text", at, "as a %s it can't be printed: %s", key.kind, err)}
	}
	return nil
}

// PostWayOut is the address, short enough to be typed, at which who got a piece of post says
// that they want no more.
func PostWayOut(publicURL, code string) string {
	_, host, _ := strings.Cut(strings.TrimRight(publicURL, "/"), "://")
	var groups []string
	for part := range slices.Chunk([]byte(code), 4) {
		groups = append(groups, string(part))
	}
	return host + "/u/" + strings.Join(groups, "-")
}
