package reports

import (
	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
	"github.com/andante-hq/andante/workspace"
)

// Reports reads a store.
type Reports struct {
	Store *store.Store
	Clock andante.Clock
	// Workspace names people and zones; the folder's or the current revision.
	Workspace *workspace.Workspace
}
