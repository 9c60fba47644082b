package templates

import "strings"

// An attribute of a start tag: offsets into the tag's raw text.
type attribute struct {
	name       string // lower case
	from, to   int    // of the value, without quotes
	quoted     bool
	start, end int // of the whole
}

const htmlSpace = " \t\n\f\r"

// attributes splits the raw text of a start tag as HTML does (HTML Living
// Standard, section 13.2.5.32 and following).
func attributes(raw string) []attribute {
	i := 1
	for i < len(raw) && !strings.ContainsRune(htmlSpace+"/>", rune(raw[i])) {
		i++
	}
	var list []attribute
	for {
		for i < len(raw) && strings.IndexByte(htmlSpace+"/", raw[i]) >= 0 {
			i++
		}
		if i >= len(raw) || raw[i] == '>' {
			return list
		}
		a := attribute{start: i}
		// An equals sign at the very start belongs to the name.
		for i++; i < len(raw) && strings.IndexByte(htmlSpace+"/>=", raw[i]) < 0; {
			i++
		}
		a.name = strings.ToLower(raw[a.start:i])
		i = attributeValue(raw, i, &a)
		a.end = i
		list = append(list, a)
	}
}

// attributeValue reads the value behind a name, if there is one, and returns
// where it ends.
func attributeValue(raw string, i int, a *attribute) int {
	j := i
	for j < len(raw) && strings.IndexByte(htmlSpace, raw[j]) >= 0 {
		j++
	}
	a.from, a.to = i, i
	if j >= len(raw) || raw[j] != '=' {
		return i
	}
	for j++; j < len(raw) && strings.IndexByte(htmlSpace, raw[j]) >= 0; {
		j++
	}
	if j < len(raw) && (raw[j] == '"' || raw[j] == '\'') {
		end := strings.IndexByte(raw[j+1:], raw[j])
		if end < 0 {
			end = len(raw) - j - 1
		}
		a.quoted, a.from, a.to = true, j+1, j+1+end
		return min(a.to+1, len(raw))
	}
	a.from = j
	for j < len(raw) && strings.IndexByte(htmlSpace+">", raw[j]) < 0 {
		j++
	}
	a.to = j
	return j
}
