package ops

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/andante-hq/andante/sequences"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// ErrNothingPublished says that the store has no revision yet.
var ErrNothingPublished = errors.New("nothing is published yet: run `andante publish`")

// Revisions keeps what was read out of the store: revisions and plans never
// change under their hash. Safe for concurrent use.
type Revisions struct {
	mu         sync.Mutex
	workspaces map[string]*workspace.Workspace
	plans      map[string]*sequences.Sequence
}

// NewRevisions returns an empty cache.
func NewRevisions() *Revisions {
	return &Revisions{workspaces: map[string]*workspace.Workspace{}, plans: map[string]*sequences.Sequence{}}
}

// Current returns the current revision, or [ErrNothingPublished].
func (r *Revisions) Current(ctx context.Context, tx *store.Tx) (*workspace.Workspace, error) {
	return r.current(ctx, tx, false)
}

// Previous returns it to be compared with what is published next. It may have errors,
// for a later version of andante finds more of them.
func (r *Revisions) Previous(ctx context.Context, tx *store.Tx) (*workspace.Workspace, error) {
	return r.current(ctx, tx, true)
}

func (r *Revisions) current(ctx context.Context, tx *store.Tx, anyhow bool) (*workspace.Workspace, error) {
	hash, err := tx.Revision(ctx)
	if err != nil {
		return nil, err
	}
	if hash == "" {
		return nil, ErrNothingPublished
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if w, ok := r.workspaces[hash]; ok {
		return w, nil
	}
	manifest, err := tx.Manifest(ctx, hash)
	if err != nil {
		return nil, err
	}
	files, err := workspace.FromParts(manifest, func(h string) ([]byte, error) { return tx.Part(ctx, h) })
	if err != nil {
		return nil, err
	}
	w, found := workspace.Load(files)
	if bad := workspace.Errors(found); len(bad) > 0 && !anyhow {
		return nil, fmt.Errorf("revision %.12s was published by another version of andante and has errors now: %w; mend the folder and publish it", hash, bad[0])
	} else if len(bad) > 0 {
		return w, nil
	}
	clear(r.workspaces) // only the current one is of use
	r.workspaces[hash] = w
	return w, nil
}

// Plan returns a sequence as it stood when a contact was enrolled.
func (r *Revisions) Plan(ctx context.Context, tx *store.Tx, hash string) (*sequences.Sequence, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if q, ok := r.plans[hash]; ok {
		return q, nil
	}
	b, err := tx.Part(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("read plan %.12s: %w", hash, err)
	}
	q, _ := sequences.Parse("plan", b)
	r.plans[hash] = q
	return q, nil
}

// Words returns the step whose texts a touch gets: those of the current revision,
// unless the step is gone from it or the sequence pins its words.
func Words(w *workspace.Workspace, plan *sequences.Sequence, step string) (*sequences.Sequence, *sequences.Step, bool) {
	if now, ok := w.Sequences[plan.Name]; ok && !plan.PinWords {
		if s, ok := now.Step(step); ok {
			return now, s, true
		}
	}
	s, ok := plan.Step(step)
	return plan, s, ok
}
