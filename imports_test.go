package andante_test

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/andante-hq/andante"

// A source is a Go file of the program, without tests.
type source struct {
	name    string // path from the root of the module
	pkg     string // the package's folder; andante for the root
	file    *ast.File
	imports map[string]string // path to the name that the file uses
	fset    *token.FileSet
}

// sources reads every file that is no test and belongs to this module.
func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, err := os.Stat(filepath.Join(name, "go.mod"))
			other := name != "." && (err == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata")
			if other {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		s, err := readSource(filepath.ToSlash(name))
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d files found", len(all))
	}
	return all
}

func readSource(name string) (source, error) {
	s := source{name: name, pkg: path.Dir(name), imports: map[string]string{}, fset: token.NewFileSet()}
	if s.pkg == "." {
		s.pkg = "andante"
	}
	var err error
	if s.file, err = parser.ParseFile(s.fset, name, nil, parser.SkipObjectResolution); err != nil {
		return s, err
	}
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return s, err
		}
		s.imports[p] = path.Base(p)
		if spec.Name != nil {
			s.imports[p] = spec.Name.Name
		}
	}
	return s, nil
}

// ours turns an import of this module into the package's name in the table.
func ours(imported string) (string, bool) {
	if imported == module {
		return "andante", true
	}
	return strings.CutPrefix(imported, module+"/")
}

// uses calls f for every place where a file names something of a package, such as
// time.Now.
func (s source) uses(imported string, f func(line int, what string)) {
	name, ok := s.imports[imported]
	if !ok {
		return
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
				f(s.fset.Position(sel.Pos()).Line, sel.Sel.Name)
			}
		}
		return true
	})
}

// importTable reads the block under "## Imports" of ARCHITECTURE.md: a line for a
// package, and what it may import of this module.
func importTable(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := bytes.Cut(text, []byte("\n## Imports\n"))
	_, block, opened := bytes.Cut(section, []byte("\n```\n"))
	block, _, closed := bytes.Cut(block, []byte("\n```\n"))
	if !found || !opened || !closed {
		t.Fatal(`ARCHITECTURE.md has no fenced block under "## Imports"`)
	}
	table := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(block))
	for lines.Scan() {
		pkg, allowed, ok := strings.Cut(lines.Text(), ":")
		if _, twice := table[pkg]; !ok || twice {
			t.Fatalf("ARCHITECTURE.md: not a line of its own: %s", lines.Text())
		}
		table[pkg] = strings.Fields(allowed)
	}
	return table
}

// For tests: what they may import, and who may import them, is no question of
// architecture.
var testSupport = []string{"channels/channeltest", "store/storetest", "internal/testclock", "internal/testdb", "internal/harness", "internal/faults", "internal/readers"}

