package loadengine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

const (
	mostInterim = 5 // answers of 1xx before the real one
	mostFields  = 1000
)

// malformed is an answer that is no HTTP/1.x. classify knows it by its words.
func malformed(what string, line []byte) error {
	return fmt.Errorf("malformed HTTP %s %q", what, clip(string(line)))
}

var (
	errLongHead = fmt.Errorf("malformed HTTP response: its header is longer than %d KiB", maxHeader>>10)
	errInterim  = fmt.Errorf("malformed HTTP response: more than %d answers of 1xx", mostInterim)
)

// head reads up to the end of the header; answers of 1xx before it are passed
// over.
func (c *leanConn) head(k *call) (*http.Response, error) {
	for range mostInterim + 1 {
		raw, err := c.rawHead()
		if err != nil {
			return nil, err
		}
		resp, err := parseHead(raw, k.kit)
		if err != nil {
			return nil, err
		}
		switch {
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, malformed("status: an upgrade that nobody asked for", []byte(resp.Status))
		case resp.StatusCode < 200:
			continue
		}
		if err := c.frame(k, resp); err != nil {
			return nil, err
		}
		return resp, nil
	}
	return nil, errInterim
}

// httpMark is what every head begins with.
const httpMark = "HTTP/"

// rawHead returns the bytes of one head without the blank line that ends it.
// They are good until the connection is read again.
func (c *leanConn) rawHead() ([]byte, error) {
	looked := c.at
	for {
		if end, next := headEnd(c.in, looked); end >= 0 {
			raw := c.in[c.at:end]
			if len(raw) > maxHeader {
				return nil, errLongHead
			}
			c.at = next
			return raw, nil
		}
		if got := c.in[c.at:]; len(got) > maxHeader {
			return nil, errLongHead
		} else if n := min(len(got), len(httpMark)); string(got[:n]) != httpMark[:n] {
			return nil, malformed("response", got[:min(len(got), 40)]) // whoever it is may never say more
		}
		looked = max(c.at, len(c.in)-2) // the end may lie across two reads
		before := c.at
		if err := c.fill(); err != nil {
			if errors.Is(err, io.EOF) && len(c.in) > c.at {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, err
		}
		looked += c.at - before // fill may have moved what was read to the front
	}
}

// headEnd looks for a line break and an empty line from i on: where the header
// ends, and where what follows begins.
func headEnd(b []byte, i int) (end, next int) {
	for {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return -1, 0
		}
		i += n + 1
		switch {
		case i < len(b) && b[i] == '\n':
			return i, i + 1
		case i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n':
			return i, i + 2
		}
	}
}

// parseHead reads status line and header into k. All texts share one string.
func parseHead(raw []byte, k *kit) (*http.Response, error) {
	text := string(raw)
	line, rest, _ := strings.Cut(text, "\n")
	line = strings.TrimSuffix(line, "\r")
	fields := strings.Count(rest, "\n")
	if fields > mostFields {
		return nil, errLongHead
	}
	resp, room := k.answer(fields) // room for the values, which mostly come alone
	switch {
	case strings.HasPrefix(line, "HTTP/1.1 "):
	case strings.HasPrefix(line, "HTTP/1.0 "):
		resp.Proto, resp.ProtoMinor = "HTTP/1.0", 0
	default:
		return nil, malformed("response", []byte(line))
	}
	resp.Status = strings.TrimLeft(line[len("HTTP/1.1 "):], " ")
	code, _, _ := strings.Cut(resp.Status, " ")
	n := 0
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return nil, malformed("status code", []byte(code))
		}
		n = 10*n + int(code[i]-'0')
	}
	if len(code) != 3 || n < 100 {
		return nil, malformed("status code", []byte(code))
	}
	resp.StatusCode = n
	last := ""
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			return nil, malformed("header line", nil)
		}
		if line[0] == ' ' || line[0] == '\t' { // the value of the line before goes on
			values := resp.Header[last]
			line = trimSpace(line)
			if len(values) == 0 || !isFieldValue(line) {
				return nil, malformed("header line", []byte(line))
			}
			// As net/http has it, an empty one goes on with a space.
			values[len(values)-1] = strings.TrimLeft(values[len(values)-1]+" "+line, " \t")
			continue
		}
		key, value, err := parseField(line)
		if err != nil {
			return nil, err
		}
		last = canonicalKey(key)
		if values, more := resp.Header[last]; more {
			resp.Header[last] = append(values, value)
			continue
		}
		room[0] = value
		resp.Header[last], room = room[:1:1], room[1:]
	}
	if p := resp.Header["Pragma"]; len(p) > 0 && p[0] == "no-cache" && resp.Header["Cache-Control"] == nil {
		resp.Header["Cache-Control"] = []string{"no-cache"} // RFC 9111, 5.4, as net/http has it
	}
	return resp, nil
}

