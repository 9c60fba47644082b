package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Contact is a person, as far as is known.
type Contact struct {
	ID         string            `json:"id"`
	ExternalID string            `json:"external_id,omitempty"`
	Account    string            `json:"account,omitempty" doc:"name of the account"`
	Owner      string            `json:"owner,omitempty" doc:"key of whose account it is"`
	FirstName  string            `json:"first_name,omitempty"`
	LastName   string            `json:"last_name,omitempty"`
	JobTitle   string            `json:"job_title,omitempty"`
	Email      string            `json:"email,omitempty"`
	Shared     bool              `json:"shared,omitempty" doc:"the mailbox is, by its name, that of several people: mails greet nobody by name"`
	Phone      string            `json:"phone,omitempty"`
	Persona    string            `json:"persona,omitempty"`
	Stage      string            `json:"stage,omitempty"`
	Language   string            `json:"language,omitempty"`
	Country    string            `json:"country,omitempty"`
	Zone       string            `json:"zone,omitempty"`
	Fields     map[string]string `json:"fields,omitempty" doc:"your own, by path"`
	Choice     string            `json:"choice,omitempty" doc:"what they chose to get, in words"`
	Known      []string          `json:"known,omitempty" doc:"of the qualification"`
	Missing    []string          `json:"missing,omitempty"`
	Qualified  bool              `json:"qualified"`
	Created    time.Time         `json:"created"`
}

// Touch is one step for one contact, from plan to outcome.
type Touch struct {
	ID       string    `json:"id"`
	Sequence string    `json:"sequence"`
	Step     string    `json:"step"`
	Kind     string    `json:"kind"`
	State    string    `json:"state"`
	Reason   string    `json:"reason,omitempty" doc:"of the last no or not yet"`
	Subject  string    `json:"subject,omitempty"`
	Due      time.Time `json:"due"`
	Settled  time.Time `json:"settled,omitzero"`
}

// RefIn names a contact in an address.
type RefIn struct {
	ID string `path:"id" doc:"Andante's id of the contact, or external:ID, or email:ADDRESS"`
}

// ref reads what stands in an address.
func (in RefIn) ref() ops.Ref {
	if id, ok := strings.CutPrefix(in.ID, "external:"); ok && id != "" {
		return ops.Ref{ExternalID: id}
	}
	if address, ok := strings.CutPrefix(in.ID, "email:"); ok && address != "" {
		return ops.Ref{Email: address}
	}
	return ops.Ref{ID: andante.ContactID(in.ID)}
}

type contactOut struct{ Body Contact }

type contactsOut struct {
	Body struct {
		Contacts []Contact `json:"contacts"`
		Next     string    `json:"next,omitempty" doc:"cursor of the next page; there is none if it is missing"`
	}
}

type touchesOut struct {
	Body struct {
		Touches []Touch `json:"touches" doc:"in the order in which they were due"`
	}
}

type upsertIn struct {
	Body struct {
		Contact Ref               `json:"contact"`
		Fields  map[string]string `json:"fields,omitempty" doc:"what an import knows, by path: contact.first_name, account, account.stage, consent.basis ...; an empty value empties nothing"`
	}
}

// pageSize is how many contacts a page has.
const pageSize = 100

func (s *server) contacts(a huma.API) {
	huma.Register(a, operation(http.MethodGet, "contacts/{id}", "get-contact", ops.ScopeRead, "Read a contact"), s.getContact)
	huma.Register(a, operation(http.MethodGet, "contacts", "list-contacts", ops.ScopeRead, "Read all contacts, a page at a time"), s.listContacts)
	huma.Register(a, operation(http.MethodGet, "contacts/{id}/touches", "list-touches", ops.ScopeRead, "Read what a contact got, and is to get"), s.listTouches)
	huma.Register(a, operation(http.MethodPut, "contacts", "put-contact", ops.ScopeWrite, "Make a contact, or bring it up to date"), s.putContact)
}

func (s *server) getContact(ctx context.Context, in *RefIn) (*contactOut, error) {
	return s.contact(ctx, in.ref())
}

// contact finds a contact and tells what is known of it.
func (s *server) contact(ctx context.Context, r ops.Ref) (*contactOut, error) {
	out := &contactOut{}
	err := s.ops.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := s.ops.Find(ctx, tx, r)
		if err != nil {
			return err
		}
		shown, err := s.show(ctx, tx, list)
		if err == nil {
			out.Body = shown[0]
		}
		return err
	})
	return out, s.fail(err)
}

func (s *server) listContacts(ctx context.Context, in *struct {
	Cursor string `query:"cursor" doc:"next of the page before"`
},
) (*contactsOut, error) {
	out := &contactsOut{}
	if in.Cursor != "" && !andante.IsID(in.Cursor) {
		return nil, huma.Error422UnprocessableEntity("that is no cursor")
	}
	err := s.ops.Store.Read(ctx, func(tx *store.Tx) error {
		page, err := tx.ContactsAfter(ctx, andante.ContactID(in.Cursor), pageSize)
		if err != nil {
			return err
		}
		if len(page) == pageSize {
			out.Body.Next = string(page[pageSize-1].ID)
		}
		out.Body.Contacts, err = s.show(ctx, tx, page)
		return err
	})
	return out, s.fail(err)
}

