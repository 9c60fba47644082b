package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/internal/gsm7"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/templates"
	"github.com/andante-hq/andante/workspace"
)

// previewed is a step as one contact would get it.
type previewed struct {
	identity workspace.Identity
	contact  andante.Contact
	kind     andante.Kind
	text     templates.Rendered
	copies   []andante.Mailbox
	parts    []andante.Part // images that the text shows, and attachments
	texts    workspace.SMSChannel
	price    string // of a text message
	link     string // of the unsubscribe page; it opens nothing
	post     *andante.Post
	doer     string        // who has to do it, or to look at it first
	task     *ops.Briefing // what they are told; nil: nobody has to do anything
	agenda   string        // and what their calendar is
	notes    []string      // why this contact would not get the step
}

// message is the step as it would be sent to an address, and to nobody else.
func (p *previewed) message(to string, now time.Time) andante.Message {
	return andante.Message{
		Kind: p.kind, From: andante.Mailbox{Name: p.identity.Name, Address: p.from()}, ReplyTo: andante.Mailbox{Address: p.identity.ReplyTo},
		To: andante.Mailbox{Name: p.contact.Name(), Address: to}, Subject: p.text.Subject, HTML: p.text.HTML, Text: p.text.Text, Parts: p.parts,
		Post: p.post, Unsubscribe: p.link, Date: now,
	}
}

// pick says which step is rendered, and for whom.
type pick struct{ as, persona, variant, kind string }

func (p *pick) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.as, "as", "", "contact, by id, external id or address; a made-up one if not given")
	c.Flags().StringVar(&p.persona, "persona", "", "another persona than the contact's")
	c.Flags().StringVar(&p.variant, "variant", "", "side of the sequence's test; the first if not given")
	c.Flags().StringVar(&p.kind, "kind", "", "as what the step goes instead, where it says switch KIND")
}

// openFor opens the store in which a contact is looked for, or makes one where nobody is.
func (a *app) openFor(p pick) func(context.Context, func(*engine.Options)) (*engine.Engine, error) {
	if p.as != "" {
		return a.open
	}
	return a.begin
}

func (a *app) previewCommand() *cobra.Command {
	var p pick
	var html, pdf string
	c := a.withJSON(command("day", "preview SEQUENCE/STEP|FILE", "Show a step as a contact would get it",
		"Renders a step of the folder, published or not, for a contact of the store or for a\nmade-up one: what they get, or what a colleague is told who has to do it. A file that is to\nbe sent once is named by its path.",
		"andante preview "+firstStep+" --as C-0001\nandante preview news/office-move.md\nandante preview "+firstStep+" --persona operations-director --html page.html", nil))
	p.flags(c)
	c.Flags().StringVar(&pdf, "pdf", "", "file for what goes by post, as it is printed")
	c.Flags().StringVar(&html, "html", "", "file for the HTML part")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.openFor(p)(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		got, err := a.render(c.Context(), e, args[0], p)
		if err != nil {
			return err
		}
		if html != "" {
			if err := os.WriteFile(html, []byte(got.page()), 0o644); err != nil {
				return err
			}
		}
		if pdf != "" {
			if err := writePDF(e, got, pdf); err != nil {
				return err
			}
		}
		return a.show(got)
	}
	return c
}