// parseField reads one header line of an answer.
func parseField(line string) (key, value string, err error) {
	key, value, ok := strings.Cut(line, ":")
	value = trimSpace(value)
	if !ok || !isToken(key) && !isSpacedToken(key) || !isFieldValue(value) {
		return "", "", malformed("header line", []byte(line))
	}
	return key, value, nil
}

// isSpacedToken tells of a name with spaces in or behind it, as some servers write
// them. net/http lets it pass and keeps it as it is: it is another name than the one
// without them, so that a Content-Length of this kind frames nothing.
func isSpacedToken(key string) bool {
	return key != "" && key[0] != ' ' && isToken(strings.ReplaceAll(key, " ", ""))
}

func trimSpace(s string) string { return strings.Trim(s, " \t") }

// canonicalKey spells a header's name as net/http does. Most come so, and one with
// spaces stays as it is.
func canonicalKey(key string) string {
	upper := true
	for i := range len(key) {
		c := key[i]
		if upper && c >= 'a' && c <= 'z' || !upper && c >= 'A' && c <= 'Z' {
			return textproto.CanonicalMIMEHeaderKey(key)
		}
		upper = c == '-'
	}
	return key
}

// frame finds out where the answer's body ends, and whether the connection can
// be used after it (RFC 9112, 6.3 and 9.3).
func (c *leanConn) frame(k *call, resp *http.Response) error {
	h := resp.Header
	c.keep = resp.ProtoMinor == 1
	for _, v := range h["Connection"] {
		for token := range strings.SplitSeq(v, ",") {
			switch token = trimSpace(token); {
			case strings.EqualFold(token, "close"):
				c.keep, resp.Close = false, true
			case strings.EqualFold(token, "keep-alive") && resp.ProtoMinor == 0:
				c.keep = true
			}
		}
	}
	if resp.Close {
		c.keep = false          // whatever else is said
		delete(h, "Connection") // as net/http has it
	}
	coding, length := h["Transfer-Encoding"], h["Content-Length"]
	bodiless := resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified
	if len(length) > 0 { // wrong is wrong, also where the coding holds
		n, err := contentLength(length)
		if err != nil {
			return err
		}
		h["Content-Length"] = length[:1]
		if len(coding) == 0 {
			resp.ContentLength = n
		}
	}
	switch {
	case len(coding) > 1 || len(coding) == 1 && (!strings.EqualFold(coding[0], "chunked") || resp.ProtoMinor == 0):
		return malformed("response: transfer encoding", []byte(strings.Join(coding, ", ")))
	case len(coding) == 1:
		if !bodiless && k.method != http.MethodHead {
			delete(h, "Content-Length") // RFC 9112, 6.3: the coding holds
		}
		delete(h, "Transfer-Encoding")
		resp.TransferEncoding = chunkedOnly
		if err := checkTrailer(h); err != nil {
			return err
		}
	}
	// The caller's, not the connection's: it is closed after the connection was
	// given back, when somebody else may be at his own answer on it.
	k.kit.body = leanReader{conn: c}
	body := &k.kit.body
	if bodiless && k.method != http.MethodHead {
		resp.ContentLength = 0 // whatever it says
	}
	switch {
	case bodiless, k.method == http.MethodHead, len(coding) == 0 && resp.ContentLength == 0:
		c.done()
		resp.Body = http.NoBody
		return nil
	case len(coding) == 1:
		body.kind = bodyChunked
	case resp.ContentLength > 0:
		body.kind, body.left = bodyLength, resp.ContentLength
	default:
		body.kind = bodyToEnd
		c.keep = false
	}
	resp.Body = body
	return nil
}

// checkTrailer takes the names out of a header that will come behind the body:
// none that say how that is framed (RFC 9110, 6.5.1).
func checkTrailer(h http.Header) error {
	for _, v := range h["Trailer"] {
		for name := range strings.SplitSeq(v, ",") {
			switch canonicalKey(trimSpace(name)) {
			case "Transfer-Encoding", "Trailer", "Content-Length":
				return malformed("response: trailer", []byte(name))
			}
		}
	}
	delete(h, "Trailer")
	return nil
}

var chunkedOnly = []string{"chunked"}

// done gives the connection back. Bytes after an answer are nobody's: such a
// connection is not used again.
func (c *leanConn) done() {
	if c.at < len(c.in) {
		c.keep = false
	}
	c.lean.release(c)
}

func contentLength(values []string) (int64, error) {
	v := trimSpace(values[0]) // a folded line may have left a space
	for _, w := range values[1:] {
		if trimSpace(w) != v {
			return 0, malformed("response: different lengths", []byte(w))
		}
	}
	for i := range len(v) {
		if v[i] < '0' || v[i] > '9' {
			return 0, malformed("response: length", []byte(v))
		}
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, malformed("response: length", []byte(v))
	}
	return n, nil
}
