package inbound

import (
	"strings"

	"golang.org/x/net/html"
)

// Marks that [plainOf] writes where HTML says what plain text does not.
const (
	quotesBelow = "\uE000" // all that follows is what is answered
	signsBelow  = "\uE001" // a signature begins
	signsEnd    = "\uE002"
)

// plainOf returns the text that HTML shows, with > before what is quoted in it.
func plainOf(page string) string {
	p := plain{}
	z := html.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(maxPage)
	for {
		switch z.Next() {
		case html.ErrorToken:
			p.line()
			return clip(strings.Join(p.lines, "\n"))
		case html.TextToken:
			if p.hidden == "" {
				p.text(string(z.Text()))
			}
		case html.StartTagToken:
			p.open(z.Token(), false)
		case html.SelfClosingTagToken:
			p.open(z.Token(), true)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.close(string(name))
		}
	}
}

// plain is a page that is being read.
type plain struct {
	lines  []string
	now    strings.Builder
	hidden string // the element of which nothing is shown
	quoted int
	stack  []element // that are open and mean something
}

type element struct {
	name         string
	depth        int // of elements of the same name in it
	quote, signs bool
}

// blocks begin a line of their own.
var blocks = map[string]bool{
	"p": true, "div": true, "br": true, "tr": true, "li": true, "ul": true, "ol": true, "table": true, "h1": true, "h2": true, "h3": true, "h4": true, "blockquote": true, "pre": true, "hr": true, "center": true, "section": true, "article": true, "address": true, "dl": true, "dt": true, "dd": true, "body": true,
}

// gaps have room above and below.
var gaps = map[string]bool{"p": true, "ul": true, "ol": true, "table": true, "h1": true, "h2": true, "h3": true, "h4": true, "blockquote": true, "pre": true}

func (p *plain) open(t html.Token, closed bool) {
	if p.hidden != "" {
		return
	}
	switch t.Data {
	case "style", "script", "head", "title":
		if !closed {
			p.hidden = t.Data
		}
		return
	case "hr":
		p.line()
		p.put("________________________________")
	}
	if blocks[t.Data] {
		p.line()
	}
	if gaps[t.Data] {
		p.gap()
	}
	if strings.HasPrefix(t.Data, "br") || t.Data == "hr" || t.Data == "img" || t.Data == "meta" || t.Data == "input" {
		return
	}
	for i := range p.stack {
		if p.stack[i].name == t.Data && !closed {
			p.stack[i].depth++
		}
	}
	if e := meaning(t); !closed && (e.quote || e.signs) && len(p.stack) < maxDepth {
		p.line()
		if e.quote {
			p.quoted++
		} else {
			p.put(signsBelow)
		}
		p.stack = append(p.stack, e)
	} else if cuts(t) {
		p.line()
		p.put(quotesBelow)
	}
}

func (p *plain) close(name string) {
	if p.hidden != "" {
		if p.hidden == name {
			p.hidden = ""
		}
		return
	}
	if blocks[name] {
		p.line()
	}
	if gaps[name] {
		p.gap()
	}
	for i := len(p.stack) - 1; i >= 0; i-- {
		if p.stack[i].name != name {
			continue
		}
		if p.stack[i].depth--; p.stack[i].depth >= 0 {
			continue
		}
		p.line()
		if p.stack[i].quote {
			p.quoted--
		} else {
			p.put(signsEnd)
		}
		p.stack = append(p.stack[:i], p.stack[i+1:]...)
	}
}

// meaning tells what an element says of its content: how clients mark quotes and signatures.
func meaning(t html.Token) element {
	e := element{name: t.Data}
	marks := marksOf(t)
	switch {
	case t.Data == "blockquote" && !strings.Contains(marks, "margin:0 0 0 40px"):
		e.quote = true
	case containsAny(marks, "gmail_attr", "moz-cite-prefix"):
	case containsAny(marks, "gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "gmail_extra", "tutanota_quote", "ms-outlook-mobile-reference-message"):
		e.quote = !strings.Contains(marks, "gmail_extra")
	case containsAny(marks, "gmail_signature", "moz-signature", "protonmail_signature", "ms-outlook-mobile-signature", "yahoo-signature", "apple-mail-signature", "signature_block"):
		e.signs = true
	case t.Data == "div" && containsAny(marks, "id=signature", "class=signature"):
		e.signs = true
	}
	return e
}

// cuts tells whether everything after an element is what is answered.
func cuts(t html.Token) bool {
	marks := marksOf(t)
	return containsAny(marks, "divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container", "replyforwardcontainer", "stopspelling", "outlookmessageheader")
}

// marksOf returns what an element is called and how it looks, in small letters.
func marksOf(t html.Token) string {
	var b strings.Builder
	for _, a := range t.Attr {
		switch a.Key {
		case "class", "id", "style", "type", "name":
			b.WriteString(" " + a.Key + "=" + strings.ToLower(a.Val))
		}
	}
	return b.String()
}

func containsAny(s string, list ...string) bool {
	for _, x := range list {
		if strings.Contains(s, x) {
			return true
		}
	}
	return false
}

func (p *plain) text(s string) {
	s = asText([]byte(html.UnescapeString(s)))
	words := strings.Fields(s)
	if len(words) == 0 {
		if s != "" && p.now.Len() > 0 {
			p.now.WriteByte(' ')
		}
		return
	}
	if strings.IndexAny(s, " \t\n") == 0 && p.now.Len() > 0 {
		p.now.WriteByte(' ')
	}
	p.now.WriteString(strings.Join(words, " "))
	if strings.LastIndexAny(s, " \t\n") == len(s)-1 {
		p.now.WriteByte(' ')
	}
}

// line ends the line that is being written.
func (p *plain) line() {
	if text := strings.TrimSpace(p.now.String()); text != "" {
		p.put(text)
	}
	p.now.Reset()
}

// gap puts an empty line, one at most.
func (p *plain) gap() {
	if n := len(p.lines); n > 0 && strings.Trim(p.lines[n-1], "> ") != "" {
		p.put("")
	}
}

func (p *plain) put(text string) {
	if p.quoted > 0 {
		text = "> " + text
	}
	if len(p.lines) < maxLines {
		p.lines = append(p.lines, text)
	}
}
