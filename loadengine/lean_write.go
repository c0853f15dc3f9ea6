package loadengine

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// check tells what keeps a call from being written. It is asked before a
// connection is taken or made for it.
func (c *call) check() error {
	if !isToken(c.method) {
		return fmt.Errorf("method %q is not one", c.method)
	}
	if !isPrintable(c.uri) || !isPrintable(c.host) || c.host == "" {
		return errors.New("the address has characters that no request may have")
	}
	if c.raw != nil {
		return nil
	}
	for key, values := range c.header {
		if err := checkField(key, values); err != nil {
			return err
		}
	}
	return nil
}

// write appends the whole request, as RFC 9112 has it. It was checked.
func (c *call) write(b []byte, last bool) []byte {
	b = append(append(append(b, c.method...), ' '), c.uri...)
	b = append(append(b, " HTTP/1.1\r\nHost: "...), c.host...)
	b = append(b, "\r\n"...)
	if c.raw != nil {
		b = append(b, c.raw...)
	} else {
		for key, values := range c.header {
			b = writeField(b, key, values)
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
	return append(b, c.body...)
}

// isFraming tells of a header that says how the request is framed: ours to write.
func isFraming(key string) bool {
	switch key {
	case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
		return true
	}
	return false
}

func checkField(key string, values []string) error {
	if isFraming(key) {
		return nil
	}
	if !isToken(key) {
		return fmt.Errorf("header %q: not a header name", clip(key))
	}
	for _, v := range values {
		if !isFieldValue(v) {
			return fmt.Errorf("header %s: the value has line breaks or control characters", key)
		}
	}
	return nil
}

// writeField appends the lines of one header.
func writeField(b []byte, key string, values []string) []byte {
	if isFraming(key) {
		return b
	}
	for _, v := range values {
		if key == "User-Agent" && v == "" {
			continue // none at all, as net/http has it
		}
		b = append(append(b, key...), ": "...)
		b = append(append(b, v...), "\r\n"...)
	}
	return b
}

// rawHeader writes a header in which nothing has to be rendered; else it is nil.
func (s *step) rawHeader() []byte {
	if len(s.dynamic) > 0 {
		return nil
	}
	var b []byte
	for _, key := range slices.Sorted(maps.Keys(s.header)) {
		if checkField(key, s.header[key]) != nil {
			return nil // said when it is sent
		}
		b = writeField(b, key, s.header[key])
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
