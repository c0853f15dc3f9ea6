package recipe

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// globs are parts of a URL for which curl sends several requests; a backslash
// before a bracket or brace says that it is meant as it stands.
var (
	unglobbed = regexp.MustCompile(`\\([][{}])`)
	globs     = regexp.MustCompile(`\{[^{}]*,[^{}]*\}|\[[A-Za-z0-9]+-[A-Za-z0-9]+(:\d+)?\]`)
)

// request puts it together as curl would. An error is what is wrong, a colon,
// and the remedy.
func (c *command) request(where string) (*request, error) {
	switch {
	case len(c.urls) == 0:
		return nil, errors.New("the command names no URL: write it behind curl")
	case len(c.urls) > 1:
		return nil, fmt.Errorf("the command names %d URLs: give each as a --curl of its own (and quote a URL that has a space)", len(c.urls))
	}
	address := strings.TrimSpace(c.urls[0])
	if !strings.Contains(address, "://") {
		address = "http://" + address // as curl does
	}
	if _, off := c.flags["globoff"]; !off {
		m := globs.FindString(unglobbed.ReplaceAllString(address, "_"))
		if m != "" && !strings.HasPrefix(address[strings.Index(address, "://")+3:], "[") {
			return nil, fmt.Errorf("curl would send several requests for %s in the URL: write one URL, or -g if it is meant as it stands", line(m))
		}
		address = unglobbed.ReplaceAllString(address, "$1")
	}
	content := strings.Join(c.data, "&")
	if c.json {
		content = strings.Join(c.data, "")
	}
	_, get := c.flags["get"]
	if get {
		if c.file != "" {
			return nil, errors.New("-G with a body from a file cannot be taken over: write the query into the URL")
		}
		address, content = ask(address, content), ""
	}
	address = ask(address, c.flags["query"])
	if c.file != "" && (content != "" || len(c.parts) > 0) {
		text, err := readText(c.file)
		if err != nil {
			return nil, err
		}
		content = joined(text, content)
		c.file = ""
	}
	sends := content != "" || c.file != "" || len(c.parts) > 0 || len(c.data) > 0 && !get
	method := "GET"
	switch _, head := c.flags["head"]; {
	case c.flags["request"] != "":
		method = c.flags["request"]
	case head:
		method = "HEAD"
	case sends:
		method = "POST"
	}
	q, err := newRequest(where, method, address)
	if err != nil {
		return nil, err
	}
	if err := c.putHeaders(q); err != nil {
		return nil, err
	}
	return q, c.putBody(q, content, sends)
}

func ask(address, query string) string {
	address, _, _ = strings.Cut(address, "#")
	if query == "" {
		return address
	}
	if strings.Contains(address, "?") {
		return address + "&" + query
	}
	return address + "?" + query
}

func (c *command) putHeaders(q *request) error {
	for _, h := range []struct{ flag, name, prefix string }{{"user-agent", "User-Agent", ""}, {"referer", "Referer", ""}, {"range", "Range", "bytes="}, {"oauth2-bearer", "Authorization", "Bearer "}} {
		v := c.flags[h.flag]
		if h.flag == "referer" {
			v = strings.TrimSuffix(v, ";auto")
		}
		if v != "" {
			if err := q.addHeader(h.name, h.prefix+v); err != nil {
				return err
			}
		}
	}
	if v := c.flags["user"]; v != "" {
		name, password, ok := strings.Cut(v, ":")
		if !ok {
			return errors.New("-u has no password, and nobody is there to ask: write -u 'USER:PASSWORD'")
		}
		if marked(v) {
			return errors.New("-u has a variable: write it as a header: -H \"Authorization: Basic $BASIC\", with BASIC=$(printf %s USER:PASSWORD | base64)")
		}
		q.setHeader("Authorization", basic(name, password))
	}
	for _, v := range c.cookies {
		if err := q.addHeader("Cookie", v); err != nil {
			return err
		}
	}
	if c.json {
		q.setHeader("Content-Type", jsonType)
		q.setHeader("Accept", jsonType)
	}
	for _, h := range c.headers {
		name, value, _ := strings.Cut(h, ":")
		switch name = strings.TrimSpace(name); strings.ToLower(name) {
		case "content-length", "connection", "transfer-encoding", "accept-encoding", "expect":
			continue // the engine's own business
		}
		if !strings.EqualFold(name, "Cookie") {
			q.dropHeader(name) // -H wins over the flags, and its last one over the first
		}
		if value == "\x00" {
			value = ""
		}
		if err := q.addHeader(name, value); err != nil {
			return err
		}
	}
	for _, name := range c.dropped {
		q.dropHeader(name)
	}
	return nil
}

func (c *command) putBody(q *request, content string, sends bool) error {
	if len(c.parts) > 0 {
		if content != "" || c.file != "" {
			return errors.New("-F and -d are two bodies: keep one of them")
		}
		return c.putParts(q)
	}
	if sends && q.header("Content-Type") == "" {
		q.setHeader("Content-Type", formType)
	}
	if c.file != "" {
		if q.reads() {
			return errors.New("a " + q.method + " request with a body is not sent: use -X POST, or -G")
		}
		q.body = body{kind: bodyFile, file: c.file}
		return there(c.file)
	}
	return q.setBody(content)
}

// putParts writes a form with parts (RFC 7578).
func (c *command) putParts(q *request) error {
	boundary := "crosstalk-form-boundary"
	for n := 0; ; n++ {
		clash := false
		for _, p := range c.parts {
			clash = clash || strings.Contains(p.value, boundary)
		}
		if !clash {
			break
		}
		boundary = "crosstalk-form-boundary-" + strconv.Itoa(n)
	}
	var b strings.Builder
	for _, p := range c.parts {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=" + p.name + "\r\n\r\n" + p.value + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	q.setHeader("Content-Type", "multipart/form-data; boundary="+boundary)
	return q.setBody(b.String())
}

func (c *command) timeout() (time.Duration, error) {
	v := c.flags["max-time"]
	if v == "" {
		return 0, nil
	}
	s, err := strconv.ParseFloat(v, 64)
	if err != nil || !(s > 0) || s > 24*3600 {
		return 0, errors.New("--max-time is not a number of seconds")
	}
	return max(time.Duration(s*float64(time.Second)).Round(time.Millisecond), time.Millisecond), nil
}
