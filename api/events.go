package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/contacts"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Ref names a contact.
type Ref struct {
	ID         string `json:"id,omitempty" doc:"Andante's own"`
	ExternalID string `json:"external_id,omitempty" doc:"that of your system"`
	Email      string `json:"email,omitempty"`
}

func (r Ref) ref() ops.Ref {
	return ops.Ref{ID: andante.ContactID(r.ID), ExternalID: r.ExternalID, Email: r.Email}
}

// Event is something that a contact did.
type Event struct {
	Name    string            `json:"name" pattern:"^[a-z][a-z0-9_]*([.-][a-z0-9_]+)*$" maxLength:"100" example:"form.benchmark" doc:"replied, met, purchased, clicked ... mean something to Andante; any other is yours"`
	Contact Ref               `json:"contact"`
	At      time.Time         `json:"at,omitempty" doc:"when; now if not given"`
	Detail  string            `json:"detail,omitempty" doc:"a few words for people"`
	Fields  map[string]string `json:"fields,omitempty" example:"{\"contact.need\": \"lighting\"}" doc:"what became known by it: fields of yours; with create any that an import knows, account and consent.basis among them"`
	Create  bool              `json:"create,omitempty" doc:"make the contact if nobody knows it, and bring its fields up to date"`
	Key     string            `json:"key,omitempty" maxLength:"200" doc:"by which it counts once, however often it is sent; the Idempotency-Key of a request stands in for it"`
}

// Result is what became of one event.
type Result struct {
	Line    int    `json:"line" doc:"of the request, from 1"`
	Contact string `json:"contact,omitempty"`
	Fresh   bool   `json:"fresh" doc:"false: it had come before"`
	Error   string `json:"error,omitempty"`

	later bool // it may go another time
}

type eventsIn struct {
	Key     string `header:"Idempotency-Key" maxLength:"200" doc:"a request that is sent again with it counts once"`
	Kind    string `header:"Content-Type"`
	RawBody []byte
}

type eventsOut struct {
	Status int
	Body   struct {
		Accepted int      `json:"accepted"`
		Repeated int      `json:"repeated" doc:"that had come before"`
		Refused  int      `json:"refused"`
		Results  []Result `json:"results"`
	}
}

// maxEvents is how many events a request may hold.
const maxEvents = 1000

func (s *server) events(a huma.API) {
	op := operation(http.MethodPost, "events", "tell-events", ops.ScopeEvents, "Tell what contacts did")
	op.Description = "One event as JSON, or up to 1000, one a line (application/x-ndjson). Each is taken or refused by itself; what is accepted is committed, with all that follows from it."
	schema := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Event](), true, "Event")
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}, "application/x-ndjson": {Schema: schema}}}
	op.SkipValidateBody = true
	huma.Register(a, op, s.tellEvents)
}

// TakeEvents takes events in that came another way and were verified there: each counts once by the
// id of their request. The error tells what is wrong with the first that is refused; the others are
// taken.
func TakeEvents(ctx context.Context, o *ops.Ops, body []byte, id string) error {
	s := &server{ops: o, log: slog.New(slog.DiscardHandler)}
	list, err := eventsOf(body)
	if err != nil {
		return nil // it will not get better
	}
	w, err := s.published(ctx)
	if err != nil {
		return err
	}
	for _, r := range s.tellAll(context.WithValue(ctx, keyOf{}, store.APIKey{ID: "standard", Name: "webhook"}), w, list, id) {
		if r.later {
			return errors.New(r.Error)
		}
	}
	return nil
}

func (s *server) tellEvents(ctx context.Context, in *eventsIn) (*eventsOut, error) {
	list, err := eventsOf(in.RawBody)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	w, err := s.published(ctx)
	if err != nil {
		return nil, s.fail(err)
	}
	results := s.tellAll(ctx, w, list, in.Key)
	out := &eventsOut{Status: http.StatusOK}
	out.Body.Results = results
	for _, r := range results {
		switch {
		case r.Error != "":
			out.Body.Refused++
		case r.Fresh:
			out.Body.Accepted++
		default:
			out.Body.Repeated++
		}
	}
	if len(list) == 1 && results[0].Error != "" {
		if results[0].later {
			return nil, huma.Error503ServiceUnavailable(results[0].Error)
		}
		return nil, huma.Error422UnprocessableEntity(results[0].Error)
	}
	s.changed(ctx, fmt.Sprintf("told %d events", len(list)), andante.ContactID(results[0].Contact))
	return out, nil
}

// tellAll takes events in, several at a time: those that come together share a commit.
func (s *server) tellAll(ctx context.Context, w *workspace.Workspace, list []Event, id string) []Result {
	key, _ := ctx.Value(keyOf{}).(store.APIKey)
	results := make([]Result, len(list))
	var all sync.WaitGroup
	turn := make(chan struct{}, 50)
	for i, e := range list {
		all.Add(1)
		turn <- struct{}{}
		go func() {
			defer func() { <-turn; all.Done() }()
			if e.Key == "" && id != "" {
				e.Key = fmt.Sprintf("%s line %d", id, i)
			}
			if e.Key != "" {
				e.Key = key.ID + " " + e.Key
			}
			results[i] = s.tell(ctx, w, e, i+1)
		}()
	}
	all.Wait()
	return results
}

// eventsOf reads one event, or one a line.
func eventsOf(body []byte) (list []Event, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	for d.More() {
		var e Event
		if err := d.Decode(&e); err != nil {
			return nil, fmt.Errorf("event %d: %w", len(list)+1, err)
		}
		if list = append(list, e); len(list) > maxEvents {
			return nil, fmt.Errorf("a request holds %d events at most", maxEvents)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("there is no event in it")
	}
	return list, nil
}

var eventName = regexp.MustCompile(`^[a-z][a-z0-9_]*([.-][a-z0-9_]+)*$`)

// tell takes one event in.
func (s *server) tell(ctx context.Context, w *workspace.Workspace, e Event, line int) Result {
	r := Result{Line: line}
	in := ops.EventIn{Ref: e.Contact.ref(), Key: e.Key, Name: e.Name, At: e.At, Detail: e.Detail}
	err := func() (err error) {
		if !eventName.MatchString(e.Name) || len(e.Name) > 100 {
			return huma.Error422UnprocessableEntity(fmt.Sprintf("an event has a name such as replied or form.benchmark, not %q", e.Name))
		}
		if slices.Contains(reserved, e.Name) {
			return huma.Error422UnprocessableEntity(e.Name + " is what Andante notes by itself")
		}
		if e.Create {
			if err := s.upsert(ctx, w, e.Contact, e.Fields); err != nil {
				return err
			}
		}
		if in.Fields, err = own(w, e.Fields, e.Create); err != nil {
			return err
		}
		id, fresh, err := s.ops.TakeEvent(ctx, in)
		r.Contact, r.Fresh = string(id), fresh
		return err
	}()
	if err != nil {
		r.Error, r.later = s.told(err)
	}
	return r
}

// reserved are events that only the program notes, for they are what it has done.
var reserved = []string{andante.EventHandedOver, andante.EventImported, andante.EventChose, andante.EventStageChanged, andante.EventMachineClicked}

// told is what an error says to whoever asked, and whether it may go another time.
func (s *server) told(err error) (text string, later bool) {
	var known *huma.ErrorModel
	if failed := s.fail(err); errors.As(failed, &known) {
		return cmp.Or(known.Detail, known.Title), known.Status >= http.StatusInternalServerError
	}
	return err.Error(), false
}

// own returns those fields that are the workspace's own, checked. Others are refused, unless they
// were for the contact that was made.
func own(w *workspace.Workspace, fields map[string]string, more bool) (map[string]string, error) {
	var kept map[string]string
	for path, value := range fields {
		i := slices.IndexFunc(w.Config.DeclaredFields(), func(f andante.Field) bool { return f.Path() == path })
		if i < 0 {
			if more {
				continue
			}
			return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("%s is no field of yours; others are filled with create", path))
		}
		v, err := contacts.ParseField(w.Config.DeclaredFields()[i].Type, value)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("%s: %q: %v", path, value, err))
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[path] = v
	}
	return kept, nil
}
