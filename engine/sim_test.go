package engine

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/andante-hq/andante/internal/harness"
)

// TestSim plays the time stories testdata/sim/*.sim; README.md there explains
// their language. A story that names a twin is played once more with that broken, and
// must then fail, or it would prove nothing about it.
func TestSim(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/sim/*.sim")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for i, file := range files {
		if testing.Short() && i%10 > 0 {
			continue // one goroutine tells a story, so the race detector learns little from them
		}
		s := readStory(t, file)
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if w, err := s.play(t, ""); err != nil {
				t.Errorf("%v\n%s", err, w.diary())
			}
		})
		for _, twin := range s.twins {
			t.Run(s.name+"/"+string(twin), func(t *testing.T) {
				t.Parallel()
				if _, err := s.play(t, twin); err == nil {
					t.Errorf("the story holds %s too: it shows nothing", twin)
				}
			})
		}
	}
}

// TestSimFails plays stories that are wrong, testdata/sim/wrong/*.sim, each with
// the failure that it must meet in a part named fails.
func TestSimFails(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/sim/wrong/*.sim")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		s := readStory(t, file)
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			_, err := s.play(t, "")
			want := strings.TrimSpace(string(s.files["fails"]))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got: %v\nwant: %s", err, want)
			}
		})
	}
}

// A story is a file, taken apart.
type story struct {
	name  string
	lines []statement
	files map[string][]byte
	twins []sabotage
}

// A sabotage is what a twin breaks; empty: nothing.
type sabotage string

const (
	ungoverned   sabotage = "ungoverned"    // no limits and gaps
	neverLate    sabotage = "never-late"    // nobody notices that the machine was off
	standardTime sabotage = "standard-time" // contacts live where clocks are never changed
)

// A statement is one line of a story, in words.
type statement struct {
	number int
	text   string
	words  []string
}

// base is what a story's workspace has where the story brings nothing of its own.
const base = "testdata/sim/base.txtar"

func readStory(t *testing.T, file string) *story {
	t.Helper()
	s := &story{name: strings.TrimSuffix(filepath.Base(file), ".sim"), files: map[string][]byte{}}
	common, err := txtar.ParseFile(base)
	if err != nil {
		t.Fatal(err)
	}
	own, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(common.Files, own.Files...) {
		if folder, name := path.Split(f.Name); path.Ext(name) == ".steps" {
			name = strings.TrimSuffix(name, ".steps")
			s.files[folder+"sequences/"+name+".md"] = expandSteps(name, f.Data)
			continue
		}
		s.files[f.Name] = f.Data
	}
	for i, text := range strings.Split(string(own.Comment), "\n") {
		words, err := splitWords(text)
		if err != nil {
			t.Fatalf("%s:%d: %v", file, i+1, err)
		}
		switch {
		case len(words) == 0:
		case words[0] == "twin":
			for _, w := range words[1:] {
				if !slices.Contains([]sabotage{ungoverned, neverLate, standardTime}, sabotage(w)) {
					t.Fatalf("%s:%d: no twin is called %s", file, i+1, w)
				}
				s.twins = append(s.twins, sabotage(w))
			}
		default:
			s.lines = append(s.lines, statement{i + 1, strings.TrimSpace(text), words})
		}
	}
	return s
}

// play tells the story in a world of its own.
func (s *story) play(t *testing.T, broken sabotage) (*simWorld, error) {
	dir := t.TempDir()
	for name, body := range s.files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w := newSimWorld(t, dir, s.files, broken)
	for _, st := range s.lines {
		if err := w.do(st); err != nil {
			return w, fmt.Errorf("%s.sim:%d: %s\n%w", s.name, st.number, st.text, err)
		}
	}
	if err := w.unexplained(); err != nil {
		return w, fmt.Errorf("%s.sim: at its end: %w", s.name, err)
	}
	if wrong, err := harness.Miscounted(w.ctx, w.e.Store); err != nil || len(wrong) > 0 {
		return w, fmt.Errorf("%s.sim: at its end: of %v other touches are counted than they had, error %v", s.name, wrong, err)
	}
	return w, nil
}
