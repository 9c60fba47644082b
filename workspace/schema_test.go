package workspace_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/andante-hq/andante/internal/yamldoc"
	"github.com/andante-hq/andante/workspace"
)

// TestPolicySchema walks the shipped policy along the schema: every key that is written
// there is described, and nothing has no description.
func TestPolicySchema(t *testing.T) {
	t.Parallel()
	policy, err := os.ReadFile("shipped/governor.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(workspace.PolicySchema(), &s); err != nil {
		t.Fatal(err)
	}
	doc, found := yamldoc.Parse("governor.yaml", 1, policy)
	if len(found) > 0 {
		t.Fatal(found)
	}
	walkSchema(t, "", doc.Root, s)
	var described func(path string, s map[string]any)
	described = func(path string, s map[string]any) {
		properties, _ := s["properties"].(map[string]any)
		for key, p := range properties {
			one := p.(map[string]any)
			if one["description"] == "" || one["description"] == nil {
				t.Errorf("%s%s has no description", path, key)
			}
			described(path+key+".", one)
			if items, ok := one["items"].(map[string]any); ok {
				described(path+key+".", items)
			}
		}
	}
	described("", s)
}

func walkSchema(t *testing.T, path string, n *yamldoc.Node, s map[string]any) {
	t.Helper()
	if either, ok := s["oneOf"].([]any); ok {
		i := slices.IndexFunc(either, func(x any) bool { return (x.(map[string]any)["type"] == "array") == (n.Kind == yamldoc.ListNode) })
		s = either[i].(map[string]any)
	}
	switch n.Kind {
	case yamldoc.MapNode:
		properties, _ := s["properties"].(map[string]any)
		for _, e := range n.Entries {
			one, ok := properties[e.Key.Text].(map[string]any)
			if more, any := s["additionalProperties"].(map[string]any); !ok && any {
				one, ok = more, true
			}
			if !ok {
				t.Errorf("%s.%s is not in the schema", path, e.Key.Text)
				continue
			}
			walkSchema(t, path+"."+e.Key.Text, e.Value, one)
		}
	case yamldoc.ListNode:
		items, ok := s["items"].(map[string]any)
		if !ok {
			t.Errorf("%s is no list in the schema", path)
			return
		}
		for _, item := range n.Items {
			walkSchema(t, path, item, items)
		}
	default:
		if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, any(n.Text)) {
			t.Errorf("%s may not be %q", path, n.Text)
		}
	}
}
