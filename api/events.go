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
	"slices"
	"strings"
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
func TakeEvents(ctx context.Context, o *ops.Ops, log *slog.Logger, body []byte, id string) error {
	s := &server{ops: o, log: log}
	list, err := eventsOf(body)
	if err != nil { // it will not get better
		log.Warn("a webhook is not understood", "id", id, "err", err)
		return nil
	}
	w, err := s.published(ctx)
	if err != nil {
		return err
	}
	ctx = context.WithValue(ctx, keyOf{}, store.APIKey{ID: "standard", Name: "webhook", Scopes: []string{ops.ScopeEvents}})
	for _, r := range s.tellAll(ctx, w, list, id) {
		switch {
		case r.later:
			return errors.New(r.Error)
		case r.Error != "":
			log.Warn("an event of a webhook is refused", "id", id, "line", r.Line, "err", andante.HideAddresses(r.Error))
		case r.Fresh:
			s.changed(ctx, "told an event", andante.ContactID(r.Contact))
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
	if out.Body.Accepted > 0 {
		s.changed(ctx, fmt.Sprintf("told %d events", out.Body.Accepted), andante.ContactID(results[0].Contact))
	}
	if len(list) == 1 && results[0].Error != "" {
		if results[0].later {
			return nil, huma.Error503ServiceUnavailable(results[0].Error)
		}
		return nil, huma.Error422UnprocessableEntity(results[0].Error)
	}
	return out, nil
}

// tellAll takes events in, several at a time: those that come together share a commit.
func (s *server) tellAll(ctx context.Context, w *workspace.Workspace, list []told, id string) []Result {
	key := keyIn(ctx)
	results := make([]Result, len(list))
	var order []string
	lines := map[string][]int{} // by contact: what one did is taken in its order
	for i, e := range list {
		who := cmp.Or(e.Contact.ExternalID, e.Contact.Email, e.Contact.ID)
		if lines[who] == nil {
			order = append(order, who)
		}
		lines[who] = append(lines[who], i)
	}
	var all sync.WaitGroup
	turn := make(chan struct{}, 50)
	for _, who := range order {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			for _, i := range lines[who] {
				e := list[i].Event
				if e.Key == "" && id != "" {
					e.Key = fmt.Sprintf("%s line %d", id, i)
				}
				if e.Key != "" {
					e.Key = fmt.Sprintf("%s %s %s %v", key.ID, e.Key, e.Name, e.Contact) // another event is another one, whatever its key
				}
				if list[i].err != nil {
					results[i] = Result{Line: i + 1, Error: list[i].err.Error()}
					continue
				}
				results[i] = s.tell(ctx, w, e, i+1)
			}
		})
	}
	all.Wait()
	return results
}

// told is an event, or why a line is none.
type told struct {
	Event
	err error
}

// eventsOf reads one event, which may stand on several lines, or one a line.
func eventsOf(body []byte) (list []told, err error) {
	if e, err := eventOf(body); err == nil {
		return []told{{Event: e}}, nil
	}
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		e, err := eventOf(line)
		if list = append(list, told{e, err}); len(list) > maxEvents {
			return nil, fmt.Errorf("a request holds %d events at most", maxEvents)
		}
	}
	switch {
	case len(list) == 0:
		return nil, errors.New("there is no event in it")
	case !slices.ContainsFunc(list, func(t told) bool { return t.err == nil }):
		_, err := eventOf(body)
		return nil, err
	}
	return list, nil
}

// eventOf reads one event and nothing else.
func eventOf(b []byte) (e Event, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var wrong *json.UnmarshalTypeError
	switch err = d.Decode(&e); {
	case err == nil && d.More():
		err = errors.New("write one event a line")
	case errors.As(err, &wrong):
		err = fmt.Errorf("%s is not written so", wrong.Field)
	case err != nil:
		err = fmt.Errorf("this is no event in JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return e, err
}

// tell takes one event in.
func (s *server) tell(ctx context.Context, w *workspace.Workspace, e Event, line int) Result {
	r := Result{Line: line}
	in := ops.EventIn{Ref: e.Contact.ref(), Key: e.Key, Name: e.Name, At: e.At, Detail: e.Detail}
	err := func() (err error) {
		if !andante.IsEventName(e.Name) || len(e.Name) > 100 {
			return huma.Error422UnprocessableEntity(fmt.Sprintf("an event has a name such as replied or form.benchmark, not %q", e.Name))
		}
		if slices.Contains(reserved, e.Name) {
			return huma.Error422UnprocessableEntity(e.Name + " is what Andante notes by itself")
		}
		if in.Fields, err = own(w, e.Fields, e.Create); err != nil {
			return err
		}
		if e.At.After(s.ops.Clock.Now().Add(time.Minute)) {
			return huma.Error422UnprocessableEntity(e.At.Format(time.RFC3339) + " is to come")
		}
		if e.Create { // but not again with what was told once
			before := false
			if e.Key != "" {
				if before, err = s.ops.HasTaken(ctx, e.Key); err != nil {
					return err
				}
			}
			if !before {
				if err := s.upsert(ctx, w, e.Contact, e.Fields); err != nil {
					return err
				}
			}
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
