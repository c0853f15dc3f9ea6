package loadengine

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// skippedBody is how much of a redirect's body is read before its connection is
// given up.
const skippedBody = 64 << 10

// drain reads a body to its end, however long it is: the step's timeout ends an
// endless one. It closes it and returns how long it was.
func drain(body io.ReadCloser) (int64, error) {
	if body == http.NoBody {
		return 0, nil
	}
	if b, ok := body.(*leanReader); ok {
		if n, all := b.pass(); all {
			return n, nil
		}
	}
	n, err := io.Copy(io.Discard, body)
	closeBody(body)
	return n, err
}

// skip reads a redirect's body, which nobody wants, so that the connection can
// be used again. A long one costs the connection instead.
func skip(body io.ReadCloser) error {
	if body == http.NoBody {
		return nil
	}
	_, err := io.Copy(io.Discard, io.LimitReader(body, skippedBody))
	closeBody(body)
	return err
}

// closeBody closes a response's body; what matters of it has been read.
func closeBody(body io.Closer) { _ = body.Close() }

// isZipped tells of a body that unzip unpacks, by both of its coding's names
// (RFC 9110, 8.4.1.3).
func isZipped(h http.Header) bool {
	coding := h.Get("Content-Encoding")
	return strings.EqualFold(coding, "gzip") || strings.EqualFold(coding, "x-gzip")
}

// unzip returns as much as can be read of a gzipped body, bounded.
func unzip(body []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	// An error here is a body cut off at our bound: what was read still counts.
	plain, _ := io.ReadAll(io.LimitReader(z, keptBody))
	return plain
}
