package messageid

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Folder reads the mails of a folder and of those in it: files that end in .eml, and what
// lies in the folders cur and new of a maildir. Mails without a Message-ID are skipped.
func Folder(dir string, found func(id string), skipped func(Skipped)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || !isMail(path) {
			return nil
		}
		id, err := inFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // a maildir's reader has moved it
			return nil
		case err != nil:
			return err
		case id == "":
			skipped(Skipped{path, "it has no Message-ID"})
		default:
			found(id)
		}
		return nil
	})
}

func isMail(path string) bool {
	if strings.EqualFold(filepath.Ext(path), ".eml") {
		return true
	}
	in := filepath.Base(filepath.Dir(path))
	return in == "cur" || in == "new"
}

func inFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return InHeader(f)
}

// maxHeader is as far as a header is read.
const maxHeader = 1 << 20

// InHeader returns the Message-ID of a mail; empty if its header has none that can be read.
// Other lines may be as broken as they like.
func InHeader(r io.Reader) (string, error) {
	lines := bufio.NewReader(io.LimitReader(r, maxHeader))
	value, inside := "", false
	for {
		line, err := lines.ReadString('\n')
		trimmed := strings.TrimRight(line, "\r\n")
		folded := trimmed != "" && (trimmed[0] == ' ' || trimmed[0] == '\t')
		switch {
		case inside && folded:
			value += trimmed
		case inside || trimmed == "":
			id, _ := inLine(strings.TrimSpace(value))
			return id, nil
		default:
			name, rest, ok := strings.Cut(trimmed, ":")
			if ok && strings.EqualFold(strings.TrimSpace(name), "Message-ID") {
				value, inside = rest, true
			}
		}
		if err == io.EOF {
			id, _ := inLine(strings.TrimSpace(value))
			return id, nil
		}
		if err != nil {
			return "", err
		}
	}
}
