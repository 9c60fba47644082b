package templates

import "strings"

// Guards are the fields that are certainly filled where a condition holds, and
// where it doesn't.
type guards struct{ holds, fails map[string]bool }

// guardsOf reads them from a condition. Liquid has no precedence: and, or are
// folded from left to right. Of a condition with brackets nothing is concluded.
func guardsOf(condition string) guards {
	list := lex(condition)
	for _, l := range list {
		if l.kind == lexSign && l.text == "(" {
			return guards{}
		}
	}
	var g guards
	join := ""
	for start := 0; start <= len(list); {
		end := start
		for end < len(list) && (list[end].kind != lexWord || list[end].text != "and" && list[end].text != "or") {
			end++
		}
		part := guardsOfComparison(list[start:end])
		switch join {
		case "and":
			g = guards{union(g.holds, part.holds), both(g.fails, part.fails)}
		case "or":
			g = guards{both(g.holds, part.holds), union(g.fails, part.fails)}
		default:
			g = part
		}
		if end == len(list) {
			break
		}
		join, start = list[end].text, end+1
	}
	return g
}

// guardsOfComparison reads one comparison, such as contact.name != nil.
func guardsOfComparison(list []lexeme) guards {
	refs := read(list).references
	if len(refs) == 0 || refs[0].at != list[0].at {
		return guards{}
	}
	path := map[string]bool{strings.Join(refs[0].names, "."): true}
	operator := ""
	rest := list
	for i, l := range list {
		isWord := l.kind == lexWord && l.text == "contains"
		if isWord || l.kind == lexSign && strings.ContainsAny(l.text, "=<>") {
			operator, rest = l.text, list[i+1:]
			break
		}
		if l.kind == lexSign && l.text == "|" {
			return guards{}
		}
	}
	switch {
	case operator == "":
		return guards{holds: path}
	case operator == "==" && meansEmpty(rest):
		return guards{fails: path}
	case operator == "!=" && meansEmpty(rest):
		return guards{holds: path}
	case operator == "!=":
		return guards{}
	}
	return guards{holds: path}
}

// meansEmpty tells whether the right side of a comparison is an empty value.
func meansEmpty(list []lexeme) bool {
	if len(list) != 1 {
		return false
	}
	l := list[0]
	return l.text == "nil" || l.text == "blank" || l.text == "empty" || l.kind == lexString && l.text == ""
}

func union(a, b map[string]bool) map[string]bool {
	all := map[string]bool{}
	for _, m := range []map[string]bool{a, b} {
		for path := range m {
			all[path] = true
		}
	}
	return all
}

func both(a, b map[string]bool) map[string]bool {
	shared := map[string]bool{}
	for path := range a {
		if b[path] {
			shared[path] = true
		}
	}
	return shared
}
