// Package examples holds complete workspaces, to read, to copy and to try things
// out with. `andante init` writes one of them, and the demo plays it.
package examples

import "embed"

// Quickstart is the workspace of an invented company: its files lie under the
// folder quickstart, so take fs.Sub(Quickstart, "quickstart") to load it. It has
// six sequences, three personas and two hundred contacts in eighty accounts.
//
//go:embed all:quickstart
var Quickstart embed.FS
