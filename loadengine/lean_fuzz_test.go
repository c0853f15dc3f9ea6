package loadengine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"
)

const chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

// FuzzLeanAnswer: whatever a server says, in whatever pieces, the lean path ends;
// what it takes for an answer, net/http reads the same; and it asks again on the
// same connection just where net/http would, and reads the next answer there.
func FuzzLeanAnswer(f *testing.F) {
	next := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"
	for i, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.0 404 No\r\n\r\nrest", "HTTP/1.1 103 A\r\n\r\nHTTP/1.1 204 B\r\n\r\n",
		"HTTP/1.1 200 OK\nA: b\n c\n\n", "HTTP/1.1 200 OK\nA: b\n \n\n", "HTTP/1.1 200 OK\nContent-Length: 2\n \n\nhi", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n \n\n0\r\n\r\n", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + next,
		chunkedHead + "5\r\nhello\r\n0\r\n\r\n", chunkedHead + "F;a\r\n", chunkedHead + "5\nhello\r\n0\r\n\r\n", chunkedHead + "5;a\rb\r\nhello\r\n0\r\n\r\n",
		chunkedHead + "0\r\nnocolon\r\n\r\n", chunkedHead + "1 ;a\r\nh\r\n0 \r\nA: b\r\n c\r\n\r\n", chunkedHead + "0\r\nA: b\r\n\r\n" + next,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A, Content-Length\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: -3\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nConnection: close, keep-alive\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\nPragma: no-cache\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 204 A\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX Build: 7\r\nServer : x\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello", chunkedHead + "0\r\nA B : c\r\n\r\n",
	} {
		f.Add([]byte(s), []byte(next), uint8(i))
	}
	f.Fuzz(func(t *testing.T, first, second []byte, piece uint8) {
		c := &pieces{said: [][]byte{first, second}, most: len(first) + len(second)}
		got, l := c.client()
		compare(t, first, got, c, l)

		p := &pieces{said: [][]byte{first, second}, most: 1 + int(piece)%8}
		again, l := p.client()
		compare(t, first, again, p, l)
		if (got.err == nil) != (again.err == nil) || got.err == nil && (got.StatusCode != again.StatusCode || !bytes.Equal(got.body, again.body)) {
			t.Fatalf("%v %q in one piece, %v %q in pieces of %d", got.err, got.body, again.err, again.body, p.most)
		}
	})
}

// compare holds an answer against what net/http reads, and asks for the next.
func compare(t *testing.T, said []byte, got answer, c *pieces, l *lean) {
	t.Helper()
	if got.err != nil {
		return
	}
	in := bufio.NewReaderSize(bytes.NewReader(said), 1<<20)
	want := readNext(in)
	if want.err != nil || want.StatusCode != got.StatusCode || !bytes.Equal(want.body, got.body) {
		t.Fatalf("%d %q, net/http %v %q", got.StatusCode, got.body, want.err, want.body)
	}
	for k, v := range want.Header {
		if k != "Connection" && !slices.Equal(got.Header[k], v) {
			t.Fatalf("%s: %q, net/http %q", k, got.Header[k], v)
		}
	}
	rest, _ := io.ReadAll(in)
	mayKeep := !want.Close && len(rest) == 0
	for _, kept := range l.idle {
		for _, k := range kept {
			k.rests = k.rests.Add(-2 * staleAfter)
		}
	}
	next := c.ask(l)
	if reused := c.asked > 1; reused != mayKeep {
		t.Fatalf("asked again on the same connection: %v, want %v (%d bytes left)", reused, mayKeep, len(rest))
	}
	if next.err != nil {
		return
	}
	if want := readNext(bufio.NewReaderSize(bytes.NewReader(c.said[1]), 1<<20)); want.err != nil || want.StatusCode != next.StatusCode || !bytes.Equal(want.body, next.body) {
		t.Fatalf("next: %d %q, net/http %v %q", next.StatusCode, next.body, want.err, want.body)
	}
}

// answer is one that was read whole.
type answer struct {
	*http.Response
	body []byte
	err  error
}

// readNext is net/http's.
func readNext(in *bufio.Reader) answer {
	resp, err := http.ReadResponse(in, nil)
	for err == nil && resp.StatusCode < 200 {
		resp, err = http.ReadResponse(in, nil)
	}
	if err != nil {
		return answer{err: err}
	}
	body, err := io.ReadAll(resp.Body)
	return answer{resp, body, err}
}

// pieces is a connection that gives one answer to each request, most bytes at
// a time, then ends. What was not read of an answer comes before the next.
type pieces struct {
	net.Conn
	said  [][]byte
	most  int
	asked int
	left  []byte
}

var errSecond = errors.New("a second connection")

// client is a lean path that has asked p once.
func (p *pieces) client() (answer, *lean) {
	dialled := false
	l := newLean(Wire{}, func(context.Context, string, string) (net.Conn, error) {
		if dialled {
			return nil, errSecond
		}
		dialled = true
		return p, nil
	}, func() error { return nil })
	l.alive = func(net.Conn) (quiet, known bool) { return len(p.left) == 0, true }
	l.reaping = true // no timers
	return p.ask(l), l
}

func (p *pieces) ask(l *lean) answer {
	resp, err := l.send(&sending{ctx: context.Background()}, time.Time{}, &call{addr: "a:80", method: http.MethodGet, uri: "/", host: "a", kit: new(kit)})
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp, body, err}
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.most)], p.left)
	p.left = p.left[n:]
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error) {
	if p.asked < len(p.said) {
		p.left = append(slices.Clip(p.left), p.said[p.asked]...)
	}
	p.asked++
	return len(b), nil
}

func (p *pieces) SetDeadline(time.Time) error { return nil }
func (p *pieces) Close() error                { return nil }
