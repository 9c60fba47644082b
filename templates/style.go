package templates

import (
	"strconv"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// styles gives each kind of node its style attribute, by layout. They stand on
// the elements, for many mail programs read no style sheet. They set no text
// color: the layout does, for light and for dark.
var styles = map[string]map[ast.NodeKind]string{
	"letter": {
		ast.KindParagraph:     "margin:0 0 1em",
		ast.KindHeading:       "margin:1.2em 0 .6em;font-size:1.1em",
		ast.KindList:          "margin:0 0 1em;padding-left:1.6em",
		ast.KindBlockquote:    "margin:0 0 1em;padding-left:1em;border-left:2px solid #bbbbbb",
		ast.KindCodeBlock:     "margin:0 0 1em;white-space:pre-wrap",
		ast.KindThematicBreak: "margin:1.5em 0;border:0;border-top:1px solid #bbbbbb",
		ast.KindImage:         "max-width:100%;height:auto;border:0",
		east.KindTable:        "margin:0 0 1em;border-collapse:collapse",
		east.KindTableCell:    "padding:.25em 1.2em .25em 0;vertical-align:top",
	},
	"newsletter": {
		ast.KindParagraph:     "margin:0 0 18px",
		ast.KindHeading:       "margin:28px 0 12px;line-height:1.3;font-weight:bold",
		ast.KindList:          "margin:0 0 18px;padding-left:24px",
		ast.KindListItem:      "margin:0 0 6px",
		ast.KindBlockquote:    "margin:0 0 18px;padding:2px 0 2px 16px;border-left:3px solid #9aa7b4",
		ast.KindCodeBlock:     "margin:0 0 18px;white-space:pre-wrap;font-size:14px",
		ast.KindThematicBreak: "margin:28px 0;border:0;border-top:1px solid #9aa7b4",
		ast.KindImage:         "display:block;max-width:100%;height:auto;border:0",
		east.KindTable:        "width:100%;margin:0 0 18px;border-collapse:collapse;font-size:15px",
		east.KindTableCell:    "padding:8px 18px 8px 0;border-bottom:1px solid #9aa7b4;vertical-align:top",
	},
}

// headingSizes of the newsletter, by level.
var headingSizes = [...]string{1: "26px", 2: "21px", 3: "18px", 4: "16px", 5: "16px", 6: "16px"}

// dress sets the style attributes of the tree, and how wide each image is shown: width knows it by
// its address.
func dress(doc ast.Node, layout string, width func(address string) int) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		style := styles[layout][n.Kind()]
		if h, ok := n.(*ast.Heading); ok && layout == "newsletter" {
			style += ";font-size:" + headingSizes[h.Level]
		}
		if n.Kind() == ast.KindHeading && opensText(n) {
			style += ";margin-top:0"
		}
		if n.Kind() == ast.KindParagraph && n.NextSibling() == nil && n.Parent().Kind() == ast.KindBlockquote {
			style = "margin:0"
		}
		if n.Kind() == ast.KindFencedCodeBlock {
			style = styles[layout][ast.KindCodeBlock]
		}
		if cell, ok := n.(*east.TableCell); ok && cell.Alignment == east.AlignNone {
			style += ";text-align:left"
		}
		if style != "" {
			n.SetAttributeString("style", []byte(style))
		}
		if img, ok := n.(*ast.Image); ok {
			if w := width(string(img.Destination)); w > 0 {
				n.SetAttributeString("width", []byte(strconv.Itoa(w)))
			}
		}
		return ast.WalkContinue, nil
	})
}

// opensText tells whether nothing but tags stands before a node.
func opensText(n ast.Node) bool {
	before := n.PreviousSibling()
	for before != nil && before.Kind() == kindTagLine {
		before = before.PreviousSibling()
	}
	return before == nil
}
