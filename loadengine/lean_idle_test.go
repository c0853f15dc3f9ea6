package loadengine

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// hosting is a server whose every connection speak serves, the first with 0;
// then it is closed.
func hosting(t *testing.T, speak func(n int, c net.Conn, in *bufio.Reader)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				speak(n, c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return "http://" + l.Addr().String()
}

// heard reads a request to its end; false when there is none.
func heard(in *bufio.Reader) bool {
	r, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil
}

const (
	good     = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
	unasked  = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	farewell = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbye"
)

// What comes on a connection while nobody asks is no answer to who asks next:
// the farewell of a balancer, or a body behind an answer that has none.
func TestWhatCameUnaskedIsNoAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ method, answer, late string }{
		"a farewell":           {http.MethodGet, good, farewell},
		"a body after HEAD":    {http.MethodHead, good[:len(good)-4], "good"},
		"an answer after HEAD": {http.MethodHead, good[:len(good)-4], unasked},
		"an answer after 204":  {http.MethodGet, "HTTP/1.1 204 No Content\r\n\r\n", unasked},
		"an answer after 304":  {http.MethodGet, "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", unasked},
	} {
		for _, next := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+", "+next, func(t *testing.T) {
				t.Parallel()
				read := make(chan struct{}) // the first answer
				target := hosting(t, func(n int, c net.Conn, in *bufio.Reader) {
					answer := good
					if n == 0 {
						answer = test.answer
					}
					for heard(in) {
						if _, err := io.WriteString(c, answer); err != nil {
							return
						}
						if n == 0 {
							<-read
							_, _ = io.WriteString(c, test.late)
						}
					}
				})
				rt := twoPaths(t)["lean"].(*wire)
				exchanged(t, rt, test.method, target, nil)
				close(read)
				rested(t, rt.lean)
				if got := exchanged(t, rt, next, target, nil); !strings.HasSuffix(got, `"good"`) {
					t.Errorf("the next answer: %s", got)
				}
			})
		}
	}
}

// A farewell that crosses a request says nothing of it: what may be sent twice
// is, once; of the rest it is the answer, as it is on a new connection.
func TestFarewellThatCrossesARequest(t *testing.T) {
	t.Parallel()
	kept := strings.Replace(farewell, "Connection: close\r\n", "", 1)
	for name, test := range map[string]struct {
		method      string
		second, new string // the second answer on the first connection, the first on the second
		want        string
	}{
		"sent again":         {http.MethodGet, farewell, good, "200"},
		"sent again, 1.0":    {http.MethodGet, strings.Replace(farewell, "1.1", "1.0", 1), good, "200"},
		"not safe":           {http.MethodPost, farewell, good, "408"},
		"twice at most":      {http.MethodGet, farewell, farewell, "408"},
		"an answer of a 408": {http.MethodGet, kept, good, "408"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := hosting(t, func(n int, c net.Conn, in *bufio.Reader) {
				for _, answer := range [][]string{{good, test.second}, {test.new}}[min(n, 1)] {
					if !heard(in) {
						return
					}
					_, _ = io.WriteString(c, answer)
				}
			})
			rt := twoPaths(t)["lean"]
			exchanged(t, rt, http.MethodGet, target, nil)
			if got := exchanged(t, rt, test.method, target, nil); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// answering is a server that answers whatever is asked, and counts its connections.
func answering(t *testing.T) (target string, met *atomic.Int64) {
	t.Helper()
	met = new(atomic.Int64)
	return hosting(t, func(_ int, c net.Conn, in *bufio.Reader) {
		met.Add(1)
		for heard(in) {
			_, _ = io.WriteString(c, good)
		}
	}), met
}

// Where a connection can't be asked whether its server has closed it, what may
// not be sent twice takes none that rested for long.
func TestConnectionsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	target, met := answering(t)
	rt := twoPaths(t)["lean"].(*wire)
	rt.lean.alive = func(net.Conn) (quiet, known bool) { return false, false }
	for _, test := range []struct {
		method string
		rests  time.Duration
		want   int64 // connections so far
	}{
		{http.MethodPost, 0, 1}, {http.MethodGet, 2 * doubtAfter, 1}, {http.MethodPost, 2 * doubtAfter, 2},
	} {
		rt.lean.mu.Lock()
		for _, c := range rt.lean.idle[strings.TrimPrefix(target, "http://")] {
			c.rests = time.Now().Add(-test.rests)
		}
		rt.lean.mu.Unlock()
		if got := exchanged(t, rt, test.method, target, nil); !strings.HasSuffix(got, `"good"`) || met.Load() != test.want {
			t.Errorf("%s after %v: %s, %d connections, want %d", test.method, test.rests, got, met.Load(), test.want)
		}
	}
	if !rt.lean.usable(&leanConn{}, doubtAfter, &call{method: http.MethodPost}) {
		t.Error("one that rested shortly is not used")
	}
}

// What a closed connection gives is known by Windows's numbers, too.
func TestClosedByAnySystemsNumber(t *testing.T) {
	t.Parallel()
	for _, no := range []syscall.Errno{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, 10053, 10054} {
		if err := (&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("recv", no)}); !isClosed(err) {
			t.Errorf("%v is not known", err)
		}
	}
	if refused := os.NewSyscallError("connect", syscall.ECONNREFUSED); isClosed(refused) || !isClosed(io.EOF) {
		t.Error("a refusal is taken for a closed connection, or an end is not")
	}
}
