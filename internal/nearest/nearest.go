package nearest

import "unicode"

// Name returns the name in known that is nearest to word, the first of equals;
// empty if none is near. Letters that differ in case only are equal.
func Name(word string, known []string) string {
	w := fold(word)
	if len(w) < 2 {
		return ""
	}
	best, left := "", min(max(1, len(w)/3), 4)
	for _, name := range known {
		if d := distance(w, fold(name), left); d <= left {
			best, left = name, d-1
		}
		if left < 0 {
			break
		}
	}
	return best
}

func fold(s string) []rune {
	r := []rune(s)
	for i := range r {
		r[i] = unicode.ToLower(r[i])
	}
	return r
}

// distance counts the letters to add, drop, change or swap with their neighbour
// (optimal string alignment). It gives up with limit+1 as soon as it may.
func distance(a, b []rune, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		least := row[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		// A swap reaches two rows back, so one row alone proves nothing.
		if least > limit+1 {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
