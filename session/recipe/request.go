package recipe

import (
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"crosstalk/session"
)

// methods are those a step can have.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// request is one request of a source, taken apart so that single values can be
// replaced by marks.
type request struct {
	where    string // for messages: "step 3", "entry 12"
	method   string
	origin   string   // scheme://host
	segments []string // of the path, as they are written in a URL, marks as they are
	query    []pair   // as written in a URL; a name without = has the value noValue
	headers  []pair
	body     body
	comments []string
	save     []session.Save
	expect   string
	think    time.Duration
	timeout  time.Duration
}

// noValue is the value of a query's name that stands without an equals sign.
const noValue = "\x00"

// newRequest makes a request of a method and a URL. What is wrong comes with what
// to do about it.
func newRequest(where, method, address string) (*request, error) {
	if !slices.Contains(methods, method) {
		return nil, errors.New("method " + line(method) + " is not one that a step can have: it takes " + strings.Join(methods, ", "))
	}
	if foreign(strings.Map(withoutMarks, address)) {
		return nil, errors.New("the URL has characters that cannot be sent: write them as %XX")
	}
	rest, _, _ := strings.Cut(address, "#")
	scheme, rest, ok := strings.Cut(rest, "://")
	if scheme = strings.ToLower(scheme); !ok || scheme != "http" && scheme != "https" {
		return nil, errors.New("the URL is not one of http or https: write it with http:// or https:// and the host")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, rest := rest[:end], rest[end:]
	q := &request{where: where, method: method}
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		if marked(host[:at]) {
			return nil, errors.New("the URL has a user and a variable before the host: write them as -u or as a header")
		}
		u, err := url.Parse("http://" + host[:at+1] + "h")
		if err != nil {
			return nil, errors.New("the user before the host cannot be read: write it as a header Authorization")
		}
		password, _ := u.User.Password()
		q.setHeader("Authorization", basic(u.User.Username(), password))
		host = host[at+1:]
	}
	u, err := url.Parse(scheme + "://" + host)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(host, " ,{}*$\\\"'<>|^`") || marked(host) || badPort(u.Port()) {
		return nil, errors.New("the URL has a host that cannot be: write http://HOST:PORT/")
	}
	u.Host = strings.TrimSuffix(strings.ToLower(u.Host), ":")
	q.origin = origin(u)
	path, query, asked := strings.Cut(rest, "?")
	q.segments = strings.Split(strings.TrimPrefix(wire(path), "/"), "/")
	if asked {
		for part := range strings.SplitSeq(wire(query), "&") {
			name, value, ok := strings.Cut(part, "=")
			if !ok {
				value = noValue
			}
			q.query = append(q.query, pair{name, value})
		}
	}
	return q, nil
}

func badPort(s string) bool {
	return strings.HasPrefix(s, "0") || len(s) > 5 || len(s) == 5 && s > "65535"
}

// withoutMarks drops our runes, so that what is left came from outside.
func withoutMarks(r rune) rune {
	if r >= envOpen && r <= holeClose {
		return -1
	}
	return r
}

// wire writes what a URL cannot hold as %XX, and a brace too: two of them would
// begin a name of ours.
func wire(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		bad := c <= ' ' || c == 0x7f || strings.IndexByte("{}\"<>\\^`|", c) >= 0 ||
			c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]))
		if !bad {
			b.WriteByte(c)
			continue
		}
		const digits = "0123456789ABCDEF"
		b.WriteString("%" + string(digits[c>>4]) + string(digits[c&15]))
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// target is what a step of the configuration says: a path on staging's own host,
// else the whole URL.
func (q *request) target(base string) string {
	var b strings.Builder
	twoSlashes := len(q.segments) > 1 && q.segments[0] == "" // would read as a host
	if q.origin != base || twoSlashes {
		b.WriteString(q.origin)
	}
	for _, s := range q.segments {
		b.WriteByte('/')
		b.WriteString(s)
	}
	for i, p := range q.query {
		b.WriteByte("?&"[min(i, 1)])
		b.WriteString(p.name)
		if p.value != noValue {
			b.WriteString("=" + p.value)
		}
	}
	return b.String()
}

// path is the path alone, for comparing.
func (q *request) path() string { return "/" + strings.Join(q.segments, "/") }

// header returns a header's value; empty when there is none.
func (q *request) header(name string) string {
	for _, h := range q.headers {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// setHeader replaces a header, in its place.
func (q *request) setHeader(name, value string) {
	for i := range q.headers {
		if strings.EqualFold(q.headers[i].name, name) {
			q.headers[i].value = value
			return
		}
	}
	q.headers = append(q.headers, pair{textproto.CanonicalMIMEHeaderKey(name), value})
}

// addHeader adds a header as the source has it; a second one of a name joins the
// first, as HTTP allows.
func (q *request) addHeader(name, value string) error {
	name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
	value = strings.TrimSpace(value)
	switch {
	case !isToken(name):
		return errors.New("the header " + line(name) + " has a name that cannot be: use letters, digits and hyphens")
	case foreign(strings.Map(withoutMarks, value)) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return errors.New("the header " + line(name) + " has characters that cannot be sent: take them out")
	case braces(value):
		return errors.New("the header " + line(name) + " has {{, which crosstalk reads as the name of a value: write the value itself")
	}
	if old := q.header(name); old != "" {
		sep := ", "
		if name == "Cookie" {
			sep = "; "
		}
		value = old + sep + value
	}
	q.setHeader(name, value)
	return nil
}

func (q *request) dropHeader(name string) {
	q.headers = slices.DeleteFunc(q.headers, func(h pair) bool { return strings.EqualFold(h.name, name) })
}

// ownHeaders are the headers of the step itself: without those that every step
// has, and without the content type that its body brings along.
func (q *request) ownHeaders(kind bodyKind, common []pair) []pair {
	var out []pair
	for _, h := range q.headers {
		if slices.Contains(common, h) || h.name == "Content-Type" && h.value == contentTypeOf(kind) {
			continue
		}
		out = append(out, h)
	}
	return out
}

// isToken tells whether a header may have this name (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", c) {
			return false
		}
	}
	return s != ""
}

// reads tells whether a request only reads.
func (q *request) reads() bool { return q.method == http.MethodGet || q.method == http.MethodHead }