// writePDF writes a piece of post as it is printed.
func writePDF(e *engine.Engine, p *previewed, name string) error {
	if !p.kind.Mailed() {
		return usagef("--pdf shows what goes by post, and this step is of the kind %s", p.kind)
	}
	var b bytes.Buffer
	if err := e.PrintOne(&b, p.message("", e.Clock.Now().In(zone(e.Config)))); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// show prints a rendered step.
func (a *app) show(p *previewed) error {
	from, to := p.identity, p.contact
	if a.json {
		return a.printJSON(map[string]any{
			"kind": p.kind, "from": p.from(), "to": to.AddressFor(p.kind), "subject": p.text.Subject, "preview": p.text.Preview,
			"text": p.text.Text, "html": p.text.HTML, "notes": p.notes, "cc": addresses(p.copies), "files": fileNames(p.parts), "for": p.doer,
		})
	}
	if p.kind.ByHuman() {
		a.printf("For: %s\n\n%s", cmp.Or(p.doer, "nobody, for the account has no owner"), p.task.Text())
		for _, n := range p.notes {
			fmt.Fprintln(a.err, "note:", n)
		}
		return nil
	}
	a.printf("From: %s <%s>\nTo: %s <%s>\n", from.Name, p.from(), to.Name(), to.AddressFor(p.kind))
	for _, c := range p.copies {
		a.printf("Cc: %s <%s>\n", c.Name, c.Address)
	}
	if p.kind.Mailed() {
		a.printf("Signed: %s\n", strings.Join(p.post.Signed, ", "))
	}
	for _, l := range [][2]string{{"Subject", p.text.Subject}, {"Preview", p.text.Preview}} {
		if l[1] != "" {
			a.printf("%s: %s\n", l[0], l[1])
		}
	}
	a.printf("\n%s\n", strings.TrimRight(p.text.Text, "\n"))
	if p.kind == andante.SMS {
		a.printf("\n%s\n", p.price)
	}
	if p.text.Link != "" {
		a.printf("\n[code: %s]\n", p.text.Link)
	}
	if p.text.WayOut != "" {
		a.printf("\n%s\n", p.text.WayOut)
	}
	for _, f := range p.parts {
		where := "Attached"
		if f.ContentID != "" {
			where = "Shown"
		}
		a.printf("\n%s: %s (%s, %.1f kB)", where, f.Name, f.MediaType, float64(len(f.Bytes))/1024)
	}
	if len(p.parts) > 0 {
		a.printf("\n")
	}
	for _, n := range p.notes {
		fmt.Fprintln(a.err, "note:", n)
	}
	return nil
}

// from is what the message comes from.
func (p *previewed) from() string {
	if p.kind == andante.SMS {
		return cmp.Or(p.identity.SMS, p.texts.From)
	}
	return p.identity.Email
}

// priceOf says what a text costs that goes to a number.
func priceOf(c workspace.SMSChannel, text string) string {
	n := gsm7.Of(strings.TrimSpace(text))
	words := fmt.Sprintf("%d segment", n.Segments)
	if n.Segments > 1 {
		words += "s"
	}
	if n.Unicode {
		words += fmt.Sprintf(", in Unicode for %s", string(gsm7.Foreign(text)))
	}
	for _, country := range c.Countries {
		price, ok := c.Prices[country]
		if !ok {
			price, ok = c.Prices["others"]
		}
		if ok {
			words += fmt.Sprintf("; %.4g in %s", price*float64(n.Segments), country)
		}
	}
	return words
}

func addresses(list []andante.Mailbox) []string {
	only := []string{}
	for _, m := range list {
		only = append(only, m.Address)
	}
	return only
}

func fileNames(parts []andante.Part) []string {
	names := []string{}
	for _, f := range parts {
		names = append(names, f.Name)
	}
	return names
}

// page is the HTML as a browser shows it, the images in it.
func (p *previewed) page() string {
	page := p.text.HTML
	for _, f := range p.text.Images {
		page = strings.ReplaceAll(page, "cid:"+f.ContentID, "data:"+f.MediaType+";base64,"+base64.StdEncoding.EncodeToString(f.Bytes))
	}
	return page
}

// render renders SEQUENCE/STEP of the folder for a contact.
func (a *app) render(ctx context.Context, e *engine.Engine, step string, p pick) (*previewed, error) {
	w, q, s, err := a.stepOf(e, step)
	if err != nil {
		return nil, err
	}
	if s.Kind == andante.Decide {
		return nil, usagef("%s decides and touches nobody, so there is nothing to read", step)
	}
	if err := p.check(w, q); err != nil {
		return nil, err
	}
	c, account, err := a.reader(ctx, e, p, q, s)
	if err != nil {
		return nil, err
	}
	key, err := w.SenderOf(q, s, c.ID, account, e.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("%w: give %s an owner, or the sequence an if_no_owner", err, account.Name)
	}
	id, _ := w.Config.Identity(key)
	enrollment := andante.Enrollment{Variant: p.variant, Entered: e.Clock.Now()}
	if id, err = w.Named(ctx, id, w.Values(c, account, enrollment, workspace.Identity{})); err != nil {
		return nil, err
	}
	if s, err = p.switched(s); err != nil {
		return nil, err
	}
	t, err := w.Text(q, s, c.Persona, p.variant, w.Language(q, s, c), s.Kind)
	if err != nil {
		return nil, err
	}
	got := &previewed{identity: id, contact: c, kind: s.Kind, link: engine.UnsubscribeLink(w.Config.PublicURL, ops.TestToken)}
	in := templates.Input{
		Values:      w.Values(c.As(s.Kind), account, enrollment, id),
		Unsubscribe: got.link, WayOut: templates.WayOut{Reply: true}, // as the first text has it
	}
	had, err := a.had(ctx, e, c.ID)
	if err != nil {
		return nil, err
	}
	if len(s.Topics) > 0 {
		in.Values["nugget"] = w.NewPicker(c.Persona, had, e.Clock.Now()).Values(s.Topics)
	}
	switch {
	case s.Kind.Mailed():
		in.WayOut = templates.WayOut{Post: workspace.PostWayOut(w.Config.PublicURL, strings.ToUpper(ops.TestToken))}
	case !w.Config.HearsTexts(id):
		in.WayOut = templates.WayOut{Link: got.link}
	}
	if s.Thread && !s.NoQuote {
		in.Quote = &templates.Quote{From: id.Name, Date: e.Clock.Now().Add(-72 * time.Hour), Text: "(the last mail of this sequence)"}
	}
	got.notes = append(notes(q, s, c, account, in.Values), condition(w, s, in.Values, e.Clock.Now())...)
	got.text, err = t.Render(ctx, in)
	for _, text := range []*string{&got.text.HTML, &got.text.Text, &got.text.Link} {
		*text = workspace.FillAnswers(*text, func(_, _ string) string {
			return strings.TrimRight(w.Config.PublicURL, "/") + "/a/" + ops.TestToken
		})
	}
	got.texts, got.price = w.Config.Channels.SMS, priceOf(w.Config.Channels.SMS, strings.ReplaceAll(got.text.Text, got.link, got.link+strings.Repeat("x", workspace.TokenLength-len(ops.TestToken)))) // as long as a real one
	if s.Kind == andante.Email {
		got.copies = w.Config.Copies(s, account.Owner, id.Email, c.Email)
	}
	got.parts = append(slices.Clone(got.text.Images), w.Attachments(s)...)
	if s.Kind.Mailed() {
		got.post = w.Post(q, s, c, account, id, got.text)
	}
	if err == nil && (s.Kind.ByHuman() || s.Review != "") {
		err = got.brief(ctx, e, w, s, account, key)
	}
	return got, err
}

// brief adds what a colleague is told.
func (p *previewed) brief(ctx context.Context, e *engine.Engine, w *workspace.Workspace, s *sequences.Step, account andante.Account, sender string) (err error) {
	p.doer = w.Config.DoerOf(account, sender, e.Clock.Now())
	b := ops.Briefing{Task: "TASK", Kind: s.Kind, Subject: cmp.Or(p.text.Subject, s.Label, s.Title), Said: p.text.Text, Review: s.Review != ""}
	if p.task, err = e.Ops.Draft(ctx, w, p.doer, p.contact, account, b); err != nil {
		return err
	}
	p.agenda = p.task.Agenda(w, e.Clock.Now(), p.doer)
	if s.Review != "" {
		p.notes = append(p.notes, fmt.Sprintf("it waits until %s has looked at it, with `andante task edit`", cmp.Or(p.doer, "somebody")))
	}
	if n := s.NoAnswer; n != nil {
		p.notes = append(p.notes, fmt.Sprintf("where nobody answers it comes again, %s at most, %s apart", count(n.Again, "time"), n.Apart))
	}
	if u := s.IfUndone; u.Kind != "" {
		p.notes = append(p.notes, fmt.Sprintf("where nobody does it, it goes as %s (--kind %s shows it)", u.Kind, u.Kind))
	}
	return nil
}

// stepOf finds a step of the folder, or of a file that is to be sent once. What is wrong with
// other sequences is no matter here.
func (a *app) stepOf(e *engine.Engine, name string) (*workspace.Workspace, *sequences.Sequence, *sequences.Step, error) {
	w, found := workspace.Load(e.FS())
	at := ""
	if strings.HasSuffix(name, ".md") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, nil, usageError{err}
		}
		at = "sequences/" + filepath.Base(name)
		w, found = w.With(at, text)
		for _, n := range w.Names() {
			if q := w.Sequences[n]; q.File == at && len(q.Steps) > 0 {
				name = q.Name + "/" + q.Steps[0].ID
			}
		}
	}
	q, s, err := findStep(w, name)
	bad := slices.DeleteFunc(workspace.Errors(found), func(f *andante.Finding) bool {
		return strings.HasPrefix(f.File, "sequences/") && (q != nil && f.File != q.File || q == nil && at != "" && f.File != at)
	})
	if len(bad) > 0 {
		return nil, nil, nil, a.refused(bad)
	}
	return w, q, s, err
}

