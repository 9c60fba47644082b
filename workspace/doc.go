// Package workspace turns a folder of plain files into checked configuration,
// policy and sequences, and knows which files make a revision.
//
// [Load] reads any file system: the folder that a marketer edits, or a revision
// out of the store. It returns every finding at once, and a workspace that can be
// looked at even when there are findings; only one without errors may be
// published. It opens no database and no connection.
package workspace
