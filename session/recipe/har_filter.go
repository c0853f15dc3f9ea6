package recipe

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"crosstalk/session"
)

// HAROptions say what of a recording is taken.
type HAROptions struct {
	Hosts []string // hosts to keep, host or host:port; empty: that of most documents
	All   bool     // keep images, styles, scripts and their like too
}

// staticKinds are media types of what a page brings along, by their beginning.
var staticKinds = []string{"image/", "font/", "audio/", "video/", "text/css", "text/javascript", "application/javascript", "application/x-javascript",
	"application/ecmascript", "application/font", "application/x-font", "application/vnd.ms-fontobject", "application/wasm", "application/manifest+json", "text/vtt"}

var staticEndings = []string{".js", ".mjs", ".css", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg", ".ico", ".bmp", ".woff", ".woff2", ".ttf", ".otf",
	".eot", ".mp3", ".mp4", ".webm", ".ogg", ".wav", ".wasm", ".map", ".webmanifest", ".vtt"}

var staticTypes = []string{"stylesheet", "image", "font", "script", "media", "manifest", "texttrack", "imageset"}

// isStatic tells whether a request fetched what a page brings along.
func (e *harEntry) isStatic() bool {
	if e.Request.Method != http.MethodGet && e.Request.Method != http.MethodHead {
		return false
	}
	kind := e.mime()
	return slices.Contains(staticTypes, strings.ToLower(e.Type)) || slices.Contains(staticEndings, strings.ToLower(path.Ext(e.url.Path))) ||
		slices.ContainsFunc(staticKinds, func(k string) bool { return strings.HasPrefix(kind, k) })
}

func (e *harEntry) isDocument() bool {
	return strings.EqualFold(e.Type, "document") || e.Type == "" && (e.mime() == "text/html" || e.mime() == "application/xhtml+xml")
}

// count counts by host, in order of first sight.
type count struct {
	hosts []string
	n     map[string]int
}

func (c *count) add(host string) {
	if c.n == nil {
		c.n = map[string]int{}
	}
	if c.n[host]++; c.n[host] == 1 {
		c.hosts = append(c.hosts, host)
	}
}

// most returns the hosts, the most frequent first, and of equal ones the first
// seen.
func (c *count) most() []string {
	out := slices.Clone(c.hosts)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(c.n[b], c.n[a]) })
	return out
}

func (c *count) list(hosts []string) string {
	parts := make([]string, 0, len(hosts))
	for i, h := range hosts {
		if i == 8 {
			parts = append(parts, fmt.Sprintf("and %d more", len(hosts)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", h, c.n[h]))
	}
	return strings.Join(parts, ", ")
}

// filter keeps the requests that a load repeats, and says what it left out.
func (r *Recipe) filter(all []*harEntry, o HAROptions) ([]*harEntry, error) {
	var hosts, documents count
	web := all[:0:0]
	for _, e := range all {
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			continue // data:, blob:, ws:, extensions
		}
		u.Host = strings.ToLower(u.Host)
		e.url = u
		web = append(web, e)
		hosts.add(u.Host)
		if e.isDocument() {
			documents.add(u.Host)
		}
	}
	if len(web) == 0 {
		return nil, session.Problems{{File: r.Source, What: "the recording has no request over http or https", Remedy: "record the way through the product in a browser"}}
	}
	keep := o.Hosts
	if len(keep) == 0 {
		// The host of most pages; where there are none, of most requests.
		if keep = documents.most(); len(keep) == 0 {
			keep = hosts.most()
		}
		keep = keep[:1]
	}
	kept := func(host string) bool {
		return slices.ContainsFunc(keep, func(k string) bool { return sameHost(k, host) })
	}
	for _, k := range keep {
		if !slices.ContainsFunc(hosts.hosts, func(h string) bool { return sameHost(k, h) }) {
			return nil, session.Problems{{File: r.Source, What: fmt.Sprintf("the recording has no request to %s", line(k)), Remedy: "take one of these: " + line(hosts.list(hosts.most()))}}
		}
	}
	if others := slices.DeleteFunc(hosts.most(), kept); len(others) > 0 {
		r.note("left out: requests to %s. What belongs to the product comes in with --har-host, once for each host", hosts.list(others))
	}
	web = slices.DeleteFunc(web, func(e *harEntry) bool { return !kept(e.url.Host) })
	return r.drop(web, o.All)
}

// sameHost compares host or host:port as a person gives it with a URL's. Without
// a port it is every port of the host.
func sameHost(given, host string) bool {
	given = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(given, "https://"), "http://"), "/"))
	if given == host {
		return true
	}
	name, _, err := net.SplitHostPort(host)
	return err == nil && strings.Trim(name, "[]") == strings.Trim(given, "[]")
}

// drop leaves out what a load does not repeat, each kind with its count.
func (r *Recipe) drop(in []*harEntry, all bool) ([]*harEntry, error) {
	var out []*harEntry
	var static, preflight, aborted, sockets, denied int
	for _, e := range in {
		switch method := e.Request.Method; {
		case e.Response.Status == 101 || strings.EqualFold(e.Type, "websocket"):
			sockets++
		case method == "OPTIONS":
			preflight++
		case !slices.Contains(methods, method):
			r.note("left out: entry %d, %s %s: a step takes %s", e.n, method, e.url.Path, strings.Join(methods, ", "))
		case !all && e.isStatic():
			static++
		case e.Response.Status <= 0:
			aborted++
		case e.Response.Status == 401:
			denied++
		default:
			out = append(out, e)
		}
	}
	for _, left := range []struct {
		n    int
		what string
	}{
		{static, "images, styles, scripts and their like (--har-all keeps them)"}, {preflight, "the browser's own questions before (OPTIONS)"},
		{aborted, "requests without an answer"}, {sockets, "web sockets, which are not loaded"}, {denied, "answers of 401: the login is repeated after one"},
	} {
		if left.n > 0 {
			r.note("left out: %d × %s", left.n, left.what)
		}
	}
	if len(out) == 0 {
		return nil, session.Problems{{File: r.Source, What: "no request is left to repeat (" + strings.Join(r.Notes, "; ") + ")", Remedy: "choose another host with --har-host, or keep all with --har-all"}}
	}
	return out, nil
}