// show tells what is known of contacts.
func (s *server) show(ctx context.Context, tx *store.Tx, list []andante.Contact) ([]Contact, error) {
	w, err := s.ops.Workspace(ctx, tx)
	if err != nil {
		return nil, err
	}
	ids := make([]andante.AccountID, len(list))
	for i, c := range list {
		ids[i] = c.Account
	}
	accounts, err := tx.Accounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	of := map[andante.AccountID]andante.Account{}
	for _, a := range accounts {
		of[a.ID] = a
	}
	shown := make([]Contact, 0, len(list))
	for _, c := range list {
		a := of[c.Account]
		out := Contact{
			ID: string(c.ID), ExternalID: c.ExternalID, Account: a.Name, Owner: a.Owner, FirstName: c.FirstName, LastName: c.LastName, JobTitle: c.JobTitle, Email: c.Email, Shared: andante.SharedMailbox(c.Email), Phone: c.Phone,
			Persona: c.Persona, Stage: a.StageOf(c), Language: c.Language, Country: c.Country, Zone: c.Zone, Fields: map[string]string{}, Created: c.Created,
			Qualified: w.Qualified(w.Values(c, a, andante.Enrollment{}, workspace.Identity{})),
		}
		for name, value := range c.Fields {
			out.Fields["contact."+name] = value
		}
		for name, value := range a.Fields {
			out.Fields["account."+name] = value
		}
		if !c.Choice.IsZero() {
			out.Choice = c.Choice.String()
		}
		out.Known, out.Missing = w.KnownOf(c, a)
		shown = append(shown, out)
	}
	return shown, nil
}

func (s *server) listTouches(ctx context.Context, in *RefIn) (*touchesOut, error) {
	out := &touchesOut{}
	out.Body.Touches = []Touch{}
	err := s.ops.Store.Read(ctx, func(tx *store.Tx) error {
		who, err := s.ops.Find(ctx, tx, in.ref())
		if err != nil {
			return err
		}
		list, err := tx.TouchesOfContact(ctx, who[0].ID)
		for _, t := range list {
			out.Body.Touches = append(out.Body.Touches, Touch{
				ID: string(t.ID), Sequence: t.Sequence, Step: t.Step, Kind: string(t.Kind), State: string(t.State), Reason: string(t.Reason), Subject: t.Subject, Due: t.Due, Settled: t.Settled,
			})
		}
		return err
	})
	return out, s.fail(err)
}

func (s *server) putContact(ctx context.Context, in *upsertIn) (*contactOut, error) {
	w, err := s.published(ctx)
	if err != nil {
		return nil, s.fail(err)
	}
	if err := s.upsert(ctx, w, in.Body.Contact, in.Body.Fields); err != nil {
		return nil, s.fail(err)
	}
	out, err := s.contact(ctx, in.Body.Contact.ref())
	if err != nil {
		return nil, err
	}
	s.changed(ctx, "put contact", andante.ContactID(out.Body.ID))
	return out, nil
}

// upsert makes a contact or brings it up to date, as an import would.
func (s *server) upsert(ctx context.Context, w *workspace.Workspace, r Ref, fields map[string]string) error {
	told := maps.Clone(fields)
	if told == nil {
		told = map[string]string{}
	}
	for path, value := range map[string]string{"contact.external_id": r.ExternalID, "contact.email": r.Email} {
		if value != "" {
			told[path] = value
		}
	}
	key := keyIn(ctx)
	if r.ID != "" && !andante.IsID(r.ID) {
		return huma.Error404NotFound("this contact is not known")
	}
	for path, value := range told {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
			return huma.Error422UnprocessableEntity(path + " has letters in it that are none")
		}
	}
	if !slices.Contains(key.Scopes, ops.ScopeWrite) {
		if err := s.onlyNew(ctx, r, told); err != nil {
			return err
		}
	}
	row, err := contacts.Row(w, andante.ContactID(r.ID), told, "API: "+key.Name, s.ops.Clock.Now())
	if err != nil {
		return huma.Error422UnprocessableEntity(err.Error())
	}
	row.Line = 1
	taken, err := s.ops.TakeIn(ctx, w, []ops.Row{row})
	if err == nil && len(taken.Refused) > 0 {
		err = huma.Error422UnprocessableEntity(fmt.Sprint(taken.Refused[0].Reason))
	}
	return err
}

// onlyNew takes out of what is told whatever would change a contact that there is, for that needs
// the scope write: what a web site tells makes contacts, and changes none.
func (s *server) onlyNew(ctx context.Context, r Ref, told map[string]string) error {
	var there bool
	err := s.ops.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := s.ops.Find(ctx, tx, r.ref())
		there = len(list) > 0
		if errors.Is(err, andante.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil || !there {
		return err
	}
	maps.DeleteFunc(told, func(path, _ string) bool { return path != "contact.external_id" && path != "contact.email" })
	return nil
}
