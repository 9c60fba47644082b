package inbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A folder keeps mails as numbered files.
type folder struct {
	dir  string
	mu   sync.Mutex
	last int // the highest number given away
}

// openFolder makes the folder if it is missing and goes on after the highest
// number that it holds.
func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	f := &folder{dir: dir}
	for _, e := range entries {
		digits, _, _ := strings.Cut(e.Name(), "-")
		if n, err := strconv.Atoi(digits); err == nil {
			f.last = max(f.last, n)
		}
	}
	return f, nil
}

// write stores the mail and returns the file's path. The bytes are complete
// under a temporary name before they are linked to the final one, and a link,
// unlike a rename, fails where a file already stands: then the next number is
// tried, since another server may use the same folder.
func (f *folder) write(m Mail, raw []byte, helo string) (string, error) {
	temp, err := os.CreateTemp(f.dir, ".mail-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(append(trace(m, helo), raw...))
	if err = errors.Join(err, temp.Close()); err != nil {
		return "", err
	}
	for {
		path := filepath.Join(f.dir, f.name(m.To))
		err := os.Link(temp.Name(), path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}

// name draws the next file name. Digits are padded so that a listing is in
// order; the address is reduced to what is harmless in a file name.
func (f *folder) name(to []string) string {
	f.mu.Lock()
	f.last++
	n := f.last
	f.mu.Unlock()
	who := "nobody"
	if len(to) > 0 {
		who = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@.+-_", r) {
				return r
			}
			return '_'
		}, to[0])
	}
	return fmt.Sprintf("%06d-%s.eml", n, who[:min(len(who), 100)])
}

// trace returns the header lines of final delivery (RFC 5321 section 4.4).
func trace(m Mail, helo string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", m.From)
	fmt.Fprintf(&b, "Received: from %s by inbox.localhost with ESMTP", helo)
	if len(m.To) == 1 {
		fmt.Fprintf(&b, "\r\n for <%s>", m.To[0])
	}
	fmt.Fprintf(&b, ";\r\n %s\r\n", m.At.Format(time.RFC1123Z))
	return b.Bytes()
}
