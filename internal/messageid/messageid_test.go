package messageid_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/andante-hq/andante/internal/messageid"
)

func TestList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
		skipped    []string
	}{
		{"plain", "a@x\n<b@x>\n\n  <c@x>  \r\nd@x", []string{"a@x", "b@x", "c@x", "d@x"}, nil},
		{"a byte order mark", "\ufeff<a@x>\n", []string{"a@x"}, nil},
		{"a table", "message_id,at,status\n\"<a@x>\",2026,ok\nb@x;2026\nc@x\t2026\n'd@x','2026'\n", []string{"a@x", "b@x", "c@x", "d@x"}, nil},
		{"no heading", "a@x,ok\n", []string{"a@x"}, nil},
		{"what is none", "heading\na@x\nnothing here\n<open@x\n@x\nx@\n<two words@x>\n", []string{"a@x"}, []string{"line 3", "line 4", "line 5", "line 6", "line 7"}},
		{"twice", "a@x\na@x\n", []string{"a@x", "a@x"}, nil},
		{"as it is written", "A+b@X.example\n", []string{"A+b@X.example"}, nil},
	} {
		var got, skipped []string
		err := messageid.List(strings.NewReader(c.text), func(id string) { got = append(got, id) }, func(s messageid.Skipped) { skipped = append(skipped, s.Where) })
		if err != nil || !slices.Equal(got, c.want) || !slices.Equal(skipped, c.skipped) {
			t.Errorf("%s: %q, skipped %q, error %v", c.name, got, skipped, err)
		}
	}
}

func TestInHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, mail, want string }{
		{"plain", "From: a@x\r\nMessage-ID: <1@x>\r\n\r\nMessage-ID: <no@x>\r\n", "1@x"},
		{"spelt otherwise", "message-id:<1@x>\n\n", "1@x"},
		{"folded", "Subject: s\r\nMessage-ID:\r\n <1@x>\r\nTo: b@x\r\n\r\n", "1@x"},
		{"broken lines before it", "From nobody\n\xff\xfe\nMessage-ID: <1@x>\n\n", "1@x"},
		{"the first of two", "Message-ID: <1@x>\nMessage-ID: <2@x>\n\n", "1@x"},
		{"at the end", "Message-ID: <1@x>", "1@x"},
		{"in the body only", "From: a@x\n\nMessage-ID: <1@x>\n", ""},
		{"of another name", "X-Message-ID: <1@x>\nIn-Reply-To: <2@x>\n\n", ""},
		{"no id", "Message-ID: none\n\n", ""},
		{"nothing", "", ""},
	} {
		if got, err := messageid.InHeader(strings.NewReader(c.mail)); got != c.want || err != nil {
			t.Errorf("%s: %q, error %v", c.name, got, err)
		}
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, id := range map[string]string{
		"one.eml": "<1@x>", "deep/er/two.EML": "<2@x>", "Maildir/cur/3:2,S": "<3@x>", "Maildir/new/4": "<4@x>", "Maildir/.Sent/cur/5": "<5@x>",
		"Maildir/tmp/6": "<6@x>", "notes.txt": "<7@x>", "bare.eml": "", ".message-8": "<8@x>",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		text := "Subject: s\r\n"
		if id != "" {
			text += "Message-ID: " + id + "\r\n"
		}
		if err := os.WriteFile(path, []byte(text+"\r\nbody"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var got, skipped []string
	err := messageid.Folder(dir, func(id string) { got = append(got, id) }, func(s messageid.Skipped) { skipped = append(skipped, s.Where) })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"1@x", "2@x", "3@x", "4@x", "5@x"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{filepath.Join(dir, "bare.eml")}, skipped); diff != "" {
		t.Error(diff)
	}
	if err := messageid.Folder(filepath.Join(dir, "none"), nil, nil); err == nil {
		t.Error("a folder that is not there is read")
	}
}
