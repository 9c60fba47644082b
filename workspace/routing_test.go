package workspace_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/routing"
)

var replies = flag.String("replies", "testdata/replies.tsv", "file of replies, a line each: sort, language, text")

// TestShippedRouting sorts a set of replies, most of which were written without a look at
// routing.yaml, and compares what is sorted wrongly with a list, so that every change of the words
// shows what it makes better and what worse. With -update it is written anew.
func TestShippedRouting(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(*replies)
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, nil).Routing
	var misses strings.Builder
	all, wrong, past := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 3)
		got, err := p.Route(routing.Reply{Text: strings.ReplaceAll(f[2], `\n`, "\n")})
		if err != nil {
			t.Fatal(err)
		}
		all++
		if got.To == f[0] {
			continue
		}
		wrong++
		if got.To != routing.Owner {
			past++
		}
		fmt.Fprintf(&misses, "%s %s: %s by %s: %.70s\n", f[0], f[1], got.To, got.Why(), f[2])
	}
	summary := fmt.Sprintf("%d of %d sorted wrongly, %d of them to another department\n", wrong, all, past)
	const list = "testdata/replies-misses.txt"
	if *replies != "testdata/replies.tsv" {
		t.Log(summary, misses.String())
		return
	}
	want, err := os.ReadFile(list)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if got := summary + misses.String(); *update {
		err = os.WriteFile(list, []byte(got), 0o644)
	} else if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
	if err != nil {
		t.Fatal(err)
	}
}
