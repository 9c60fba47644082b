package inbound

import (
	"cmp"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/corpus/misses.txt")

// corpus is where the mails lie that recognition is measured by, unless CORPUS names another folder.
func corpus() string { return cmp.Or(os.Getenv("CORPUS"), filepath.Join("testdata", "corpus")) }

// aCase is a mail of the corpus with what a careful reader says of it.
type aCase struct {
	file string
	says map[string]string // by the columns of its index
	mail *Mail
}

func (c aCase) want(column string) string { return c.says[column] }

// cases reads a folder of the corpus.
func cases(t *testing.T, folder string) (list []aCase) {
	t.Helper()
	dir := filepath.Join(corpus(), folder)
	f, err := os.Open(filepath.Join(dir, "index.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		c := aCase{file: folder + "/" + row[0], says: map[string]string{}}
		for i, v := range row {
			c.says[rows[0][i]] = v
		}
		raw, err := os.ReadFile(filepath.Join(dir, row[0]))
		if err != nil {
			t.Fatal(err)
		}
		c.mail = Read(raw, Envelope{})
		list = append(list, c)
	}
	return list
}

// score counts what is right, and keeps what is not.
type score struct {
	right, all map[string]int
	misses     []string
}

func (s *score) look(file, what, got, want string) {
	s.all[what]++
	if got == want {
		s.right[what]++
		return
	}
	s.misses = append(s.misses, fmt.Sprintf("%s: %s: %q, and it is %q", file, what, got, want))
}

// TestCorpus holds recognition against some thousand mails. What it gets wrong is listed in
// testdata/corpus/misses.txt, no more and no less; a mailbox that is given up by mistake is none of
// the mistakes that may be listed, unless a careful reader could argue for it.
func TestCorpus(t *testing.T) {
	t.Parallel()
	s := &score{right: map[string]int{}, all: map[string]int{}}
	for _, c := range cases(t, "bounces") {
		s.bounce(c)
	}
	for _, c := range cases(t, "auto") {
		s.answer(c)
	}
	for _, c := range cases(t, "replies") {
		want, err := os.ReadFile(filepath.Join(corpus(), strings.TrimSuffix(c.file, ".eml")+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		s.look(c.file, "text", oneLine(c.mail.Own()), oneLine(string(want)))
	}
	for _, what := range []string{"class of bounces", "id", "kind", "recipient", "class", "until", "names", "text"} {
		t.Logf("%s: %d of %d", what, s.right[what], s.all[what])
	}
	if os.Getenv("CORPUS") != "" {
		t.Logf("\n%s", strings.Join(s.misses, "\n"))
		return
	}
	file := filepath.Join(corpus(), "misses.txt")
	got := strings.Join(s.misses, "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("other mails are misread than before (-listed +now); is it better? then run with -update:\n%s", diff)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// classes that nobody acts upon: which of them a mail is makes no difference.
var idle = []string{string(Notice), string(Receipt), string(Delay), string(AutoReply), "other"}

// classOf is a class as the index calls it, those that nobody acts upon being alike.
func classOf(got, want string) string {
	if slices.Contains(idle, got) && slices.Contains(idle, want) {
		return want
	}
	return got
}

func (s *score) bounce(c aCase) {
	f := Recognise(c.mail, c.mail.Date)
	s.look(c.file, "class of bounces", classOf(string(f.Class), c.want("class")), c.want("class"))
	if id := c.want("message_id"); id != "" {
		got := strings.Join(c.mail.About(), " ")
		if slices.Contains(c.mail.About(), id) {
			got = id
		}
		s.look(c.file, "id", got, id)
	}
	if c.want("class") != string(Bounce) || f.Class != Bounce {
		return
	}
	var to []string
	kinds := map[string]bool{}
	for _, x := range f.Failures {
		to = append(to, x.Recipient)
		kinds[string(x.Kind)] = true
	}
	last := string(f.Failures[len(f.Failures)-1].Kind)
	if kinds[c.want("kind")] {
		last = c.want("kind")
	}
	s.look(c.file, "kind", last, c.want("kind"))
	if c.want("recipient") != "" {
		s.look(c.file, "recipient", sorted(to), sorted(strings.Fields(strings.ToLower(c.want("recipient")))))
	}
}

func sorted(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

func (s *score) answer(c aCase) {
	f := Recognise(c.mail, c.mail.Date)
	want := c.want("class")
	s.look(c.file, "class", classOf(string(f.Class), want), want)
	if string(f.Class) != want {
		return
	}
	if f.Class == OutOfOffice {
		day := ""
		if !f.Until.IsZero() {
			day = f.Until.Format(time.DateOnly)
		}
		if !f.Until.IsZero() && c.want("until_kind") == "last" {
			day = f.Until.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		s.look(c.file, "until", day, c.want("until"))
	}
	if names := strings.Fields(strings.ToLower(c.want("contact"))); len(names) > 0 {
		got := strings.Join(f.Contacts, " ")
		if slices.Contains(f.Contacts, names[0]) {
			got = names[0]
		}
		s.look(c.file, "names", got, names[0])
	}
}