// check looks whether persona and variant exist, and picks the first variant.
func (p *pick) check(w *workspace.Workspace, q *sequences.Sequence) error {
	if _, ok := w.Config.Personas[p.persona]; p.persona != "" && !ok {
		names := slices.Sorted(maps.Keys(w.Config.Personas))
		return usagef("there is no persona %s%s; there are: %s", p.persona, didYouMean(p.persona, names), strings.Join(names, ", "))
	}
	var names []string
	if q.Test != nil {
		for _, v := range q.Test.Variants {
			names = append(names, v.Name)
		}
	}
	if p.variant == "" && len(names) > 0 {
		p.variant = names[0]
	}
	if p.variant != "" && !slices.Contains(names, p.variant) {
		return usagef("%s has no variant %s; there are: %s", q.Name, p.variant, cmp.Or(strings.Join(names, ", "), "none"))
	}
	return nil
}

// switched returns the step as the kind that was asked for.
func (p *pick) switched(s *sequences.Step) (*sequences.Step, error) {
	k := andante.Kind(p.kind)
	if k == "" || k == s.Kind {
		return s, nil
	}
	if !s.GoesAs(k) {
		return nil, usagef("--kind: %s never goes as %s; write if_missing:, over_limit: or if_undone: switch %[2]s for that", s.ID, k)
	}
	as := *s
	as.Kind, as.Needs = k, s.NeedsAs(k)
	return &as, nil
}

