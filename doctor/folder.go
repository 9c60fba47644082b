package doctor

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"

	"github.com/andante-hq/andante/internal/writable"
	"github.com/andante-hq/andante/workspace"
)

// folder looks at the files: can this machine read them, and would they be published?
func folder(_ context.Context, s *Subject) []Finding {
	if s.ConfigErr != nil {
		return one(bad("mend andante.yaml or the environment; `andante config check` tells more", "the configuration can't be used: %v", s.ConfigErr))
	}
	_, found := workspace.Load(s.FS)
	if n := len(workspace.Errors(found)); n > 0 {
		return one(look("mend them before the next publish; `andante check` lists them", "the folder has %s; what is published runs on", number(n, "error")))
	}
	return one(fine("the folder can be read; mode %s", s.Config.Deliver.Mode))
}

// keys looks at the file without which no opt-out is recognised.
func keys(_ context.Context, s *Subject) []Finding {
	switch {
	case errors.Is(s.KeysErr, fs.ErrNotExist):
		return one(bad("restore the file from your backup, or copy it from another machine; a new workspace's is made by `andante init`", "%s is not there", s.KeysFile))
	case s.KeysErr != nil:
		return one(bad("restore the file from your backup, or copy it from another machine", "%s can't be read: %v", s.KeysFile, s.KeysErr))
	}
	if f := mode(s.FS, s.KeysFile, 0o077); f != "" {
		return one(bad("chmod 600 "+s.KeysFile+" and chmod 700 "+path.Dir(s.KeysFile), "others than its owner may get at %s: %s", s.KeysFile, f))
	}
	return one(fine("%s is there, and its owner's alone", s.KeysFile))
}

// mode tells the permissions of a file, if it has any of those that it should not.
func mode(fsys fs.FS, name string, forbidden fs.FileMode) string {
	info, err := fs.Stat(fsys, name)
	if runtime.GOOS == "windows" || err != nil || info.Mode().Perm()&forbidden == 0 {
		return ""
	}
	return "its mode is " + info.Mode().Perm().String()
}

// outbox looks whether the folder for mails that are not to leave can be written.
func outbox(_ context.Context, s *Subject) []Finding {
	if s.Outbox == "" {
		return nil
	}
	if err := writable.Folder(s.Outbox); err != nil {
		return one(bad("let it be written by whoever starts `andante run`", "the folder %s, to which mails are written instead of sent, can't be used: %v", s.Outbox, err))
	}
	return one(fine("mails can be written to %s", s.Outbox))
}

// passwords looks for those of the mail servers, where they are named.
func passwords(_ context.Context, s *Subject) (list []Finding) {
	if s.Config == nil {
		return nil
	}
	s.secretless = map[string]bool{}
	for _, id := range s.config().Ways() {
		list = append(list, s.password(id)...)
	}
	gateways := s.Config.Gateways()
	for _, where := range slices.Sorted(maps.Keys(gateways)) {
		found := fine("%s is there", where)
		if _, err := gateways[where].Resolve(func(name string) ([]byte, error) { return fs.ReadFile(s.FS, name) }); err != nil {
			found = bad("set it for this process, or mend "+where, "%s: %v", where, err)
		}
		list = append(list, s.unlessSandbox(one(found))...)
	}
	return list
}

func (s *Subject) password(id workspace.Identity) []Finding {
	got, err := s.Config.Channels.Email.MailServer(id, s.FS)
	if err == nil && got.User == "" {
		return nil
	}
	missing := got.Password == "" && got.OAuth == nil
	s.secretless[id.Key] = err != nil || missing
	switch {
	case err != nil:
		return s.unlessSandbox(one(bad("set it for this process, or mend the password of "+id.Way(), "%v", err)))
	case missing:
		return s.unlessSandbox(one(bad("say where it is, with the password of "+id.Way()+": {env: NAME} or {file: PATH}", "%s has a user and no password", id.Way())))
	}
	for _, file := range s.Config.Channels.Email.SecretFiles(id) {
		if f := mode(s.FS, file, 0o077); f != "" {
			return one(bad("chmod 600 "+file, "others than its owner may read a mail server's password: %s", f))
		}
	}
	return one(fine("the password of %s is there", id.Way()))
}
