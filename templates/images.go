package templates

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/gif" // what mails show
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/internal/nearest"
)

// imageFolder is where the workspace's own images stand, below templates/.
const imageFolder = "images"

// maxImage is the largest image that goes with a mail, in bytes: people read on phones.
const maxImage = 1 << 20

// imageTypes are what mail programs show, by the ending of a file's name.
var imageTypes = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}

// images are the workspace's own, by their path from its root.
type images map[string]andante.Part

// readImages reads the images of a templates folder. What is none, or too large, is
// reported and left out.
func readImages(workspace fs.FS, report *reporter) images {
	list := images{}
	_ = fs.WalkDir(workspace, imageFolder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // no images is fine
		}
		full := path.Join("templates", name)
		raw, err := fs.ReadFile(workspace, name)
		if err != nil {
			report.at(position{full, 1, 1}, "image", "it can't be read: "+err.Error(), "")
			return nil
		}
		want, ok := imageTypes[strings.ToLower(path.Ext(name))]
		switch got := http.DetectContentType(raw); {
		case !ok:
			report.at(position{full, 1, 1}, "image", "mail programs show PNG, JPEG and GIF", "convert it, or move it out of templates/images")
		case got != want:
			report.at(position{full, 1, 1}, "image", fmt.Sprintf("its name says %s, and it is %s", want, got), "")
		case len(raw) > maxImage:
			report.at(position{full, 1, 1}, "image", fmt.Sprintf("it has %d kB; an image of a mail has at most %d", len(raw)>>10, maxImage>>10), "make it smaller: 1200 pixels across are enough")
		default:
			sum := sha256.Sum256(raw)
			list[full] = andante.Part{
				Name: path.Base(name), MediaType: want, ContentID: "img-" + hex.EncodeToString(sum[:10]) + "@andante", Bytes: raw,
			}
		}
		return nil
	})
	return list
}

// isOwn tells whether an image's address means a file of the workspace.
func isOwn(u *url.URL) bool {
	return u.Scheme == "" && u.Host == "" && u.Path != "" && u.RawQuery == "" && u.Fragment == ""
}

// at returns the image that an address in a file means: it is relative to the file, as
// Markdown viewers read it.
func (l images) at(file, address string) (andante.Part, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || !isOwn(u) {
		return andante.Part{}, false
	}
	name := path.Join(path.Dir(file), u.Path)
	if !strings.HasPrefix(name, "templates/") {
		name = path.Join("templates", name)
	}
	p, ok := l[name]
	return p, ok
}

// missing words a finding about an image that is not there.
func (l images) missing(address string) (message, suggestion string) {
	suggestion = "put it into templates/images and write ../templates/images/NAME, or begin the address with https://"
	if near := nearest.Name(path.Base(address), slices.Collect(l.names())); near != "" {
		suggestion = "did you mean ../templates/images/" + near + "?"
	}
	return fmt.Sprintf("there is no image %s", short(address)), suggestion
}

func (l images) names() func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, name := range slices.Sorted(maps.Keys(l)) {
			if !yield(strings.TrimPrefix(name, "templates/images/")) {
				return
			}
		}
	}
}

// width is how wide an image is shown, in pixels: as it is, and no wider than the sheet, for
// Outlook on Windows knows no max-width. 0: nobody knows.
func (l images) width(file, address string) int {
	p, ok := l.at(file, address)
	if !ok {
		return 0
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(p.Bytes))
	if err != nil {
		return 0
	}
	return min(c.Width, sheetWidth)
}

// sheetWidth is that of the layouts, in pixels.
const sheetWidth = 600

// in returns the images that a page shows, in the order of their paths.
func (l images) in(page []byte) (list []andante.Part) {
	if !bytes.Contains(page, []byte("cid:")) {
		return nil
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(l)) {
		p := l[name]
		if !seen[p.ContentID] && bytes.Contains(page, []byte(`"cid:`+p.ContentID+`"`)) {
			seen[p.ContentID] = true
			list = append(list, p)
		}
	}
	return list
}
