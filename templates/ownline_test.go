package templates

import "testing"

func TestOwnLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, text, html, wantText, wantHTML string }{
		{"", "Hello,\n\nwe do.\n", "<p>Hello,</p>\n<p>we do.</p>\n", "Hello,\n\nwe do.\n", "<p>Hello,</p>\n<p>we do.</p>\n"},
		{" Saw it. \n", "Hello,\n\nwe do.\n", "<p class=\"a\">Hello,</p>\n<p>we do.</p>\n", "Hello,\n\nSaw it.\n\nwe do.\n", "<p class=\"a\">Hello,</p>\n<p class=\"a\">Saw it.</p>\n<p>we do.</p>\n"},
		{"One <b>&\n\nTwo\nlines", "Hello,\n\nwe do.", "<p>Hello,</p><p>we do.</p>", "Hello,\n\nOne <b>&\n\nTwo lines\n\nwe do.", "<p>Hello,</p><p>One &lt;b&gt;&amp;</p>\n<p>Two<br>\nlines</p>\n<p>we do.</p>"},
		{"Saw it.", "Only this.", "<h2>Title</h2><p>we do.</p>", "Saw it.\n\nOnly this.", "<p>Saw it.</p>\n<h2>Title</h2><p>we do.</p>"},
	} {
		if got := string(addLine([]byte(c.text), c.line, textWidth)); got != c.wantText {
			t.Errorf("%q in text: %q", c.line, got)
		}
		if got := string(addHTMLLine([]byte(c.html), c.line)); got != c.wantHTML {
			t.Errorf("%q in HTML: %q", c.line, got)
		}
	}
}
