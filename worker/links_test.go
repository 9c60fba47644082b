package worker

import (
	"strings"
	"testing"
)

// TestRelink: the addresses of links change, and nothing else, byte by byte.
func TestRelink(t *testing.T) {
	t.Parallel()
	page := "<!doctype html>\n<html><body style='a'>\n<!--[if mso]><a href=\"https://not.example\"><![endif]-->\n" +
		"<p>1 &lt; 2 &amp; &nbsp;<A class=x href='https://a.example/?b=1&amp;c=2' style=\"color:#111\">go</A>\n" +
		"<a href=\"mailto:a@b.example\">m</a><a name=top>n</a><img src=\"https://i.example/x.png\"/>\n</body></html>\n"
	var asked []string
	got := relink(page, func(to string) string { asked = append(asked, to); return "https://m.example/c/x&y" })
	want := strings.Replace(page, "<A class=x href='https://a.example/?b=1&amp;c=2' style=\"color:#111\">", "<a class=\"x\" href=\"https://m.example/c/x&amp;y\" style=\"color:#111\">", 1)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(asked) != 1 || asked[0] != "https://a.example/?b=1&c=2" {
		t.Errorf("asked for %v", asked)
	}
}
