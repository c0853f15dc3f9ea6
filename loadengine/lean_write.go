package loadengine

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// write appends the whole request, as RFC 9112 has it.
func (c *call) write(b []byte, last bool) ([]byte, error) {
	if !isToken(c.method) {
		return b, fmt.Errorf("method %q is not one", c.method)
	}
	if !isPrintable(c.uri) || !isPrintable(c.host) || c.host == "" {
		return b, errors.New("the address has characters that no request may have")
	}
	b = append(append(append(b, c.method...), ' '), c.uri...)
	b = append(append(b, " HTTP/1.1\r\nHost: "...), c.host...)
	b = append(b, "\r\n"...)
	if c.raw != nil {
		b = append(b, c.raw...)
	} else {
		var err error
		if b, err = writeHeader(b, c.header); err != nil {
			return b, err
		}
	}
	if c.trace != "" {
		b = append(append(append(b, "Traceparent: "...), c.trace...), "\r\n"...)
	}
	if last {
		b = append(b, "Connection: close\r\n"...)
	}
	if len(c.body) > 0 || c.method == http.MethodPost || c.method == http.MethodPut || c.method == http.MethodPatch {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(c.body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	return append(b, c.body...), nil
}

// writeHeader appends header lines.
func writeHeader(b []byte, h http.Header) ([]byte, error) {
	var err error
	for key, values := range h {
		if b, err = writeField(b, key, values); err != nil {
			return b, err
		}
	}
	return b, nil
}

// writeField appends the lines of one header. What says how the request is
// framed is ours to write.
func writeField(b []byte, key string, values []string) ([]byte, error) {
	switch key {
	case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
		return b, nil
	}
	if !isToken(key) {
		return b, fmt.Errorf("header %q: not a header name", clip(key))
	}
	for _, v := range values {
		if key == "User-Agent" && v == "" {
			continue // none at all, as net/http has it
		}
		if !isFieldValue(v) {
			return b, fmt.Errorf("header %s: the value has line breaks or control characters", key)
		}
		b = append(append(b, key...), ": "...)
		b = append(append(b, v...), "\r\n"...)
	}
	return b, nil
}

// rawHeader writes a header in which nothing has to be rendered; else it is nil.
func (s *step) rawHeader() []byte {
	if len(s.dynamic) > 0 {
		return nil
	}
	var b []byte
	for _, key := range slices.Sorted(maps.Keys(s.header)) {
		var err error
		if b, err = writeField(b, key, s.header[key]); err != nil {
			return nil // said when it is sent
		}
	}
	return b
}

// isFieldValue is RFC 9110, 5.5: no control characters but the tab. Bytes above
// 127 are allowed, whatever they mean.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// isPrintable tells of a text without spaces and control characters.
func isPrintable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}
