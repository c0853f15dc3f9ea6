package session

import (
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// NotifyConfig is who is told, outside of the program, about the few moments that concern them. Both parts are
// optional; the zero value tells nobody.
type NotifyConfig struct {
	// Webhook is an http or https URL that takes Slack's JSON. All of it is a secret: who has it can post.
	Webhook string         `json:"webhook,omitempty"`
	Grafana *GrafanaNotify `json:"grafana,omitempty"`
}

// GrafanaNotify is a Grafana server whose graphs get annotations.
type GrafanaNotify struct {
	URL       string   `json:"url"`                 // http or https, with host; a path is where Grafana is served
	Token     string   `json:"token"`               // of a service account that may write annotations
	Dashboard string   `json:"dashboard,omitempty"` // a dashboard's uid; empty: the whole organisation's
	Tags      []string `json:"tags,omitempty"`      // crosstalk when none is given
}

// Any tells whether anybody is to be told.
func (n NotifyConfig) Any() bool { return n.Webhook != "" || n.Grafana != nil }

// notify reads who is told.
func (r *configReader) notify(n ast.Node) {
	const example = `{webhook: "${SLACK_URL}"}`
	to := &r.config.Notify
	seen, unknown := r.mapping(n, "notify", example, []field{
		{"webhook", func(n ast.Node) { to.Webhook = r.secretURL(n, "notify.webhook", `"${SLACK_URL}"`) }},
		{"grafana", func(n ast.Node) { to.Grafana = r.notifyGrafana(n) }},
	})
	if seen != nil && len(seen) == 0 && unknown == 0 {
		r.add(placeOf(n), `add webhook: "${SLACK_URL}" or grafana: {url: ..., token: ...}, or leave notify out`, "notify tells nobody")
	}
}

func (r *configReader) notifyGrafana(n ast.Node) *GrafanaNotify {
	const path = "notify.grafana"
	g := &GrafanaNotify{}
	seen, unknown := r.mapping(n, path, `{url: "http://127.0.0.1:3000", token: "${GRAFANA_TOKEN}"}`, []field{
		{"url", func(n ast.Node) { g.URL = r.address(n, path+".url") }},
		{"token", func(n ast.Node) {
			g.Token = r.secret(n, path+".token", `"${GRAFANA_TOKEN}"`)
			if strings.ContainsFunc(g.Token, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
				r.add(placeOf(n), "take the space or line break out of it", "%s.token has a character that no header takes", path)
			}
		}},
		{"dashboard", func(n ast.Node) { g.Dashboard, _ = r.label(n, path+".dashboard", "a dashboard's uid") }},
		{"tags", func(n ast.Node) { g.Tags = r.labels(n, path+".tags", "crosstalk") }},
	})
	if seen == nil {
		return nil
	}
	for _, need := range []struct{ key, remedy string }{
		{"url", `add url: "http://HOST:3000"`}, {"token", `add token: "${GRAFANA_TOKEN}"`},
	} {
		if _, ok := seen[need.key]; !ok && unknown == 0 {
			r.add(placeOf(n), need.remedy, "%s has no %s", path, need.key)
		}
	}
	return g
}

// secret reads a text that no message may quote, whatever is wrong with it.
func (r *configReader) secret(n ast.Node, path, example string) string {
	if v := r.resolve(n); v == nil {
		return ""
	} else if describe(v) != "a text" {
		r.wrong(v, path, "a text", example)
		return ""
	}
	s, _ := r.filled(n, path, example)
	return s
}

// secretURL reads the URL of a server that no message may quote.
func (r *configReader) secretURL(n ast.Node, path, example string) string {
	s := strings.TrimSpace(r.secret(n, path, example))
	if s == "" {
		return ""
	}
	if what, _ := wrongURL(s); what != "" {
		// The remedy that comes with it is made of the value.
		r.add(placeOf(r.resolve(n)), "write "+example+" or another http or https URL with its host", "%s %s", path, what)
		return ""
	}
	return s
}

// secrets are what must be read nowhere: the webhook's address, what of it a client's or a proxy's words may quote
// alone, and the token. What is short of it is a word of everyday language, such as "services".
func (n NotifyConfig) secrets() []string {
	list := []string{n.Webhook}
	if n.Grafana != nil {
		list = append(list, n.Grafana.Token)
	}
	u, err := url.Parse(n.Webhook)
	if err != nil {
		return list
	}
	parts := append(strings.Split(u.EscapedPath(), "/"), strings.Trim(u.RequestURI(), "/"), u.RawQuery)
	return append(list, slices.DeleteFunc(parts, func(p string) bool { return len(p) < 4*shortSecret })...)
}
