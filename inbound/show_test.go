package inbound

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestShow(t *testing.T) {
	for _, f := range strings.Fields(os.Getenv("FILES")) {
		m := readMail(t, filepath.Dir(f), filepath.Base(f))
		r := Recognise(m, m.Date)
		t.Logf("=== %s %s\nSubject: %s\n%s\n--\nOWN: %s", filepath.Base(f), r.Class, m.Subject, m.aboveQuote(), strings.ReplaceAll(m.Own(), "\n", " / "))
	}
}
