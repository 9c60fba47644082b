// Package examples holds complete workspaces, to read, to copy and to try things
// out with. `andante init` writes one of them, and the demo plays the first.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// Quickstart is the one that a new workspace begins with: six sequences, three personas and
// two hundred contacts in eighty accounts.
const Quickstart = "quickstart"

//go:embed all:adoption all:lead-qualification all:occasions all:prospecting all:quickstart all:referrals-and-cross-sell all:stay-in-touch all:win-back
var files embed.FS

// An Example is a workspace, and what it is for.
type Example struct {
	Name  string
	About string // the heading of its README
}

// All lists the examples, the first one first and the others by name.
func All() (list []Example) {
	folders, err := files.ReadDir(".")
	if err != nil {
		panic(err) // they are part of the program
	}
	for _, f := range folders {
		readme, _ := fs.ReadFile(files, f.Name()+"/README.md")
		heading, _, _ := strings.Cut(string(readme), "\n")
		e := Example{f.Name(), strings.TrimSpace(strings.TrimPrefix(heading, "#"))}
		if f.Name() == Quickstart {
			list = append([]Example{e}, list...)
			continue
		}
		list = append(list, e)
	}
	return list
}

// Open returns the files of an example.
func Open(name string) (fs.FS, error) {
	if _, err := fs.Stat(files, name+"/andante.yaml"); err != nil {
		return nil, fmt.Errorf("there is no example %s", name)
	}
	return fs.Sub(files, name)
}
