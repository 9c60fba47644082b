package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
)

// Did is what a change did.
type Did struct {
	Contact string         `json:"contact"`
	Changed int            `json:"changed" doc:"how much was changed; 0: it was so already"`
	Refused map[string]int `json:"refused,omitempty" doc:"why not, by reason"`
}

type didOut struct{ Body Did }

type enrollIn struct {
	RefIn
	Body struct {
		Sequence string `json:"sequence"`
	}
}

type stopIn struct {
	RefIn
	Body struct {
		Sequence string `json:"sequence,omitempty" doc:"all if not given"`
	}
}

type holdIn struct {
	RefIn
	Body struct {
		Until  time.Time `json:"until,omitempty" doc:"for good if not given"`
		Reason string    `json:"reason" minLength:"1"`
	}
}

type mergeIn struct {
	RefIn
	Body struct {
		Drop Ref `json:"drop" doc:"who is the same, and becomes one with the contact of the address"`
	}
}

type whyIn struct {
	RefIn
	Body struct {
		Source string `json:"source" minLength:"1" doc:"who said so, and where"`
	}
}

// patience is how long a change may wait for a message that is just being sent.
const patience = 20 * time.Second

func (s *server) changes(a huma.API) {
	post := func(path, id, summary string) huma.Operation {
		return operation(http.MethodPost, "contacts/{id}/"+path, id, ops.ScopeWrite, summary)
	}
	huma.Register(a, post("enroll", "enroll-contact", "Enter a contact into a sequence"), func(ctx context.Context, in *enrollIn) (*didOut, error) {
		return s.change(ctx, in.RefIn, "enroll "+in.Body.Sequence, func(c andante.Contact, did *Did) error {
			rep, err := s.ops.EnrollOne(ctx, in.Body.Sequence, c.ID)
			if err != nil {
				return err
			}
			did.Changed = rep.Entered
			for reason, n := range rep.Refused {
				did.Refused[string(reason)] = n
			}
			return nil
		})
	})
	huma.Register(a, post("stop", "stop-contact", "End sequences for a contact"), func(ctx context.Context, in *stopIn) (*didOut, error) {
		return s.change(ctx, in.RefIn, "stop "+in.Body.Sequence, func(c andante.Contact, did *Did) (err error) {
			did.Changed, err = s.ops.Stop(ctx, ops.StopRequest{Contact: c.ID, Sequence: in.Body.Sequence})
			return err
		})
	})
	huma.Register(a, post("hold", "hold-contact", "Leave a contact alone for a time"), func(ctx context.Context, in *holdIn) (*didOut, error) {
		return s.change(ctx, in.RefIn, "hold", func(c andante.Contact, did *Did) error {
			if until := in.Body.Until; !until.IsZero() && !until.After(s.ops.Clock.Now()) {
				return huma.Error422UnprocessableEntity("until " + until.Format(time.RFC3339) + " is over already")
			}
			did.Changed = 1
			_, err := s.ops.Hold(ctx, andante.Hold{Scope: andante.HoldContact, Key: string(c.ID), Author: "API: " + keyIn(ctx).Name, Reason: andante.CleanText(in.Body.Reason), Until: in.Body.Until})
			return err
		})
	})
	huma.Register(a, post("release", "release-contact", "End the holds on a contact"), func(ctx context.Context, in *RefIn) (*didOut, error) {
		return s.change(ctx, *in, "release", func(c andante.Contact, did *Did) (err error) {
			did.Changed, err = s.ops.Release(ctx, andante.HoldContact, string(c.ID))
			return err
		})
	})
	huma.Register(a, post("opt-out", "opt-out-contact", "No more advertising for a contact, by any way"), func(ctx context.Context, in *whyIn) (*didOut, error) {
		return s.change(ctx, in.RefIn, "opt-out", func(c andante.Contact, did *Did) error {
			did.Changed = 1
			return s.ops.Record(ctx, andante.Event{Contact: c.ID, Name: andante.EventOptedOut, Detail: in.Body.Source})
		})
	})
	huma.Register(a, post("handover", "hand-over-contact", "Give a contact to its owner"), func(ctx context.Context, in *whyIn) (*didOut, error) {
		return s.change(ctx, in.RefIn, "handover", func(c andante.Contact, did *Did) error {
			did.Changed = 1
			return s.ops.HandOver(ctx, c.ID, "API: "+keyIn(ctx).Name, in.Body.Source)
		})
	})
	merge := post("merge", "merge-contact", "Make one contact of two who are the same")
	merge.Metadata["scope"] = ops.ScopeErase
	huma.Register(a, merge, s.merge)
	huma.Register(a, operation(http.MethodDelete, "contacts/{id}", "erase-contact", ops.ScopeErase, "Erase all that is known of a contact"), func(ctx context.Context, in *RefIn) (*didOut, error) {
		return s.change(ctx, *in, "erase", func(c andante.Contact, did *Did) error {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			did.Changed = 1
			_, err := s.ops.Forget(ctx, c.ID, "API: "+keyIn(ctx).Name)
			return err
		})
	})
	huma.Register(a, operation(http.MethodGet, "contacts/{id}/dossier", "contact-dossier", ops.ScopeRead, "Read all that is known of a contact"), s.dossier)
}

func (s *server) merge(ctx context.Context, in *mergeIn) (*didOut, error) {
	drop, err := s.find(ctx, in.Body.Drop.ref())
	if err != nil {
		return nil, s.fail(err)
	}
	return s.change(ctx, in.RefIn, "merge "+string(drop.ID), func(c andante.Contact, did *Did) error {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		did.Changed = 1
		_, err := s.ops.Merge(ctx, c.ID, drop.ID, "API: "+keyIn(ctx).Name, false)
		return err
	})
}

type dossierOut struct{ Body ops.Dossier }

func (s *server) dossier(ctx context.Context, in *RefIn) (*dossierOut, error) {
	who, err := s.find(ctx, in.ref())
	if err != nil {
		return nil, s.fail(err)
	}
	d, err := s.ops.Dossier(ctx, who.ID)
	if err != nil {
		return nil, s.fail(err)
	}
	return &dossierOut{*d}, nil
}

// find returns the contact that a ref names.
func (s *server) find(ctx context.Context, r ops.Ref) (c andante.Contact, err error) {
	return c, s.ops.Store.Read(ctx, func(tx *store.Tx) error {
		list, err := s.ops.Find(ctx, tx, r)
		if err == nil {
			c = list[0]
		}
		return err
	})
}

// change finds the contact, makes a change and notes who did.
func (s *server) change(ctx context.Context, in RefIn, what string, make func(andante.Contact, *Did) error) (*didOut, error) {
	who, err := s.find(ctx, in.ref())
	if err != nil {
		return nil, s.fail(err)
	}
	out := &didOut{Body: Did{Contact: string(who.ID), Refused: map[string]int{}}}
	if err := make(who, &out.Body); err != nil {
		return nil, s.fail(err)
	}
	s.changed(ctx, what, who.ID)
	return out, nil
}
