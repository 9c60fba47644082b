package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// Account is the company or household of one or more contacts.
type Account struct {
	ID       string            `json:"id"`
	Key      string            `json:"key" doc:"by which imports name it"`
	Name     string            `json:"name,omitempty"`
	Domain   string            `json:"domain,omitempty"`
	Stage    string            `json:"stage,omitempty"`
	Owner    string            `json:"owner,omitempty"`
	Tier     string            `json:"tier,omitempty"`
	Industry string            `json:"industry,omitempty"`
	Revenue  float64           `json:"revenue,omitempty"`
	Business bool              `json:"business"`
	Country  string            `json:"country,omitempty"`
	Zone     string            `json:"zone,omitempty"`
	Fields   map[string]string `json:"fields,omitempty" doc:"your own, by path"`
	Created  time.Time         `json:"created"`
}

type accountOut struct{ Body Account }

type accountsOut struct {
	Body struct {
		Accounts []Account `json:"accounts"`
		Next     string    `json:"next,omitempty" doc:"cursor of the next page; there is none if it is missing"`
	}
}

// KeyRef names an account in an address.
type KeyRef struct {
	Key string `path:"key" doc:"the account's key"`
}

type putAccountIn struct {
	KeyRef
	Body struct {
		Fields map[string]string `json:"fields" doc:"by path: account.name, account.stage, account.owner ...; an empty value empties nothing"`
	}
}

type mergeAccountsIn struct {
	KeyRef
	Body struct {
		Drop string `json:"drop" minLength:"1" doc:"key of the account whose people go over"`
	}
}

// Went is how many contacts a change was about.
type Went struct {
	Contacts int `json:"contacts"`
}

type wentOut struct{ Body Went }

func (s *server) accounts(a huma.API) {
	huma.Register(a, operation(http.MethodGet, "accounts/{key}", "get-account", ops.ScopeRead, "Read an account"), func(ctx context.Context, in *KeyRef) (*accountOut, error) {
		found, err := s.account(ctx, in.Key)
		return &accountOut{shownAccount(found)}, s.fail(err)
	})
	huma.Register(a, operation(http.MethodGet, "accounts", "list-accounts", ops.ScopeRead, "Read all accounts, a page at a time"), s.listAccounts)
	huma.Register(a, operation(http.MethodPut, "accounts/{key}", "put-account", ops.ScopeWrite, "Make an account, or bring it up to date"), s.putAccount)
	huma.Register(a, operation(http.MethodPost, "accounts/{key}/merge", "merge-account", ops.ScopeErase, "Have everybody of another account go over to this one"), s.mergeAccounts)
	huma.Register(a, operation(http.MethodDelete, "accounts/{key}", "erase-account", ops.ScopeErase, "Erase an account and everybody in it"), s.eraseAccount)
}

func (s *server) account(ctx context.Context, key string) (a andante.Account, err error) {
	return a, s.ops.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.AccountsByKey(ctx, []string{key})
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return huma.Error404NotFound("this account is not known")
		}
		a = list[0]
		return nil
	})
}

func shownAccount(a andante.Account) Account {
	out := Account{
		ID: string(a.ID), Key: a.Key, Name: a.Name, Domain: a.Domain, Stage: a.Stage, Owner: a.Owner, Tier: a.Tier, Industry: a.Industry, Revenue: a.Revenue,
		Business: a.Business, Country: a.Country, Zone: a.Zone, Fields: map[string]string{}, Created: a.Created,
	}
	for name, value := range a.Fields {
		out.Fields["account."+name] = value
	}
	return out
}

func (s *server) listAccounts(ctx context.Context, in *struct {
	Cursor string `query:"cursor" doc:"next of the page before"`
},
) (*accountsOut, error) {
	out := &accountsOut{}
	out.Body.Accounts = []Account{}
	if in.Cursor != "" && !andante.IsID(in.Cursor) {
		return nil, huma.Error422UnprocessableEntity("that is no cursor")
	}
	err := s.ops.Store.Read(ctx, func(tx *store.Tx) error {
		page, err := tx.AccountsAfter(ctx, andante.AccountID(in.Cursor), pageSize)
		for _, a := range page {
			out.Body.Accounts = append(out.Body.Accounts, shownAccount(a))
		}
		if len(page) == pageSize {
			out.Body.Next = string(page[pageSize-1].ID)
		}
		return err
	})
	return out, s.fail(err)
}

func (s *server) putAccount(ctx context.Context, in *putAccountIn) (*accountOut, error) {
	w, err := s.published(ctx)
	if err != nil {
		return nil, s.fail(err)
	}
	fields, err := contacts.AccountFields(w, in.Body.Fields)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	key, err := contacts.AccountKey(in.Key)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	a, _, err := s.ops.PutAccount(ctx, w, key, fields)
	if err != nil {
		return nil, s.fail(err)
	}
	s.noted(ctx, "put account", string(a.ID))
	a, err = s.account(ctx, key)
	return &accountOut{shownAccount(a)}, s.fail(err)
}

func (s *server) mergeAccounts(ctx context.Context, in *mergeAccountsIn) (*wentOut, error) {
	w, err := s.published(ctx)
	if err != nil {
		return nil, s.fail(err)
	}
	keep, err := s.account(ctx, in.Key)
	if err != nil {
		return nil, s.fail(err)
	}
	n, err := s.ops.MergeAccounts(ctx, w, in.Key, in.Body.Drop)
	if err != nil {
		return nil, s.fail(err)
	}
	s.noted(ctx, "merge account", string(keep.ID))
	return &wentOut{Went{n}}, nil
}

func (s *server) eraseAccount(ctx context.Context, in *KeyRef) (*wentOut, error) {
	a, err := s.account(ctx, in.Key)
	if err != nil {
		return nil, s.fail(err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	n, err := s.ops.ForgetAccount(ctx, a.ID, "API: "+keyIn(ctx).Name)
	if err != nil {
		return nil, s.fail(err)
	}
	s.noted(ctx, "erase account", string(a.ID))
	return &wentOut{Went{n}}, nil
}
