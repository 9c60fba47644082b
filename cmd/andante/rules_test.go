package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestEveryRuleIsListed reads all corpora for findings: docs/rules.md and SARIF must
// know each rule that is printed anywhere.
func TestEveryRuleIsListed(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, r := range allRules() {
		listed[r.name] = true
	}
	finding := regexp.MustCompile(`(?m):\d+:\d+: (?:error|warning): .*\(([a-z-]+)\)$`)
	seen := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".txtar" {
			return err
		}
		b, err := os.ReadFile(filepath.Join("../..", name))
		for _, m := range finding.FindAllStringSubmatch(string(b), -1) {
			if seen++; !listed[m[1]] {
				t.Errorf("%s: the rule %s is listed nowhere", name, m[1])
				listed[m[1]] = true
			}
		}
		return err
	})
	if err != nil || seen < 100 {
		t.Errorf("%d findings were seen, %v", seen, err)
	}
}
