package sequences_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
	"github.com/andante-hq/andante/sequences"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// corpus runs make for each file but in.md of each archive; the file's name says
// what is wanted, its content what is expected.
func corpus(t *testing.T, dir string, make func(t *testing.T, src []byte, name string) string) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if len(files) == 0 {
		t.Fatalf("testdata/%s is empty", dir)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(archive.Files) < 2 || archive.Files[0].Name != "in.md" {
				t.Fatal("expected in.md and at least one more file")
			}
			src := archive.Files[0].Data
			for i := range archive.Files[1:] {
				f := &archive.Files[i+1]
				got := make(t, src, f.Name)
				if diff := cmp.Diff(string(f.Data), got); diff != "" && !*update {
					t.Errorf("%s:\n%s", f.Name, diff)
				}
				f.Data = []byte(got)
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestLint expects the findings of Parse in findings, of CheckConditions in
// conditions, and of CheckPersonas (for cfo and owner) in personas.
func TestLint(t *testing.T) {
	corpus(t, "lint", func(t *testing.T, src []byte, name string) string {
		seq, found := sequences.Parse("in.md", src)
		switch name {
		case "conditions":
			found = seq.CheckConditions(conditions.Schema{Fields: andante.BuiltinFields})
		case "personas":
			found = seq.CheckPersonas([]string{"cfo", "owner"})
		case "findings":
		default:
			t.Fatalf("unknown expectation %s", name)
		}
		var b strings.Builder
		for _, f := range found {
			fmt.Fprintln(&b, f.Error())
		}
		return b.String()
	})
}

// TestParse expects no errors, and each part of the sequence that isn't zero.
func TestParse(t *testing.T) {
	corpus(t, "parse", func(t *testing.T, src []byte, name string) string {
		seq, found := sequences.Parse("in.md", src)
		for _, f := range found {
			if f.Severity == andante.SeverityError {
				t.Error(f)
			}
		}
		var b strings.Builder
		if name == "effect" {
			for _, n := range seq.NoEffect() {
				fmt.Fprintf(&b, "%d: %s: %s\n", n.Line, n.Key, n.Message)
			}
			return b.String()
		}
		seq.Hash = ""
		dump(&b, "", reflect.ValueOf(*seq))
		return b.String()
	})
}

// dump writes a line for each value that isn't zero.
func dump(b *strings.Builder, path string, v reflect.Value) {
	s, words := v.Interface().(fmt.Stringer)
	switch {
	case v.IsZero():
	case words:
		fmt.Fprintf(b, "%s: %s\n", path, s)
	case v.Kind() == reflect.Pointer:
		dump(b, path, v.Elem())
	case v.Kind() == reflect.Struct:
		if p, ok := v.Interface().(sequences.Position); ok {
			fmt.Fprintf(b, "%s: %d:%d\n", path, p.Line, p.Column)
			return
		}
		for i := range v.NumField() {
			dump(b, strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), v.Field(i))
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			dump(b, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case v.Kind() == reflect.Map: // of positions: tested by the findings
	case v.Kind() == reflect.String:
		fmt.Fprintf(b, "%s: %q\n", path, v.String())
	default:
		fmt.Fprintf(b, "%s: %v\n", path, v.Interface())
	}
}

// TestCompose composes the first step for the reader in the file's name, such as
// "cfo b de sms"; a dash is nobody in particular. Lines carry their number.
func TestCompose(t *testing.T) {
	corpus(t, "compose", func(t *testing.T, src []byte, name string) string {
		seq, _ := sequences.Parse("in.md", src)
		who := make([]string, 4)
		for i, part := range strings.Fields(name) {
			if who[i] = part; part == "-" {
				who[i] = ""
			}
		}
		text := seq.Steps[0].Compose(who[0], who[1], who[2], andante.Kind(who[3]))
		lines := strings.Split(text.Body, "\n")
		if len(lines) != len(text.Lines) && text.Body != "" {
			t.Fatalf("%d lines with %d numbers", len(lines), len(text.Lines))
		}
		var b strings.Builder
		fmt.Fprintf(&b, "subject: %s\npreview: %s\n", text.Subject, text.Preview)
		for i, n := range text.Lines {
			fmt.Fprintln(&b, strings.TrimSpace(fmt.Sprintf("%d: %s", n, lines[i])))
		}
		return b.String()
	})
}
