package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/andante-hq/andante"
)

// Some providers give a new refresh token with each access token, and the one that stands in
// andante.yaml is over some day. The last one is kept in the state folder, in a file that is
// named for the login and the token that somebody wrote down: who signs in anew begins anew.

// tokenPath is the file of a login.
func (e *Engine) tokenPath(login string) (string, error) {
	dir, err := e.stateDir()
	sum := sha256.Sum256([]byte(login))
	return filepath.Join(dir, hex.EncodeToString(sum[:8])+".token"), err
}

// lastToken returns the refresh token that a login got last, or the one that was written down.
func (e *Engine) lastToken(login string, written andante.Secret) andante.Secret {
	path, err := e.tokenPath(login)
	if err != nil || written == "" {
		return written
	}
	text, err := os.ReadFile(path)
	if last := strings.TrimSpace(string(text)); err == nil && last != "" {
		return andante.Secret(last)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.log.Error("the last refresh token can't be read; the one of andante.yaml is taken", "file", path, "err", err)
	}
	return written
}

// keepToken writes a new refresh token, whole or not at all, for its owner's eyes.
func (e *Engine) keepToken(login string, token andante.Secret) {
	path, err := e.tokenPath(login)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path+".new", []byte(token.Reveal()+"\n"), 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		e.log.Error("a new refresh token can't be kept: after a restart this login may be refused, until somebody signs in again", "file", path, "err", err)
	}
}
