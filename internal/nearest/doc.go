// Package nearest finds the name that somebody probably meant.
//
// It decides how far a slip of the keyboard may go: a third of the word's
// letters, at least one and at most four, where two swapped neighbours are one
// slip. It refuses to know what the names stand for.
package nearest
