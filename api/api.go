package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Path is where the API lies.
const Path = "/api/v1/"

// maxBody is how much of a request is read, in bytes.
const maxBody = 4 << 20

type server struct {
	ops *ops.Ops
	log *slog.Logger
}

// Handler serves the API below [Path].
func Handler(o *ops.Ops, log *slog.Logger) http.Handler {
	s := &server{ops: o, log: log}
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Andante", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = Path+"openapi", "", Path+"schemas"
	config.Info.Description = "What other programs tell Andante, and ask it. Each request carries a key: Authorization: Bearer andante_..."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	config.CreateHooks = nil // no $schema in answers
	a := humago.New(mux, config)
	a.UseMiddleware(s.authorize(a))
	s.events(a)
	s.contacts(a)
	s.changes(a)
	s.accounts(a)
	return http.MaxBytesHandler(mux, maxBody)
}

// operation describes one, which a key with the scope may call.
func operation(method, path, id, scope, summary string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: Path + path, Summary: summary, MaxBodyBytes: maxBody, Security: []map[string][]string{{"key": {}}},
		Metadata: map[string]any{"scope": scope}, Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity},
	}
}

type keyOf struct{}

// authorize lets in who has a key with the scope of the operation.
func (s *server) authorize(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		refuse := func(code int, detail string) {
			if err := huma.WriteErr(a, c, code, detail); err != nil {
				s.log.Debug("an answer could not be written", "err", err)
			}
		}
		scope, _ := c.Operation().Metadata["scope"].(string)
		token, ok := strings.CutPrefix(c.Header("Authorization"), "Bearer ")
		key, err := s.ops.CheckAPIKey(c.Context(), strings.TrimSpace(token))
		switch {
		case !ok || errors.Is(err, ops.ErrNoKey):
			c.SetHeader("WWW-Authenticate", "Bearer")
			refuse(http.StatusUnauthorized, "send a key that `andante apikey new` made: Authorization: Bearer andante_...")
		case err != nil:
			s.log.Error("a key could not be looked up", "err", err)
			refuse(http.StatusServiceUnavailable, "try again in a moment")
		case !slices.Contains(key.Scopes, scope):
			refuse(http.StatusForbidden, "the key "+key.Name+" has not the scope "+scope)
		default:
			next(huma.WithValue(c, keyOf{}, key))
		}
	}
}

// keyIn returns the key that a request came with.
func keyIn(ctx context.Context) store.APIKey {
	key, _ := ctx.Value(keyOf{}).(store.APIKey)
	return key
}

// changed notes who changed what of a contact.
func (s *server) changed(ctx context.Context, what string, id andante.ContactID) {
	s.noted(ctx, what, string(id))
}

// noted notes who changed what.
func (s *server) noted(ctx context.Context, what, id string) {
	key := keyIn(ctx)
	if err := s.ops.Audit(context.WithoutCancel(ctx), key.Name, what, id); err != nil {
		s.log.Error("a change could not be noted", "key", key.Name, "what", what, "id", id, "err", err)
	}
}

// fail says what is wrong in the form of RFC 9457. What is wrong with us is logged, and not told.
func (s *server) fail(err error) error {
	var told huma.StatusError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &told):
		return err
	case errors.Is(err, andante.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, ops.ErrSeveral), errors.Is(err, ops.ErrSame), errors.Is(err, ops.ErrOnItsWay):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return huma.Error409Conflict(ops.ErrOnItsWay.Error() + ": ask again in a minute")
	case errors.Is(err, ops.ErrNobody), errors.Is(err, ops.ErrNotYet):
		return huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, ops.ErrNothingPublished):
		return huma.Error503ServiceUnavailable("nothing is published yet")
	}
	s.log.Error("a request of the API failed", "err", andante.HideAddresses(err.Error()))
	return huma.Error503ServiceUnavailable("try again in a moment")
}

// published returns the current workspace.
func (s *server) published(ctx context.Context) (w *workspace.Workspace, err error) {
	return w, s.ops.Store.Read(ctx, func(tx *store.Tx) error {
		w, err = s.ops.Workspace(ctx, tx)
		return err
	})
}
