package templates

import (
	"io/fs"
	"slices"

	"github.com/andante-hq/andante"
)

// Templates compiles the texts of one workspace. It is immutable and safe for
// concurrent use.
type Templates struct {
	fields   map[string]andante.Field // by path
	paths    []string                 // of all fields, in the order of declaration
	nouns    map[string][]string      // the names of each noun's fields
	partials map[string]*partial
	layouts  map[string]layout
	images   images
}

// New reads layouts and partials. workspace is the workspace's templates folder,
// or nil for the shipped layouts alone; fields are those declared beyond
// [andante.BuiltinFields].
//
// The Templates are never nil: a layout with mistakes gives way to the shipped
// one, a partial with mistakes is refused where it is put in. Findings name files
// below templates/.
func New(workspace fs.FS, fields []andante.Field) (*Templates, []*andante.Finding) {
	t := &Templates{fields: map[string]andante.Field{}, nouns: map[string][]string{}}
	for _, f := range slices.Concat(andante.BuiltinFields, fields) {
		if _, twice := t.fields[f.Path()]; !twice {
			t.paths = append(t.paths, f.Path())
			t.nouns[f.Noun] = append(t.nouns[f.Noun], f.Name)
		}
		t.fields[f.Path()] = f
	}
	report := &reporter{}
	if workspace != nil {
		t.images = readImages(workspace, report)
		t.readPartials(workspace, report)
	}
	t.readLayouts(workspace, report)
	return t, report.sorted()
}
