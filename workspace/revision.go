package workspace

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/memfs"
)

// shipped holds the policy and the consent rules that a workspace has when it
// does not bring its own; `init` writes them out.
//
//go:embed shipped
var shipped embed.FS

// Limits on what is read from a folder.
const (
	maxFiles    = 5000
	maxFileSize = 5 << 20
	maxSize     = 200 << 20 // of all of them
)

// belongs tells whether a file is part of a revision.
func belongs(name string) bool {
	switch name {
	case ConfigFile, PolicyFile, CadenceFile, ConsentFile, RoutingFile:
		return true
	}
	folder, _, _ := strings.Cut(name, "/")
	hidden := strings.HasPrefix(path.Base(name), ".")
	return !hidden && (folder == "sequences" || folder == "templates" || folder == "nuggets" || folder == attachments)
}

// readFiles reads every file of a revision. beside are the YAML files next to
// andante.yaml that are none.
func readFiles(fsys fs.FS) (files map[string][]byte, beside []string, found []*andante.Finding) {
	files = map[string][]byte{}
	size := 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || !belongs(name) {
			if ext := path.Ext(name); !d.IsDir() && path.Dir(name) == "." && (ext == ".yaml" || ext == ".yml") {
				beside = append(beside, name)
			}
			return skipForeign(name, d)
		}
		if len(files) == maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		b, err := readFile(fsys, name)
		if err != nil {
			found = append(found, unreadable(name, err))
			return nil
		}
		if size += len(b); size > maxSize {
			return fmt.Errorf("its files have more than %d MB", maxSize>>20)
		}
		files[name] = b
		return nil
	})
	if err != nil {
		found = append(found, unreadable(".", err))
	}
	return files, beside, found
}

// readFile reads a file unless it is too large.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(b) > maxFileSize {
		err = fmt.Errorf("more than %d MB", maxFileSize>>20)
	}
	return b, err
}

// skipForeign keeps the walk out of folders that hold nothing of a revision.
func skipForeign(name string, d fs.DirEntry) error {
	if d.IsDir() && name != "." && !belongs(name+"/x") {
		return fs.SkipDir
	}
	return nil
}

func unreadable(name string, err error) *andante.Finding {
	return &andante.Finding{File: name, Severity: andante.SeverityError, Rule: "unreadable", Message: err.Error()}
}

// hashOf returns the SHA-256 of a part in hex.
func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Revision is one published state: its hash, its manifest (JSON, file name to
// the hash of the part) and the parts by hash.
func (w *Workspace) Revision() (hash, manifest string, parts map[string][]byte) {
	list := map[string]string{}
	parts = map[string][]byte{}
	for name, b := range w.Files {
		h := hashOf(b)
		list[name], parts[h] = h, b
	}
	m, _ := json.Marshal(list) // keys are sorted: the same files give the same hash
	return hashOf(m), string(m), parts
}

// FromParts puts the files of a revision together again.
func FromParts(manifest string, part func(hash string) ([]byte, error)) (fs.FS, error) {
	var list map[string]string
	if err := json.Unmarshal([]byte(manifest), &list); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	files := map[string][]byte{}
	for name, h := range list {
		b, err := part(h)
		if err == nil && hashOf(b) != h {
			err = errors.New("its content is not what was published")
		}
		if err != nil {
			return nil, fmt.Errorf("read %s of the revision: %w", name, err)
		}
		files[name] = b
	}
	return memfs.FS(files), nil
}

// Shipped returns the files that `init` writes beside the example.
func Shipped() map[string][]byte {
	files := map[string][]byte{}
	entries, _ := shipped.ReadDir("shipped")
	for _, e := range entries {
		files[e.Name()], _ = shipped.ReadFile("shipped/" + e.Name())
	}
	return files
}

// Changed returns the names of the files in which two revisions differ.
func Changed(a, b map[string][]byte) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if !bytes.Equal(a[name], b[name]) {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

func sortedKeys(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }
