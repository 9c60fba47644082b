package workspace

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/caarlos0/env/v11"

	"github.com/andante-hq/andante"
)

// Machine reads andante.yaml of a folder for what each machine needs to know for
// itself: store, queue, mail server, mode of delivery. Environment variables win
// over the file. Everything about people's mail comes out of the store instead.
func Machine(fsys fs.FS) (*Config, error) {
	src, err := fs.ReadFile(fsys, ConfigFile)
	if err != nil {
		return nil, fmt.Errorf("this is no workspace: %w; make one with `andante init FOLDER`", err)
	}
	c, found := parseConfig(ConfigFile, src)
	if bad := Errors(found); len(bad) > 0 {
		return nil, bad[0]
	}
	if err := env.Parse(c); err != nil {
		return nil, fmt.Errorf("read the environment: %w", err)
	}
	w := &Workspace{Config: c}
	if bad := checkDeliver(w); len(bad) > 0 {
		if mode, ok := os.LookupEnv("ANDANTE_DELIVER_MODE"); ok {
			return nil, fmt.Errorf("ANDANTE_DELIVER_MODE=%s: %w (ANDANTE_DELIVER_TO is the address)", mode, bad[0])
		}
		return nil, bad[0]
	}
	if bad := checkMachine(w); len(bad) > 0 {
		return nil, bad[0]
	}
	return c, nil
}

// Password reads the mail server's password; empty without a login.
func (c *Config) Password(fsys fs.FS) (andante.Secret, error) {
	s, err := c.Channels.Email.Password.Resolve(func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) })
	if err != nil {
		return "", fmt.Errorf("channels.email.password: %w", err)
	}
	return s, nil
}
