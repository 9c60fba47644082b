package workspace

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/sequences"
)

// attachments is the folder in which the files stand that go with mails.
const attachments = "files"

// maxAttached is the most that the attachments of one mail may have together, in bytes.
// Base64 makes a third more of it, and many mailboxes take no more than 10 MB.
const maxAttached = 5 << 20

// attachable are the types that mail systems let through, by the ending of a file's name.
var attachable = map[string]string{
	".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".txt": "text/plain", ".csv": "text/csv", ".ics": "text/calendar", ".vcf": "text/vcard",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt":  "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
	".odp": "application/vnd.oasis.opendocument.presentation",
}

// Attachments returns the files that go with a step.
func (w *Workspace) Attachments(s *sequences.Step) []andante.Part {
	var list []andante.Part
	for _, name := range s.Attach {
		list = append(list, andante.Part{Name: path.Base(name), MediaType: attachable[strings.ToLower(path.Ext(name))], Bytes: w.Files[name]})
	}
	return list
}

// checkAttachments wants files that are there, that mail systems let through, and that a
// mailbox takes.
func checkAttachments(w *Workspace) []*andante.Finding {
	var names []string
	for name := range w.Files {
		if strings.HasPrefix(name, attachments+"/") {
			names = append(names, name)
		}
	}
	return w.each(func(q *sequences.Sequence) (found []*andante.Finding) {
		for i := range q.Steps {
			s := &q.Steps[i]
			say := func(format string, args ...any) *andante.Finding {
				f := in(q, "attachment", s.Lines["attach"], format, args...)
				found = append(found, f)
				return f
			}
			if len(s.Attach) > 0 && s.Kind != andante.Email && s.Kind != "" {
				say("a step of the kind %s has no attachments", s.Kind)
			}
			total := 0
			for _, name := range s.Attach {
				body, there := w.Files[name]
				total += len(body)
				_, known := attachable[strings.ToLower(path.Ext(name))]
				switch {
				case !there || !strings.HasPrefix(name, attachments+"/"):
					say("there is no file %s", name).Suggestion = cmp.Or(yamldoc.Suggest(name, names), "put it into "+attachments+"/ and name it as "+attachments+"/NAME")
				case !known:
					say("mail systems don't let %s through", name).Suggestion = "attach one that ends in " + strings.Join(slices.Sorted(maps.Keys(attachable)), ", ")
				}
			}
			if total > maxAttached {
				say("the attachments have %.1f MB together; a mail takes %d", float64(total)/(1<<20), maxAttached>>20).Suggestion = "put a link to them into the text"
			}
		}
		return found
	})
}
