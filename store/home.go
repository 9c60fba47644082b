package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/andante-hq/andante/internal/fileid"
)

// A Home is where a store lives: what stays as it is while a store is worked on,
// renamed or moved inside its file system or server, and what no copy of it shares. A
// part that is empty is not known.
type Home struct {
	// Of an SQLite file.
	Machine    string `json:"machine,omitempty"` // machine-id(5)
	File       string `json:"file,omitempty"`    // the file's number
	Born       string `json:"born,omitempty"`    // when the file was made
	FileSystem string `json:"file_system,omitempty"`
	Path       string `json:"path,omitempty"` // by which people know it; a move changes it, so it tells nothing

	// Of a Postgres database.
	System   string `json:"system,omitempty"`   // the identifier that initdb gave the server's files
	Database string `json:"database,omitempty"` // its name, which may change
	OID      string `json:"oid,omitempty"`
	Address  string `json:"address,omitempty"` // host:port as configured: all that tells a server from a clone of its files
}

// Differs tells, part by part, in what another home is not this one; empty: nothing
// does. A part that one side does not know tells nothing.
func (h Home) Differs(o Home) (list []string) {
	if h.postgres() != o.postgres() {
		return []string{"another kind of database"}
	}
	compare := func(what, a, b string) {
		if a != b && a != "" && b != "" {
			list = append(list, fmt.Sprintf("%s %s instead of %s", what, b, a))
		}
	}
	compare("machine", h.Machine, o.Machine)
	compare("file", h.File, o.File)
	compare("file born", h.Born, o.Born)
	if h.Born == "" || o.Born == "" {
		compare("file system", h.FileSystem, o.FileSystem)
	}
	compare("server files", h.System, o.System)
	compare("database", h.OID, o.OID)
	compare("address", h.Address, o.Address)
	return list
}

// Renamed tells whether another home is this one, of which only the configured address
// has changed. A clone of the server's files looks the same.
func (h Home) Renamed(o Home) bool {
	renamed := h
	renamed.Address, renamed.Database = o.Address, o.Database
	return h.postgres() && h.System != "" && h.Address != o.Address && renamed == o
}

func (h Home) postgres() bool { return h.OID != "" }

// String tells it in a line.
func (h Home) String() string {
	if h.postgres() {
		return fmt.Sprintf("database %s (%s) of the server %s at %s", h.Database, h.OID, cmp.Or(h.System, "of unknown files"), h.Address)
	}
	text := "file " + h.File
	if h.Path != "" {
		text = h.Path + ", " + text
	}
	if h.Born != "" {
		text += ", born " + h.Born
	} else {
		text += " on file system " + h.FileSystem
	}
	if h.Machine != "" {
		text += ", on machine " + h.Machine
	}
	return text
}

// Home returns where the store lives as its last run or takeover noted it; the zero
// Home before the first.
func (tx *Tx) Home(ctx context.Context) (h Home, err error) {
	v, err := tx.meta(ctx, metaHome)
	if err != nil || v == "" {
		return h, err
	}
	return h, json.Unmarshal([]byte(v), &h)
}

// SetHome notes where the store lives.
func (tx *Tx) SetHome(ctx context.Context, h Home) error { return tx.setMeta(ctx, metaHome, toJSON(h)) }

// Here returns where the open database is.
func (s *Store) Here(ctx context.Context) (Home, error) { return s.d.here(ctx, s) }

func hereFile(_ context.Context, s *Store) (Home, error) {
	path, err := filepath.EvalSymlinks(s.url)
	if err != nil {
		return Home{}, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return Home{}, err
	}
	id, err := fileid.Of(path)
	return Home{Machine: fileid.Machine(), File: id.File, Born: id.Born, FileSystem: id.FS, Path: path}, err
}

func hereDatabase(ctx context.Context, s *Store) (h Home, err error) {
	if h.Address, err = addressOf(s.url); err != nil {
		return h, err
	}
	err = s.Read(ctx, func(tx *Tx) error {
		return tx.row(ctx, "SELECT oid::text, datname FROM pg_database WHERE datname=current_database()", nil, &h.OID, &h.Database)
	})
	if err != nil {
		return h, err
	}
	err = s.Read(ctx, func(tx *Tx) error { // alone: a refusal ends its transaction
		return tx.row(ctx, "SELECT system_identifier::text FROM pg_control_system()", nil, &h.System)
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42501" || pg.Code == "42883") {
		return h, nil // a role that may not ask, or a server that has no such function: the rest must do
	}
	return h, err
}

// addressOf returns the hosts and ports that a URL, and the variables of libpq, name.
func addressOf(dsn string) (string, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "", err
	}
	list := []string{join(cfg.Host, cfg.Port)}
	for _, f := range cfg.Fallbacks { // the same host comes again, with and without TLS
		if a := join(f.Host, f.Port); !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return strings.Join(list, ","), nil
}

func join(host string, port uint16) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }
