package loadengine

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// step compiles one step. known are the names that have a value when it runs
// for the first time.
func (c *compiler) step(where string, s Step, known, everSaved map[string]bool) *step {
	t := &step{name: s.Name, method: strings.ToUpper(s.Method), think: s.Think, timeout: s.Timeout, header: http.Header{}}
	if t.method == "" {
		t.method = http.MethodGet
		if s.Body.Kind != BodyNone {
			t.method = http.MethodPost
		}
	}
	if t.name == "" {
		t.name = t.method + " " + s.URL
	}
	where = fmt.Sprintf("%s (%s)", where, t.name)
	if !isToken(t.method) {
		c.problem("%s: method %q is not one", where, clip(s.Method))
	}
	if s.Think != nil {
		c.think(where, *s.Think)
	}
	if s.Timeout < 0 {
		c.problem("%s: timeout %v: must not be negative", where, s.Timeout)
	}
	if t.timeout == 0 {
		t.timeout = c.plan.Timeout
	}
	if t.timeout == 0 {
		t.timeout = defaultTimeout
	}
	c.stepURL(where, t, s.URL, known)
	contentType := c.stepBody(where, t, s.Body, known)
	c.stepHeader(where, t, s.Header, contentType, known, everSaved)
	if !t.site.unknown() {
		t.raw = t.rawHeader()
	}
	var errs []error
	t.expect, errs = compileExpect(s.Expect)
	c.prefixed(where, errs)
	t.save, errs = compileSave(s.Save)
	c.prefixed(where, errs)
	t.needsBody = t.expect.needsBody()
	for _, sv := range t.save {
		t.needsBody = t.needsBody || sv.body
		t.savesHeader = t.savesHeader || !sv.body
	}
	return t
}

func (c *compiler) prefixed(where string, errs []error) {
	for _, err := range errs {
		c.problem("%s: %w", where, err)
	}
}

// template compiles text and reports the names that have no value yet.
func (c *compiler) template(where, text string, at func(string) escape, known map[string]bool) template {
	t, err := parseTemplate(text, at)
	if err != nil {
		c.problem("%s: %w", where, err)
		return template{}
	}
	for _, name := range t.names() {
		c.known(where, name, known)
	}
	return t
}

// known reports a name that has no value yet.
func (c *compiler) known(where, name string, known map[string]bool) {
	if !known[name] {
		c.problem("%s: %w", where, &UnknownNameError{Name: name, Known: slices.Sorted(maps.Keys(known))})
	}
}

func (c *compiler) stepURL(where string, t *step, text string, known map[string]bool) {
	if c.base == nil {
		return
	}
	t.origin = c.base.Scheme + "://" + c.base.Host
	t.site = siteOf(c.base, nil)
	full := text
	switch {
	case text == "":
		full = c.base.String()
	case strings.HasPrefix(text, "/"):
		full = t.origin + strings.TrimSuffix(c.base.EscapedPath(), "/") + text
	case strings.HasPrefix(text, "?"):
		full = t.origin + c.base.EscapedPath() + text
	case strings.HasPrefix(text, "{{"), strings.Contains(text, "://"):
	default:
		full = t.origin + strings.TrimSuffix(c.base.EscapedPath(), "/") + "/" + text
	}
	full, _, _ = strings.Cut(full, "#") // ours is the slot of the user
	t.written = full
	t.url = c.template(where, full, inURL, known)
	fixed, static := t.url.static()
	if !static {
		// The host may be known even where the path is not.
		fixed = t.url.parts[0].text
		_, rest, _ := strings.Cut(fixed, "://")
		if end := strings.IndexAny(rest, "/?"); end < 0 {
			return
		}
	}
	fixed = encodeSpaces(fixed)
	u, err := url.Parse(fixed)
	switch {
	case err != nil:
		c.problem("%s: url %q: %w", where, clip(text), errors.Unwrap(err))
		return
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		c.problem("%s: url %q: write /path, http://host/path or https://host/path", where, clip(text))
		return
	case u.User != nil:
		c.problem("%s: url: write user and password as a header Authorization", where)
		return
	}
	t.site = siteOf(c.base, u)
	if err := c.prog.hosts.check(u.Scheme, u.Host); errors.Is(err, errHost) {
		c.problem("%s: url %q: %w: add %s", where, clip(text), err, hostsLine(spelled(u.Scheme, u.Host)))
	} else if err != nil {
		c.problem("%s: url %q: %w", where, clip(text), err)
	}
	if static {
		t.fixedURL, t.parsed = fixed, u
	}
}

// encodeSpaces writes the spaces in a URL's query as a browser does. Those in
// its path are encoded by net/url.
func encodeSpaces(text string) string {
	path, query, ok := strings.Cut(text, "?")
	if !ok || strings.IndexByte(query, ' ') < 0 {
		return text
	}
	return path + "?" + strings.ReplaceAll(query, " ", "%20")
}

// hostsLine is the line of the configuration that allows a host.
func hostsLine(p place) string { return fmt.Sprintf("staging.hosts: [%q]", p.String()) }

