package loadengine

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
)

// FuzzLeanAnswer: whatever a server says, the lean path ends; what it takes for
// an answer, net/http reads the same.
func FuzzLeanAnswer(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nnocolon\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 ;a\r\nh\r\n0 \r\nA: b\r\n c\r\n\r\n",
		"HTTP/1.0 404 No\r\n\r\nrest", "HTTP/1.1 103 A\r\n\r\nHTTP/1.1 204 B\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n c\n\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nF;a\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		got, gotBody, err := readLean(answer)
		if err != nil {
			return
		}
		in := bufio.NewReaderSize(bytes.NewReader(answer), 1<<20)
		want, err := http.ReadResponse(in, nil)
		for err == nil && want.StatusCode < 200 {
			want, err = http.ReadResponse(in, nil)
		}
		if err != nil {
			t.Fatalf("net/http does not read what we do: %v", err)
		}
		defer want.Body.Close()
		wantBody, err := io.ReadAll(want.Body)
		if err != nil || want.StatusCode != got.StatusCode || !bytes.Equal(wantBody, gotBody) {
			t.Fatalf("%v: %d %q, net/http %d %q", err, got.StatusCode, gotBody, want.StatusCode, wantBody)
		}
		for k, v := range want.Header {
			if k != "Connection" && !slices.Equal(got.Header[k], v) {
				t.Fatalf("%s: %q, net/http %q", k, got.Header[k], v)
			}
		}
	})
}

// readLean reads a whole answer out of memory.
func readLean(answer []byte) (*http.Response, []byte, error) {
	l := newLean(Wire{}, nil, nil)
	l.fresh = true // nothing is kept
	c := &leanConn{lean: l, net: &said{Reader: bytes.NewReader(answer)}}
	resp, err := c.head(&call{method: http.MethodGet})
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

// said is a connection on which everything has been said.
type said struct {
	io.Reader
	net.Conn
}

func (s *said) Read(p []byte) (int, error) { return s.Reader.Read(p) }
func (s *said) Close() error               { return nil }
