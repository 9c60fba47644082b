package engine

import (
	"fmt"
	"strings"
	"testing"
)

// expandSteps makes the Markdown of a sequence out of a part NAME.steps: keys of
// the front matter, then steps, each a heading with its keys. What a story does
// not care about has a default.
func expandSteps(name string, src []byte) []byte {
	head, rest, _ := strings.Cut("\n"+string(src), "\n## ")
	var b strings.Builder
	b.WriteString("---\nsequence: " + name + "\n" + defaults(head, "title: "+name, "purpose: marketing", "sender: news") + "---\n")
	for _, step := range strings.Split(rest, "\n## ") {
		id, keys, _ := strings.Cut(step, "\n")
		id = strings.TrimSpace(id)
		if strings.Contains(keys, "kind: decide") { // it says nothing to anybody
			fmt.Fprintf(&b, "\n## %s\n\n```yaml step\n%s\n```\n", id, strings.TrimSpace(keys))
			continue
		}
		who := ""
		if strings.Contains(keys, "sms") { // a text message says who writes
			who = "Acme: "
		}
		fmt.Fprintf(&b, "\n## %s\n\n```yaml step\n%s```\n\n%sThe text of %s.\n", id,
			defaults(keys, "kind: email", "subject: About "+id, "value: insight - "+id), who, id)
		if strings.Contains(keys, "kind: call") && strings.Contains(keys, "switch email") { // what a call says never goes out
			fmt.Fprintf(&b, "\n::: kind email\nsubject: About %[1]s\nThe text of %[1]s.\n:::\n", id)
		}
	}
	return []byte(b.String())
}

// defaults returns lines of keys, with those added that are not among them.
func defaults(lines string, more ...string) string {
	lines = strings.TrimSpace(lines)
	for _, m := range more {
		key, _, _ := strings.Cut(m, ":")
		if !strings.HasPrefix(lines, key+":") && !strings.Contains(lines, "\n"+key+":") {
			lines += "\n" + m
		}
	}
	return strings.TrimSpace(lines) + "\n"
}

func TestExpandSteps(t *testing.T) {
	t.Parallel()
	const want = "---\nsequence: welcome\npurpose: relationship\ntitle: welcome\nsender: news\n---\n" +
		"\n## first\n\n```yaml step\nafter: 0d\nkind: email\nsubject: About first\nvalue: insight - first\n```\n\nThe text of first.\n" +
		"\n## second\n\n```yaml step\nafter: 3d\nkind: call\nsubject: About second\nvalue: insight - second\n```\n\nThe text of second.\n"
	got := string(expandSteps("welcome", []byte("purpose: relationship\n\n## first\nafter: 0d\n\n## second\nafter: 3d\nkind: call\n")))
	if got != want {
		t.Errorf("got:\n%s", got)
	}
}
