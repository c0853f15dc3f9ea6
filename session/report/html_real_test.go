//go:build real && unix

package report

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The page as people see it: with scripts off and no network, wide and narrow,
// light and dark, and on paper.
func TestPageInChromium(t *testing.T) {
	t.Parallel()
	tapes := map[string]string{"rich": rich().dir(t), "crashed": crashed().dir(t), "empty": newTape().dir(t), "hostile": hostileTape("<script>alert(1)</script>\u202e|\x1b[31m").dir(t),
		"frozen": attached(t, map[string]string{"n1-panes.svg": panesPicture(t), "n1-panes.txt": "STAGING  web-1 12ms"})}
	if dir := os.Getenv("CROSSTALK_SESSION"); dir != "" {
		tapes["given"] = dir
	}
	b := openBrowser(t)
	for name, dir := range tapes {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			if _, err := Write(dir, out, []Format{HTML}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(out, "report.html")
			b.t = t
			b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
			b.open(path)
			for _, width := range []int{1280, 390} {
				for _, dark := range []bool{false, true} {
					file := name + map[int]string{1280: "-1280", 390: "-390"}[width] + map[bool]string{true: "-dark"}[dark]
					if shot := b.picture(width, dark, file); !bytes.HasPrefix(shot, []byte("\x89PNG")) {
						t.Errorf("no picture at %d", width)
					}
				}
			}
			if paper := b.pdf(name); !bytes.HasPrefix(paper, []byte("%PDF")) {
				t.Error("no paper")
			}
			if said := b.complaints(path); len(said) > 0 {
				t.Errorf("chromium says %q", said)
			}
			// Nothing makes the page wider than a telephone but what scrolls by itself.
			b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": false}, nil)
			b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": true}, nil)
			b.open(path)
			var wide int
			b.eval("document.documentElement.scrollWidth", &wide)
			if wide > 390 {
				t.Errorf("the page is %d wide on a screen of 390", wide)
			}
			var pictures, broken int
			b.eval("document.images.length", &pictures)
			b.eval("[...document.images].filter(i => !i.complete || i.naturalWidth < 20).length", &broken)
			if broken > 0 || name == "frozen" && pictures != 1 {
				t.Errorf("%d of %d pictures are broken", broken, pictures)
			}
			b.accessible()
			var scripts int
			b.eval("document.querySelectorAll('script,iframe,object,embed,form,link[rel=stylesheet]').length + [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on') || a.name == 'style')).length", &scripts)
			if scripts > 0 {
				t.Errorf("%d elements could do something", scripts)
			}
		})
	}
}

// axe names the file of axe-core, which looks for what keeps people from
// reading a page; without it this much is looked at: every chart, picture,
// table, region and control has a name, and headings leave out no step.
const axe = "CROSSTALK_AXE"

func (b *browser) accessible() {
	b.t.Helper()
	var nodes struct {
		Nodes []struct {
			Ignored bool `json:"ignored"`
			Role    struct {
				Value string `json:"value"`
			} `json:"role"`
			Name struct {
				Value string `json:"value"`
			} `json:"name"`
			Properties []struct {
				Name  string `json:"name"`
				Value struct {
					Value any `json:"value"`
				} `json:"value"`
			} `json:"properties"`
		} `json:"nodes"`
	}
	b.call("Accessibility.getFullAXTree", nil, &nodes)
	level, headings := 0.0, 0
	for _, n := range nodes.Nodes {
		if n.Ignored {
			continue
		}
		role, name := n.Role.Value, n.Name.Value
		if name == "" && slices.Contains([]string{"image", "img", "graphics-document", "table", "region", "link", "radio", "heading", "RootWebArea"}, role) {
			b.t.Errorf("a %s has no name", role)
		}
		for _, p := range n.Properties {
			if at, ok := p.Value.Value.(float64); ok && role == "heading" && p.Name == "level" {
				if headings++; at > level+1 {
					b.t.Errorf("heading %q of level %v follows one of %v", name, at, level)
				}
				level = at
			}
		}
	}
	if headings < 2 {
		b.t.Errorf("%d headings", headings)
	}
	file := os.Getenv(axe)
	if file == "" {
		return
	}
	script, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
		b.eval(string(script)+";0", nil)
		var found []struct {
			ID     string `json:"id"`
			Impact string `json:"impact"`
			Help   string `json:"help"`
			Nodes  int    `json:"n"`
			First  string `json:"first"`
		}
		b.eval("document.querySelectorAll('details').forEach(d => d.open = true); axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, n: v.nodes.length, first: v.nodes[0].html.slice(0, 200) + ' ' + v.nodes[0].failureSummary})))", &found)
		for _, v := range found {
			b.t.Errorf("%s: %s, %s: %s, %d times, first %s", scheme, v.ID, v.Impact, v.Help, v.Nodes, v.First)
		}
	}
}

// panesPicture is a picture of the screen as the program draws it.
func panesPicture(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "screen.svg"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