// notes tells why a contact would not get a step.
func notes(q *sequences.Sequence, s *sequences.Step, c andante.Contact, a andante.Account, v andante.Values) []string {
	var list []string
	for _, path := range s.Needs {
		if v.Empty(path) {
			list = append(list, fmt.Sprintf("the step needs %s, which is empty here, so it would be passed over", path))
		}
	}
	if k := s.Kind; (k == andante.Email || k == andante.SMS || k.Mailed()) && c.AddressFor(k) == "" {
		becomes := "would be passed over"
		if s.IfMissing.Kind != "" {
			becomes = "would go as " + string(s.IfMissing.Kind) + " instead (--kind " + string(s.IfMissing.Kind) + " shows it)"
		}
		list = append(list, fmt.Sprintf("there is no address for %s here, so it %s", k, becomes))
	}
	if s.Thread {
		list = append(list, `the real mail answers the last one that was sent: its subject is "Re: " and that one's, and the subject here is for when there is none`)
	}
	if len(q.Personas) > 0 && c.Persona != "" && !slices.Contains(q.Personas, c.Persona) {
		list = append(list, fmt.Sprintf("%s is not for the persona %s", q.Name, c.Persona))
	}
	if stage := a.StageOf(c); len(q.Stages) > 0 && !slices.Contains(q.Stages, stage) {
		list = append(list, fmt.Sprintf("%s is not for the stage %s", q.Name, cmp.Or(stage, "(none)")))
	}
	return list
}

