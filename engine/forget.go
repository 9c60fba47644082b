package engine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/queue"
	"github.com/andante-hq/andante/store"
)

// An Erasure is what was erased, and where it was looked for afterwards.
type Erasure struct {
	*ops.Forgotten
	Places  []store.Place `json:"places"`  // of the store where address or number still stand
	Columns int           `json:"columns"` // in which they were looked for
	Files   []string      `json:"files"`   // of the store in which they were looked for; none of a server
	InFiles []string      `json:"in_files"`
	Keys    int           `json:"keys"` // of Redis, likewise
	InRedis []string      `json:"in_redis"`
	Outbox  string        `json:"outbox,omitempty"` // folder to which mails are written by the mode of delivery
	Removed int           `json:"removed"`          // files in it
	InBox   []string      `json:"in_outbox"`
	Within  bool          `json:"within"` // others have longer ones, so that the bytes of files tell nothing
	Busy    bool          `json:"busy"`   // others were reading, so that the write-ahead log stands as it was
}

// Clean tells whether nothing was found.
func (e *Erasure) Clean() bool {
	files := len(e.InFiles)
	if e.Within {
		files = 0
	}
	return len(e.Places)+files+len(e.InRedis)+len(e.InBox) == 0 && !e.Busy
}

// Forget erases a contact, removes what was written for it into the outbox, and looks for its address and
// number everywhere; see [Engine.LookFor].
func (e *Engine) Forget(ctx context.Context, id andante.ContactID, by string) (*Erasure, error) {
	forgotten, err := e.Ops.Forget(ctx, id, by)
	if err != nil {
		return nil, err
	}
	r := &Erasure{Forgotten: forgotten}
	return r, e.lookFor(ctx, r)
}

// LookFor looks for texts in the store, its files, Redis and the outbox.
func (e *Engine) LookFor(ctx context.Context, texts []string) (*Erasure, error) {
	r := &Erasure{Forgotten: &ops.Forgotten{Plain: texts}}
	return r, e.lookFor(ctx, r)
}

func (e *Engine) lookFor(ctx context.Context, r *Erasure) (err error) {
	if err := e.Ops.Wipe(ctx); errors.Is(err, store.ErrBusy) {
		r.Busy = true
	} else if err != nil {
		return err
	}
	if r.Places, r.Columns, r.Within, err = e.Store.Search(ctx, r.Plain); err != nil {
		return err
	}
	if r.InFiles, r.Files, err = e.Store.SearchFiles(r.Plain); err != nil {
		return err
	}
	if err := e.emptyOutbox(r); err != nil {
		return err
	}
	return e.searchRedis(ctx, r)
}

// emptyOutbox removes what was written for the contact's touches, and looks at the rest.
func (e *Engine) emptyOutbox(r *Erasure) error {
	r.Outbox = e.outboxOr("outbox")
	entries, err := os.ReadDir(r.Outbox)
	if errors.Is(err, fs.ErrNotExist) {
		r.Outbox = ""
		return nil
	}
	if err != nil {
		return err
	}
	theirs := map[string]bool{}
	for _, id := range r.Touches {
		theirs[string(id)] = true
	}
	for _, entry := range entries {
		name := filepath.Join(r.Outbox, entry.Name())
		touch, _, _ := strings.Cut(entry.Name(), ".")
		if theirs[touch] {
			if err := os.Remove(name); err != nil {
				return err
			}
			r.Removed++
			continue
		}
		if entry.IsDir() {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(r.Plain, func(plain string) bool { return store.Stands(string(text), plain) }) {
			r.InBox = append(r.InBox, name)
		}
	}
	return nil
}

func (e *Engine) searchRedis(ctx context.Context, r *Erasure) error {
	if e.Config.Redis == "" {
		return nil
	}
	q, err := queue.Open(e.Config.Redis, e.log)
	if err != nil {
		return err
	}
	defer q.Close()
	r.InRedis, r.Keys, err = q.Search(ctx, r.Plain)
	return err
}
