package engine

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andante-hq/andante/channels/email"
	"github.com/andante-hq/andante/internal/dkimkey"
	"github.com/andante-hq/andante/workspace"
)

// A DKIMRecord is what the DNS shall say about a key.
type DKIMRecord struct {
	Domain   string `json:"domain"`
	Selector string `json:"selector"`
	Kind     string `json:"kind"` // rsa or ed25519
	File     string `json:"file"` // of the private key, from the workspace's folder
	Name     string `json:"name"` // of the TXT record
	Value    string `json:"value"`
	Zone     string `json:"zone"` // the record as a line of a zone file
}

// ErrKeyThere says that there is a key of the name already.
var ErrKeyThere = errors.New("there is such a key already")

// dkimKeys reads the keys with which this machine signs.
func (e *Engine) dkimKeys() ([]email.Key, error) { return dkimKeys(e.Config, e.FS()) }

func dkimKeys(c *workspace.Config, fsys fs.FS) (keys []email.Key, err error) {
	widely := map[string]bool{} // domains with a key that all receivers know
	err = eachDKIM(c, fsys, func(domain string, k workspace.DKIMKey, text []byte) error {
		signer, err := dkimkey.Parse(text)
		keys = append(keys, email.Key{Domain: domain, Selector: k.Selector, Signer: signer})
		_, known := signer.(*rsa.PrivateKey)
		widely[domain] = widely[domain] || known
		return err
	})
	for _, k := range keys {
		if err == nil && !widely[k.Domain] {
			err = fmt.Errorf("channels.email.dkim.%s has an Ed25519 key alone, which Microsoft and Yahoo do not verify: put an RSA key beside it, as `andante dkim new` makes both", k.Domain)
		}
	}
	return keys, err
}

// DKIMRecords returns what the DNS shall say about the keys that are configured.
func DKIMRecords(c *workspace.Config, fsys fs.FS) (records []DKIMRecord, err error) {
	err = eachDKIM(c, fsys, func(domain string, k workspace.DKIMKey, text []byte) error {
		r, err := recordOf(domain, k.Selector, k.Key.File, text)
		records = append(records, r)
		return err
	})
	return records, err
}

// eachDKIM reads the keys that a machine's configuration names.
func eachDKIM(c *workspace.Config, fsys fs.FS, f func(domain string, k workspace.DKIMKey, text []byte) error) error {
	list := c.Channels.Email.DKIM
	for _, domain := range slices.Sorted(maps.Keys(list)) {
		for _, k := range list[domain] {
			text, err := k.Key.Resolve(func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) })
			if err == nil {
				err = f(domain, k, []byte(text.Reveal()))
			}
			if err != nil {
				return fmt.Errorf("channels.email.dkim.%s, selector %s: %w", domain, k.Selector, err)
			}
		}
	}
	return nil
}

// NewDKIM makes an RSA key and beside it an Ed25519 one for a domain, in files of the
// workspace that only their owner may read. [ErrKeyThere] if one of the files exists.
func NewDKIM(dir, domain, selector string) ([]DKIMRecord, error) {
	if err := os.MkdirAll(filepath.Join(dir, "secrets"), 0o700); err != nil {
		return nil, err
	}
	kinds := []struct {
		selector string
		make     func() ([]byte, error)
	}{{selector, dkimkey.NewRSA}, {selector + "e", dkimkey.NewEd25519}}
	fileOf := func(selector string) string { return "secrets/dkim-" + domain + "-" + selector + ".pem" }
	for _, kind := range kinds { // both or none
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(fileOf(kind.selector)))); err == nil {
			return nil, fmt.Errorf("%w: %s", ErrKeyThere, fileOf(kind.selector))
		}
	}
	var records []DKIMRecord
	for _, kind := range kinds {
		text, err := kind.make()
		if err != nil {
			return records, err
		}
		file := fileOf(kind.selector)
		if err := writeNew(filepath.Join(dir, filepath.FromSlash(file)), text); err != nil {
			return records, err
		}
		r, err := recordOf(domain, kind.selector, file, text)
		if err != nil {
			return records, err
		}
		records = append(records, r)
	}
	return records, nil
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s", ErrKeyThere, path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func recordOf(domain, selector, file string, text []byte) (DKIMRecord, error) {
	key, err := dkimkey.Parse(text)
	if err != nil {
		return DKIMRecord{}, err
	}
	value, err := dkimkey.Record(key)
	if err != nil {
		return DKIMRecord{}, err
	}
	kind := "rsa"
	if strings.Contains(value, "k=ed25519") {
		kind = "ed25519"
	}
	name := selector + "._domainkey." + domain
	return DKIMRecord{
		Domain: domain, Selector: selector, Kind: kind, File: file, Name: name, Value: value,
		Zone: name + ". IN TXT ( " + dkimkey.Quoted(value) + " )",
	}, nil
}