// condition tells whether the step's own condition holds as things are: nothing has been
// sent, opened or answered.
func condition(w *workspace.Workspace, s *sequences.Step, v andante.Values, now time.Time) []string {
	if s.When != "" && !w.Holds(s.When, v, now) {
		return []string{fmt.Sprintf("its condition does not hold before anything has happened: %s", s.When)}
	}
	return nil
}

func findStep(w *workspace.Workspace, name string) (*sequences.Sequence, *sequences.Step, error) {
	sequence, step, ok := strings.Cut(name, "/")
	if !ok {
		return nil, nil, usagef("name a step as SEQUENCE/STEP; the sequences are %s", strings.Join(w.Names(), ", "))
	}
	q, ok := w.Sequences[sequence]
	if !ok {
		return nil, nil, noSequence(sequence, w.Names(), "in the folder")
	}
	s, ok := q.Step(step)
	if !ok {
		return nil, nil, usagef("%s has no step %s%s; there are: %s", sequence, step, didYouMean(step, q.StepIDs()), strings.Join(q.StepIDs(), ", "))
	}
	return q, s, nil
}

// reader returns who reads: a contact of the store, or a made-up one.
func (a *app) reader(ctx context.Context, e *engine.Engine, p pick, q *sequences.Sequence, s *sequences.Step) (andante.Contact, andante.Account, error) {
	if p.as == "" {
		c, account := madeUp(e)
		c.Persona = cmp.Or(p.persona, anyPersona(q, s))
		if len(q.Stages) > 0 {
			account.Stage = q.Stages[0]
		}
		return c, account, nil
	}
	c, err := a.contact(ctx, e, p.as)
	if err != nil {
		return c, andante.Account{}, err
	}
	c.Persona = cmp.Or(p.persona, c.Persona)
	account, err := e.AccountOf(ctx, c)
	return c, account, err
}

// anyPersona is one that a step is for; empty: it speaks to everybody alike.
func anyPersona(q *sequences.Sequence, s *sequences.Step) string {
	if len(q.Personas) > 0 {
		return q.Personas[0]
	}
	for _, b := range s.Body {
		if b.For.Persona != "" {
			return b.For.Persona
		}
	}
	return ""
}

func madeUp(e *engine.Engine) (andante.Contact, andante.Account) {
	const id = "00000000-0000-7000-8000-000000000000"
	owner := ""
	if keys := slices.Sorted(maps.Keys(e.Config.People)); len(keys) > 0 {
		owner = keys[0]
	}
	account := andante.Account{
		ID: id, Name: "Sample & Sons", Industry: "logistics", Stage: "prospect", Tier: "commercial", Owner: owner, Business: true,
	}
	contact := andante.Contact{
		ID: id, Account: id, FirstName: "Robin", LastName: "Sample", Email: "robin@sample.example", JobTitle: "Facility manager",
		Phone: "+12025550143", Street: "1 Sample Street", City: "Sampleton", Region: "XX", PostalCode: "00000",
	}
	return contact, account
}

// had returns the nuggets that a contact has had; none of a sample.
func (a *app) had(ctx context.Context, e *engine.Engine, id andante.ContactID) (had []string, err error) {
	if e.Store == nil || id == "" {
		return nil, nil
	}
	err = e.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.NuggetsOf(ctx, []andante.ContactID{id})
		for _, n := range list {
			had = append(had, n.Nugget)
		}
		return err
	})
	return had, err
}