func TestImportTable(t *testing.T) {
	t.Parallel()
	table, got := importTable(t), map[string]map[string]bool{}
	for _, s := range sources(t) {
		if got[s.pkg] == nil {
			got[s.pkg] = map[string]bool{}
		}
		for imported := range s.imports {
			if p, ok := ours(imported); ok {
				got[s.pkg][p] = true
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(got)) {
		imported := slices.Sorted(maps.Keys(got[pkg]))
		if strings.HasPrefix(pkg, "internal/") {
			checkHelper(t, pkg, imported)
			continue
		}
		allowed, listed := table[pkg]
		if !listed {
			t.Errorf("%s has no line in ARCHITECTURE.md's import table; it imports %v", pkg, imported)
		}
		for _, p := range imported {
			if strings.HasPrefix(p, "internal/") {
				if slices.Contains(testSupport, p) && !slices.Contains(testSupport, pkg) {
					t.Errorf("%s imports %s, which is for tests", pkg, p)
				}
				continue
			}
			if listed && !slices.Contains(allowed, p) {
				t.Errorf("%s must not import %s: its line says %v", pkg, p, allowed)
			}
		}
		for _, p := range allowed {
			if !got[pkg][p] {
				t.Errorf("%s does not import %s, though its line allows it", pkg, p)
			}
		}
	}
	for pkg := range table {
		if got[pkg] == nil {
			t.Errorf("ARCHITECTURE.md's import table has a line for %s, which does not exist", pkg)
		}
	}
}

// checkHelper sees that what lies under internal has no domain meaning.
func checkHelper(t *testing.T, pkg string, imported []string) {
	if slices.Contains(testSupport, pkg) {
		return
	}
	for _, p := range imported {
		if p != "andante" && (!strings.HasPrefix(p, "internal/") || slices.Contains(testSupport, p)) {
			t.Errorf("%s must not import %s: helpers know andante and each other", pkg, p)
		}
	}
}

// Each library has one home, so that it can be replaced there.
func TestLibrariesHaveOneHome(t *testing.T) {
	t.Parallel()
	homes := []struct {
		library string // path, or the beginning of one
		in      []string
	}{
		{"github.com/wneessen/go-mail", []string{"channels/email"}},
		{"github.com/emersion/go-msgauth", []string{"channels/email"}},
		{"github.com/twilio/twilio-go", []string{"channels/sms"}},
		{"golang.org/x/oauth2", []string{"channels/email"}},
		{"github.com/hibiken/asynq", []string{"queue"}},
		{"github.com/redis/go-redis", []string{"queue", "internal/testdb"}},
		{"github.com/alicebob/miniredis", []string{"queue"}},
		{"github.com/osteele/liquid", []string{"templates"}},
		{"github.com/yuin/goldmark", []string{"sequences", "templates"}},
		{"github.com/expr-lang/expr", []string{"conditions"}},
		{"database/sql", []string{"store", "internal/testdb"}},
		{"github.com/jackc/pgx", []string{"store", "internal/testdb"}},
		{"modernc.org/", []string{"store", "internal/testdb"}},
		{"github.com/pressly/goose", []string{"store"}},
		{"go.yaml.in/yaml", []string{"internal/yamldoc"}},
		{"gopkg.in/yaml", nil},
		{"testing", testSupport},
	}
	seen := map[string]bool{}
	for _, s := range sources(t) {
		for imported := range s.imports {
			for _, h := range homes {
				if imported != h.library && !strings.HasPrefix(imported, strings.TrimSuffix(h.library, "/")+"/") {
					continue
				}
				seen[h.library+" "+s.pkg] = true
				if !slices.Contains(h.in, s.pkg) {
					t.Errorf("%s imports %s, which is at home in %v", s.name, imported, h.in)
				}
			}
			if s.pkg == "andante" && strings.Contains(imported, ".") {
				t.Errorf("%s imports %s: the root package knows the standard library only", s.name, imported)
			}
		}
	}
	for _, h := range homes {
		if len(h.in) > 0 && !seen[h.library+" "+h.in[0]] {
			t.Errorf("%s does not import %s", h.in[0], h.library)
		}
	}
}

// Only engine decides which channel, store and queue there is.
func TestOnlyEngineNamesWhatIsConcrete(t *testing.T) {
	t.Parallel()
	concrete := map[string][]string{
		module + "/store": {"Open"}, module + "/queue": {"Open", "NewInline"},
		module + "/channels/email": nil, module + "/channels/sandbox": nil, module + "/channels/sms": nil, module + "/channels/card": nil,
		module + "/channels/task": nil,
	}
	named := 0
	for _, s := range sources(t) {
		if slices.Contains(testSupport, s.pkg) {
			continue
		}
		for pkg, names := range concrete {
			s.uses(pkg, func(line int, what string) {
				if names != nil && !slices.Contains(names, what) {
					return
				}
				if s.pkg != "engine" {
					t.Errorf("%s:%d names %s.%s: only engine does", s.name, line, path.Base(pkg), what)
				}
				named++
			})
		}
	}
	if named == 0 {
		t.Error("not even engine opens a store")
	}
}

// The time of day and of the machine comes from a Clock.
func TestTimeIsAParameter(t *testing.T) {
	t.Parallel()
	forbidden := []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTicker", "Tick", "Sleep"}
	read := 0
	for _, s := range sources(t) {
		s.uses("time", func(line int, what string) {
			if !slices.Contains(forbidden, what) {
				return
			}
			if s.name != "clock.go" {
				t.Errorf("%s:%d: time.%s; take an andante.Clock or andante.Sleep", s.name, line, what)
			}
			read++
		})
	}
	if read == 0 {
		t.Error("not even clock.go reads the time")
	}
}
