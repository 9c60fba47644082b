package inbound

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// readIndex reads a corpus' list of what its mails are, as rows by column.
func readIndex(t *testing.T, dir string) (list []map[string]string) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "index.csv"))
	if os.IsNotExist(err) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[rows[0][i]] = v
		}
		list = append(list, m)
	}
	return list
}

func readMail(t *testing.T, dir, name string) *Mail {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return Read(raw, Envelope{})
}

func TestScoreBounces(t *testing.T) {
	dir := filepath.Join(os.Getenv("CORPUS"), "bounces")
	part := os.Getenv("PART")
	n, good, kinds, goodKinds, to, ids := 0, 0, 0, 0, 0, 0
	falseHard := 0
	for i, row := range readIndex(t, dir) {
		if part != "" && (i%2 == 0) != (part == "dev") {
			continue
		}
		n++
		m := readMail(t, dir, row["file"])
		f := Recognise(m, m.Date)
		want := row["class"]
		if want == "other" {
			want = "notice"
		}
		class := string(f.Class)
		if want == "notice" && !slices.Contains([]string{"bounce", "complaint", "left", "opt_out", "reply"}, class) {
			class = want
		}
		if class == want {
			good++
		} else if part != "test" || os.Getenv("SHOW") != "" {
			t.Logf("%s: %s, want %s (%s)", row["file"], f.Class, want, f.Why)
		}
		if row["message_id"] != "" && slices.Contains(m.About(), row["message_id"]) || row["message_id"] == "" {
			ids++
		} else if part != "test" || os.Getenv("SHOW") != "" {
			t.Logf("%s: id %v, want %s", row["file"], m.About(), row["message_id"])
		}
		if want != "bounce" {
			continue
		}
		kinds++
		kind, why := Verdict("none"), ""
		var rcpt []string
		for _, x := range f.Failures {
			kind, why = x.Kind, x.Why
			rcpt = append(rcpt, x.Recipient)
		}
		if string(kind) == row["kind"] {
			goodKinds++
		} else {
			if kind == Hard {
				falseHard++
			}
			if part != "test" || os.Getenv("SHOW") != "" {
				t.Logf("%s: kind %s, want %s, by %s", row["file"], kind, row["kind"], why)
			}
		}
		slices.Sort(rcpt)
		wantTo := strings.Fields(strings.ToLower(row["recipient"]))
		slices.Sort(wantTo)
		if slices.Equal(slices.Compact(rcpt), wantTo) {
			to++
		} else if part != "test" || os.Getenv("SHOW") != "" {
			t.Logf("%s: to %v, want %v", row["file"], rcpt, wantTo)
		}
	}
	t.Logf("%d mails: class %d, ids %d; of %d bounces kind %d (hard by mistake %d), recipient %d", n, good, ids, kinds, goodKinds, falseHard, to)
}

func TestScoreAuto(t *testing.T) {
	dir := filepath.Join(os.Getenv("CORPUS"), "auto")
	part := os.Getenv("PART")
	n, good, away, until, named, names := 0, 0, 0, 0, 0, 0
	confused := map[string]int{}
	for i, row := range readIndex(t, dir) {
		if part != "" && (i%2 == 0) != (part == "dev") {
			continue
		}
		n++
		m := readMail(t, dir, row["file"])
		f := Recognise(m, m.Date)
		want := row["class"]
		if want == "other" {
			want = "notice"
		}
		if string(f.Class) == want {
			good++
		} else {
			confused[want+" as "+string(f.Class)]++
			if part != "test" || os.Getenv("SHOW") != "" {
				t.Logf("%s: %s, want %s (%s)", row["file"], f.Class, want, f.Why)
			}
		}
		if want == "out_of_office" {
			away++
			d := ""
			if !f.Until.IsZero() {
				d = f.Until.Format(time.DateOnly)
				if row["until_kind"] == "last" {
					d = f.Until.AddDate(0, 0, -1).Format(time.DateOnly)
				}
			}
			if d == row["until"] {
				until++
			} else if part != "test" || os.Getenv("SHOW") != "" {
				t.Logf("%s: until %q, want %q (%s)", row["file"], d, row["until"], row["until_kind"])
			}
		}
		if c := strings.Fields(row["contact"]); len(c) > 0 && f.Class == Class(want) {
			names++
			if slices.Contains(f.Contacts, strings.ToLower(c[0])) {
				named++
			} else if part != "test" || os.Getenv("SHOW") != "" {
				t.Logf("%s: names %v, want %v", row["file"], f.Contacts, c)
			}
		}
	}
	t.Logf("%d mails: class %d; of %d away until %d; of %d named %d; %v", n, good, away, until, names, named, confused)
}

func TestScoreReplies(t *testing.T) {
	dir := filepath.Join(os.Getenv("CORPUS"), "replies")
	part := os.Getenv("PART")
	n, exact, near := 0, 0, 0
	for i, row := range readIndex(t, dir) {
		if part != "" && (i%2 == 0) != (part == "dev") {
			continue
		}
		n++
		m := readMail(t, dir, row["file"])
		want, err := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(row["file"], ".eml")+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		got := m.Own()
		a, b := strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(string(want)), " ")
		switch {
		case a == b:
			exact++
			near++
		case say(a) == say(b):
			near++
		case part != "test" || os.Getenv("SHOW") != "":
			t.Logf("== %s (%s)\n got: %q\nwant: %q", row["file"], row["style"], a, b)
		}
	}
	t.Logf("%d replies: exact %d, near %d", n, exact, near)
}
