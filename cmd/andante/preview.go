package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/engine"
	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/templates"
	"github.com/andante-hq/andante/workspace"
)

// previewed is a step as one contact would get it.
type previewed struct {
	identity workspace.Identity
	contact  andante.Contact
	text     templates.Rendered
}

func (a *app) previewCommand() *cobra.Command {
	var as, persona, html string
	c := command("day", "preview SEQUENCE/STEP", "Show a step as a contact would get it",
		"Renders a step of the folder, published or not, for a contact of the store or for a\nmade-up one.",
		"andante preview facility-benchmark/a-benchmark --as c001\nandante preview monthly-brief/january --persona cfo --html page.html", 1, nil)
	c.Flags().StringVar(&as, "as", "", "contact, by id, external id or address; a made-up one if not given")
	c.Flags().StringVar(&persona, "persona", "", "persona of the made-up contact")
	c.Flags().StringVar(&html, "html", "", "file for the HTML part")
	c.RunE = func(c *cobra.Command, args []string) error {
		e, err := a.open(c.Context(), nil)
		if err != nil {
			return err
		}
		defer e.Close()
		p, err := a.render(c.Context(), e, args[0], as, persona)
		if err != nil {
			return err
		}
		a.printf("From: %s <%s>\nTo: %s <%s>\nSubject: %s\n", p.identity.Name, p.identity.Email, p.contact.Name(), p.contact.Email, p.text.Subject)
		if p.text.Preview != "" {
			a.printf("Preview: %s\n", p.text.Preview)
		}
		a.printf("\n%s\n", p.text.Text)
		if html != "" {
			return os.WriteFile(html, []byte(p.text.HTML), 0o644)
		}
		return nil
	}
	return c
}

// render renders SEQUENCE/STEP of the folder for a contact.
func (a *app) render(ctx context.Context, e *engine.Engine, step, as, persona string) (*previewed, error) {
	w, err := a.load(e)
	if err != nil {
		return nil, err
	}
	q, s, err := findStep(w, step)
	if err != nil {
		return nil, err
	}
	c, account, err := a.reader(ctx, e, as, persona)
	if err != nil {
		return nil, err
	}
	key, err := w.SenderOf(q, s, account)
	if err != nil {
		return nil, fmt.Errorf("%w: give %s an owner, or the sequence an if_no_owner", err, account.Name)
	}
	id, _ := w.Config.Identity(key)
	variant := ""
	if q.Test != nil && len(q.Test.Variants) > 0 {
		variant = q.Test.Variants[0].Name
	}
	t, err := w.Text(q, s, c.Persona, variant, w.Language(q, s, c), s.Kind)
	if err != nil {
		return nil, err
	}
	in := templates.Input{
		Values:      w.Values(c, account, andante.Enrollment{Variant: variant, Entered: e.Clock.Now()}, id),
		Unsubscribe: strings.TrimRight(w.Config.PublicURL, "/") + "/u/preview",
	}
	if s.Thread && !s.NoQuote {
		in.Quote = &templates.Quote{From: id.Name, Date: e.Clock.Now().Add(-72 * time.Hour), Text: "(the last mail of this sequence)"}
	}
	out, err := t.Render(ctx, in)
	return &previewed{id, c, out}, err
}

func findStep(w *workspace.Workspace, name string) (*sequences.Sequence, *sequences.Step, error) {
	sequence, step, ok := strings.Cut(name, "/")
	if !ok {
		return nil, nil, usagef("name a step as SEQUENCE/STEP; the sequences are %s", strings.Join(w.Names(), ", "))
	}
	q, ok := w.Sequences[sequence]
	if !ok {
		return nil, nil, fmt.Errorf("sequence %s: %w; there are %s", sequence, andante.ErrNotFound, strings.Join(w.Names(), ", "))
	}
	s, ok := q.Step(step)
	if !ok {
		return nil, nil, fmt.Errorf("step %s: %w; %s has %s", step, andante.ErrNotFound, sequence, strings.Join(q.StepIDs(), ", "))
	}
	return q, s, nil
}

// reader returns who reads: a contact of the store, or a made-up one.
func (a *app) reader(ctx context.Context, e *engine.Engine, as, persona string) (andante.Contact, andante.Account, error) {
	if as == "" {
		owner := ""
		for key := range e.Config.People {
			if owner == "" || key < owner {
				owner = key
			}
		}
		return andante.Contact{
				FirstName: "Robin", LastName: "Sample", Email: "robin@sample.example", JobTitle: "Facility manager", Persona: persona,
			}, andante.Account{
				Name: "Sample & Sons", Industry: "logistics", Stage: "prospect", Tier: "commercial", Owner: owner, Business: true,
			}, nil
	}
	c, err := a.contact(ctx, e, as)
	if err != nil {
		return c, andante.Account{}, err
	}
	c.Persona = cmp.Or(persona, c.Persona)
	account, err := e.AccountOf(ctx, c)
	return c, account, err
}

func (a *app) sendTestCommand() *cobra.Command {
	var to, as, persona string
	var live bool
	c := command("day", "send-test SEQUENCE/STEP", "Send a step to yourself",
		"Renders a step as `preview` does and sends it to your own address. In sandbox mode it\nis written to the folder; --live sends it all the same.",
		"andante send-test facility-benchmark/a-benchmark --to me@acme.example --live", 1, nil)
	c.Flags().StringVar(&to, "to", "", "your address")
	c.Flags().StringVar(&as, "as", "", "contact whose data is used; a made-up one if not given")
	c.Flags().StringVar(&persona, "persona", "", "persona of the made-up contact")
	c.Flags().BoolVar(&live, "live", false, "send it even in sandbox mode")
	c.RunE = func(c *cobra.Command, args []string) error {
		if to == "" {
			return usagef("--to is missing: write your own address")
		}
		e, err := a.open(c.Context(), func(o *engine.Options) {
			o.Config = func(cfg *workspace.Config) {
				if live {
					cfg.Deliver = workspace.Deliver{Mode: "live"}
				}
			}
		})
		if err != nil {
			return err
		}
		defer e.Close()
		p, err := a.render(c.Context(), e, args[0], as, persona)
		if err != nil {
			return err
		}
		receipt, err := e.SendOne(c.Context(), andante.Message{
			Kind: andante.Email, From: andante.Mailbox{Name: p.identity.Name, Address: p.identity.Email}, ReplyTo: andante.Mailbox{Address: p.identity.ReplyTo},
			To: andante.Mailbox{Name: p.contact.Name(), Address: to}, Subject: p.text.Subject, HTML: p.text.HTML, Text: p.text.Text,
			Unsubscribe: strings.TrimRight(e.Config.PublicURL, "/") + "/u/test", Date: e.Clock.Now(),
		})
		if err != nil {
			return fmt.Errorf("send the test: %w", err)
		}
		if e.Config.Deliver.Mode == "sandbox" {
			a.printf("Written to %s, for the mode is sandbox. Add --live to send it.\n", e.Config.Deliver.To)
			return nil
		}
		a.printf("Sent; the server said: %d %s\n", receipt.Code, receipt.Response)
		return nil
	}
	return c
}