// stepBody compiles the body and returns its content type.
func (c *compiler) stepBody(where string, t *step, b Body, known map[string]bool) string {
	contentType := ""
	switch b.Kind {
	case BodyNone:
	case BodyText:
		contentType = "text/plain; charset=utf-8"
		t.body = c.template(where, b.Content, nil, known)
	case BodyJSON:
		contentType = "application/json"
		t.body = c.template(where, b.Content, inJSON, known)
		// Any value must leave the document whole, so try it with one that is
		// right at every place.
		probe := t.body.render(nil, func(string) string { return "0" })
		if err := validJSON(probe); err != nil {
			c.problem("%s: json body: %w", where, err)
		}
	case BodyForm:
		contentType = "application/x-www-form-urlencoded"
		for i, key := range sortedKeys(b.Form) {
			if i > 0 {
				t.body.parts = append(t.body.parts, part{text: "&"})
			}
			t.body.parts = append(t.body.parts, part{text: url.QueryEscape(key) + "="})
			v := c.template(where, b.Form[key], func(string) escape { return escapeQuery }, known)
			for _, p := range v.parts {
				p.text = url.QueryEscape(p.text)
				t.body.parts = append(t.body.parts, p)
			}
		}
	case BodyFile, BodyRaw:
		contentType = mime.TypeByExtension(filepath.Ext(b.Content))
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		raw, err := readFileBody(b.Content)
		if err != nil {
			c.problem("%s: %w", where, err)
		}
		t.fixedBody = raw
		if b.Kind == BodyFile {
			c.fileNames(where, t, b.Content, known)
		}
	default:
		c.problem("%s: body kind %q: write json, form, file, raw or text", where, clip(b.Kind))
	}
	if len(t.body.names()) == 0 && len(t.body.parts) > 0 {
		t.fixedBody = t.body.render(nil, nil)
		t.body = template{}
	}
	return contentType
}

// fileNames makes a template of the body that a text file holds, where it names
// values. Other files are sent byte by byte.
func (c *compiler) fileNames(where string, t *step, path string, known map[string]bool) {
	if !utf8.Valid(t.fixedBody) || bytes.IndexByte(t.fixedBody, 0) >= 0 {
		return
	}
	made := parseFile(string(t.fixedBody), strings.EqualFold(filepath.Ext(path), ".json"))
	names := made.names()
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !known[name] {
			c.problem("%s: file %s: %w", where, path, &UnknownNameError{Name: name, Known: slices.Sorted(maps.Keys(known)), File: path})
		}
	}
	t.body, t.fixedBody = made, nil
}

func readFileBody(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read body file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFileBody {
		return nil, fmt.Errorf("read body file %s: must be a regular file of at most %d MiB", path, maxFileBody>>20)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read body file: %w", err)
	}
	return raw, nil
}

// stepHeader compiles the plan's header under the step's own.
func (c *compiler) stepHeader(where string, t *step, own http.Header, contentType string, known, everSaved map[string]bool) {
	merged := http.Header{"User-Agent": {"crosstalk/" + c.plan.Version}, "Accept-Encoding": {"gzip"}}
	if contentType != "" {
		merged.Set("Content-Type", contentType)
	}
	if c.auth != "" && !hasHeader(own, "Authorization") && (t.site.host == "" || canonicalHost(t.site.host) == canonicalHost(t.site.base)) {
		merged.Set("Authorization", c.auth)
		t.site.private, t.site.login = append(t.site.private, "Authorization"), true
	}
	for key, values := range c.plan.Header {
		// A header for all steps may carry a token that a login saves. Steps
		// before that go without it; a name that nobody saves is an error.
		if c.wrongHeader[key] || c.lateOnly(values, known, everSaved) {
			continue
		}
		canonical := textproto.CanonicalMIMEHeaderKey(key)
		if c.plan.private(key) && !hasHeader(own, key) {
			if t.site.host != "" && !sameSite(t.site.base, t.site.host) {
				continue
			}
			t.site.private = append(t.site.private, canonical)
			t.site.login = t.site.login && canonical != "Authorization"
		}
		merged[canonical] = values
	}
	for key, values := range own {
		merged[textproto.CanonicalMIMEHeaderKey(key)] = values
	}
	for key, values := range merged {
		if !isToken(key) {
			c.problem("%s: header %q: not a header name", where, clip(key))
		}
		for _, value := range values {
			h := c.template(where+": header "+key, value, nil, known)
			fixed, static := h.static()
			if static && !isHeaderValue(fixed) {
				c.problem("%s: header %s: the value has line breaks or control characters", where, key)
			}
			switch {
			case key == "Host":
				t.host = h
				if static {
					c.hostHeader(where, fixed)
				}
			case static:
				t.header[key] = append(t.header[key], fixed)
			default:
				t.dynamic = append(t.dynamic, dynamicHeader{key: key, value: h})
			}
		}
	}
}

// hostHeader reports a Host header that would reach somebody else: behind a
// shared ingress it decides the environment, whatever the URL says.
func (c *compiler) hostHeader(where, host string) {
	if c.base == nil {
		return
	}
	if err := c.prog.hosts.check(c.base.Scheme, host); errors.Is(err, errHost) {
		c.problem("%s: header Host %q: %w: add %s", where, clip(host), err, hostsLine(spelled(c.base.Scheme, host)))
	} else if err != nil {
		c.problem("%s: header Host %q: %w", where, clip(host), err)
	}
}

// lateOnly tells whether the values use a name that only a later step saves.
func (c *compiler) lateOnly(values []string, known, everSaved map[string]bool) bool {
	late := false
	for _, v := range values {
		t, err := parseTemplate(v, nil)
		if err != nil {
			return false
		}
		for _, name := range t.names() {
			if !known[name] && !everSaved[name] {
				return false
			}
			late = late || !known[name]
		}
	}
	return late
}

func isHeaderValue(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}
