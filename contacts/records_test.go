package contacts

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readRecords reads a text as the package does.
func readRecords(t *testing.T, text string, comma rune) (all []record, err error) {
	t.Helper()
	r, err := newRecords(bufio.NewReaderSize(strings.NewReader(text), peekSize), comma)
	if err != nil {
		return nil, err
	}
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, rec)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxCell+1)
	for _, test := range []struct {
		name, text string
		want       []record
		err        string
	}{
		{"nothing", "", nil, ""},
		{"no end of line", "a,b", []record{{1, []string{"a", "b"}, ""}}, ""},
		{"LF, CRLF and CR", "a,b\nc,d\r\ne,f\rg", []record{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}, {3, []string{"e", "f"}, ""}, {4, []string{"g"}, ""}}, ""},
		{"quoted", `"a,""b""","` + "x\r\ny" + `",` + "\nz", []record{{1, []string{`a,"b"`, "x\ny", ""}, ""}, {3, []string{"z"}, ""}}, ""},
		{"empty cells", ",,\n\n\"\"\n", []record{{1, []string{"", "", ""}, ""}, {2, []string{""}, ""}, {3, []string{""}, ""}}, ""},
		{"semicolon", "a;b,c;d\n", []record{{1, []string{"a", "b,c", "d"}, ""}}, ""},
		{"tab", "a\tb\n", []record{{1, []string{"a", "b"}, ""}}, ""},
		{"bar", "a|b\n", []record{{1, []string{"a", "b"}, ""}}, ""},
		{"commas in quotes are not counted", `"a,b,c";d` + "\n", []record{{1, []string{"a,b,c", "d"}, ""}}, ""},
		{"sep line", "sep=;\r\na;b\n", []record{{2, []string{"a", "b"}, ""}}, ""},
		{"quote inside", "a\"b,c\nd\n", []record{{1, []string{`a"b`, "c"}, faultQuote}, {2, []string{"d"}, ""}}, ""},
		{"text behind a quote", "\"a\"b,c\nd\n", []record{{1, []string{"ab", "c"}, faultQuote}, {2, []string{"d"}, ""}}, ""},
		{"unclosed", "a,b\nc,\"d\ne\n", []record{{1, []string{"a", "b"}, ""}}, "line 2: a quote is opened here and never closed; nothing was taken from this line on"},
		{"long cell", "a," + long + "\nb,c\n", []record{{1, []string{"a", long[1:]}, faultCell}, {2, []string{"b", "c"}, ""}}, ""},
		{"many columns", strings.Repeat(",", MaxColumns) + "\nb,c\n", []record{{1, make([]string, MaxColumns), faultCells}, {2, []string{"b", "c"}, ""}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := readRecords(t, test.text, 0)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(record{})); diff != "" {
				t.Errorf("records differ (-want +got):\n%s", diff)
			}
			if message(err) != test.err {
				t.Errorf("error %q, want %q", message(err), test.err)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestRecordsKeepMemorySmall(t *testing.T) {
	t.Parallel()
	row := strings.Repeat(strings.Repeat("x", MaxCell)+",", 40) + "\n"
	got, err := readRecords(t, row+"a,b\n", 0)
	if err != nil || len(got) != 2 || got[0].fault != faultLine || got[0].size() > MaxLine+MaxColumns*16 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	// A quote that is never closed must not draw the rest of the file in.
	endless := io.MultiReader(strings.NewReader("a,\""), iotest.TimeoutReader(io.LimitReader(zeros{}, 1<<40)))
	r, err := newRecords(bufio.NewReaderSize(endless, peekSize), ',')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.next(); err == nil {
		t.Error("an endless cell was read")
	}
	if cap(r.buf) > 4*MaxLine {
		t.Errorf("%d bytes held", cap(r.buf))
	}
}

// zeros reads as zeros without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestBadCommas(t *testing.T) {
	t.Parallel()
	for _, comma := range []rune{'"', '\n', '\r', 'ä', -1} {
		if _, err := readRecords(t, "a", comma); err == nil {
			t.Errorf("%q was taken for a comma", comma)
		}
	}
}

func TestReadFault(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	r, err := newRecords(bufio.NewReaderSize(io.MultiReader(strings.NewReader(strings.Repeat("a,b\n", peekSize)), iotest.ErrReader(broken)), peekSize), 0)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = r.next()
	}
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// FuzzRecords holds the reader against the standard library's, which knows no
// limits and no lone CR.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{"a,b\nc,d\n", "\"a\"\"b\",\"c\nd\"\n", "a\"b\n", "\"a\"b\n", "\"a", ",\n,,\r\n", "\xff\x00,\"\xff\"", "\n\n\"\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
		if len(text) >= MaxCell || strings.HasPrefix(strings.ToLower(text), "sep=") {
			t.Skip()
		}
		std := csv.NewReader(strings.NewReader(text))
		std.FieldsPerRecord = -1
		got, err := readRecords(t, text, ',')
		for _, rec := range got {
			if len(rec.cells) == 1 && rec.cells[0] == "" && rec.fault == "" {
				continue
			}
			if len(rec.cells) == MaxColumns {
				t.Skip()
			}
			want, stdErr := nextNotEmpty(std)
			if (stdErr != nil) != (rec.fault != "") {
				t.Fatalf("line %d: fault %q, but the standard library says %v", rec.line, rec.fault, stdErr)
			}
			if stdErr != nil {
				return
			}
			if diff := cmp.Diff(want, rec.cells); diff != "" {
				t.Fatalf("line %d (-standard +ours):\n%s", rec.line, diff)
			}
		}
		if _, stdErr := nextNotEmpty(std); (err != nil) != !errors.Is(stdErr, io.EOF) {
			t.Fatalf("the end: %v, but the standard library says %v", err, stdErr)
		}
	})
}

func nextNotEmpty(r *csv.Reader) ([]string, error) {
	for {
		cells, err := r.Read()
		if err != nil || len(cells) != 1 || cells[0] != "" {
			return cells, err
		}
	}
}
