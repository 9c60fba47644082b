// Package cadence is the floor beside the governor's ceilings: how many touches a year an
// account is to get, which of them it has had, and which are due. It is pure: everything
// comes in as a value.
//
// A year is cut into slots: months, quarters or equal parts of the calendar year. Each
// wants its share of the touches, and what is given in one does not fill another. So four
// a year are one in each quarter and never drift, whenever the last one came.
package cadence
