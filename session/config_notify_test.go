package session

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

const notifyHook = "https://hooks.test/services/T00TOPSECRET/B00TOPSECRET/hookliteraltopsecret?key=literal-topsecret-key"

func notifyConfig(t *testing.T, notify string) *Config {
	t.Helper()
	c, err := ParseConfig("c.yaml", []byte("staging: {url: \"http://x.test\", checks: [{tcp: \"x.test:1\"}]}\n"+notify),
		configEnv("SLACK_URL", notifyHook, "GRAFANA_TOKEN", "glsa_topsecret"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What docs/notify.md shows must be what the reader takes.
func TestNotifyConfigOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/notify.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "```yaml\n")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the page shows no configuration")
	}
	if c := notifyConfig(t, block); c.Notify.Webhook == "" || c.Notify.Grafana == nil {
		t.Errorf("read as %+v", c.Notify)
	}
}

func TestNotifyConfig(t *testing.T) {
	grafana := &GrafanaNotify{URL: "http://g.test:3000/grafana", Token: "glsa_topsecret", Dashboard: "abc", Tags: []string{"crosstalk", "shop"}}
	for _, x := range []struct {
		text string
		want NotifyConfig
	}{
		{"", NotifyConfig{}},
		{"notify: {webhook: \"${SLACK_URL}\"}", NotifyConfig{Webhook: notifyHook}},
		{"notify: {webhook: \"http://h.test:8065/hooks/x\"}", NotifyConfig{Webhook: "http://h.test:8065/hooks/x"}},
		{"notify:\n  webhook: \"${SLACK_URL}\"\n  grafana: {url: \"http://g.test:3000/grafana\", token: \"${GRAFANA_TOKEN}\", dashboard: abc, tags: [crosstalk, shop]}",
			NotifyConfig{notifyHook, grafana}},
		{"notify: {grafana: {url: \"http://g.test\", token: t}}", NotifyConfig{Grafana: &GrafanaNotify{URL: "http://g.test", Token: "t"}}},
	} {
		c := notifyConfig(t, x.text)
		if !reflect.DeepEqual(c.Notify, x.want) || c.Notify.Any() != (x.text != "") {
			t.Errorf("%s: got %+v (any %v), want %+v", x.text, c.Notify, c.Notify.Any(), x.want)
		}
	}
}

// A webhook is a secret however it came into the file, and also where only a part of it is quoted.
func TestNotifySecretsAreMasked(t *testing.T) {
	const grafana = "  grafana: {url: \"http://g.test:3000\", token: literal-topsecret, tags: [shop]}\n"
	for name, text := range map[string]string{
		"from the environment": "notify:\n  webhook: \"${SLACK_URL}\"\n" + grafana,
		"typed":                "notify:\n  webhook: \"" + notifyHook + "\"\n" + grafana,
	} {
		c := notifyConfig(t, text)
		b, err := json.Marshal(c.Masked())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), `"notify":{"webhook":"***","grafana":{"url":"http://g.test:3000","token":"***","tags":["shop"]}}`) {
			t.Errorf("%s: the masked copy is %s", name, b)
		}
		if c.Notify.Webhook != notifyHook || c.Notify.Grafana.Token != "literal-topsecret" {
			t.Errorf("%s: masking changed the original: %+v", name, c.Notify)
		}
		for _, said := range []string{
			`Post "` + notifyHook + `": dial tcp: refused`,
			"POST /services/T00TOPSECRET/B00TOPSECRET/hookliteraltopsecret HTTP/1.1",
			"hookliteraltopsecret", "Bearer literal-topsecret", "?key=literal-topsecret-key",
		} {
			if got := c.Mask(said); strings.Contains(got, "literal") || !strings.Contains(got, masked) {
				t.Errorf("%s: the mask of %s is %s", name, said, got)
			}
		}
		if got := c.Mask("two services are red"); got != "two services are red" {
			t.Errorf("%s: an everyday word is masked: %s", name, got)
		}
	}
}
