package worker

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/ops"
	"github.com/andante-hq/andante/templates"
	"github.com/andante-hq/andante/workspace"
)

// followed puts the links of answers into what was rendered, and has links lead over us where that
// is wanted.
func (r *run) followed(b *batch, it *item, out *templates.Rendered) {
	link := func(p ops.LinkPage, says string) string {
		return r.follow(ops.Link{Page: p, Contact: it.contact.ID, Touch: it.touch.ID, Says: says})
	}
	answer := func(path, value string) string { return link(ops.AnswerPage, path+"="+value) }
	for _, text := range []*string{&out.HTML, &out.Text, &out.Words, &out.Link} {
		*text = workspace.FillAnswers(*text, answer)
	}
	clicks, opens := b.w.Tracks(it.values)
	if it.touch.Kind != andante.Email || out.HTML == "" {
		return
	}
	if clicks {
		out.HTML = relink(out.HTML, func(to string) string {
			if strings.HasPrefix(to, strings.TrimRight(b.w.Config.PublicURL, "/")+"/") || len(to) > ops.MostLinked { // ours already
				return to
			}
			return link(ops.ClickPage, to)
		})
	}
	if src := link(ops.OpenPage, ""); opens && src != "" {
		picture := `<img src="` + html.EscapeString(src) + `" width="1" height="1" alt="">`
		if i := strings.LastIndex(out.HTML, "</body>"); i >= 0 {
			out.HTML = out.HTML[:i] + picture + out.HTML[i:]
		}
	}
}

// relink has the links of a page lead elsewhere. All but their addresses stays as it is, byte by
// byte.
func relink(page string, to func(string) string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	var out bytes.Buffer
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := slices.Clone(z.Raw())
		if t := z.Token(); kind == html.StartTagToken && t.Data == "a" {
			if i := slices.IndexFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "href" }); i >= 0 && isWeb(t.Attr[i].Val) {
				t.Attr[i].Val = to(t.Attr[i].Val)
				raw = []byte(t.String())
			}
		}
		out.Write(raw)
	}
}

func isWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}
