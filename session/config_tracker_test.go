package session

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

func trackerConfig(text string) (*Config, error) {
	return ParseConfig("c.yaml", []byte("staging: {url: \"http://x.test\", checks: [{tcp: \"x.test:1\"}]}\n"+text), configEnv())
}

// What docs/reports.md shows must be what the reader takes.
func TestTrackerConfigOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/reports.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "```yaml\n")
	if len(parts) != 3 {
		t.Fatalf("the page shows %d configurations", len(parts)-1)
	}
	for i, want := range []TrackerConfig{{GitHub: "https://github.com/owner/name", Labels: []string{"load"}},
		{Jira: "https://NAME.atlassian.net", Project: "10001", Type: "10004", Labels: []string{"load"}}} {
		block, _, _ := strings.Cut(parts[i+1], "```")
		c, err := trackerConfig(block)
		if err != nil || !reflect.DeepEqual(c.Tracker, want) || !c.Tracker.Any() {
			t.Errorf("read as %+v, %v", c, err)
		}
	}
}

func TestTrackerProblems(t *testing.T) {
	for text, want := range map[string]string{
		"tracker: {}":              "tracker names no tracker",
		"tracker: {github: owner}": "not a repository",
		"tracker: {jira: \"https://j.test\", type: \"1\"}":                              "tracker has no project",
		"tracker: {jira: \"https://j.test\", project: SHOP, type: \"1\"}":               "not a number",
		"tracker: {github: a/b, jira: \"https://j.test\", project: \"1\", type: \"1\"}": "both github and jira",
		"tracker: {githup: a/b}": `did you mean "github"?`,
	} {
		if _, err := trackerConfig(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "c.yaml:2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
