// Package reports reads across the store: why a touch went or did not go, what
// the state of things is, and what comes next. It changes nothing, and tells
// everything from the rows that the worker itself goes by.
package reports
