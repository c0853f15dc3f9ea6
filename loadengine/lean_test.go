package loadengine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// canned is a server that answers each request on a connection with the next of
// its texts, then closes.
func canned(t *testing.T, answers ...string) (url string, requests func() []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(c)
			for _, a := range answers {
				r, err := http.ReadRequest(in)
				if err != nil {
					break
				}
				_, _ = io.Copy(io.Discard, r.Body)
				got <- r.Method + " " + r.RequestURI
				_, _ = io.WriteString(c, a)
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String(), func() []string {
		var all []string
		for {
			select {
			case s := <-got:
				all = append(all, s)
			default:
				return all
			}
		}
	}
}

// twoPaths are the lean path and net/http, free of any gate.
func twoPaths(t *testing.T) map[string]http.RoundTripper {
	t.Helper()
	d := net.Dialer{}
	l := newLean(Wire{}, d.DialContext, func() error { return nil })
	rest := &http.Transport{DialContext: d.DialContext, DisableCompression: true, MaxResponseHeaderBytes: maxHeader}
	t.Cleanup(l.CloseIdleConnections)
	t.Cleanup(rest.CloseIdleConnections)
	return map[string]http.RoundTripper{"lean": &wire{lean: l, rest: rest}, "net/http": rest}
}

// exchanged is what a client sees of one answer, in one text. header are lines
// of the request.
func exchanged(t *testing.T, rt http.RoundTripper, method, url string, body []byte, header ...string) string {
	t.Helper()
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, in)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "test") // net/http has one of its own
	for _, line := range header {
		key, value, _ := strings.Cut(line, ":")
		if r.Header[key] = append(r.Header[key], value); key == "Host" {
			r.Host = value
		}
	}
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return "error " + classify(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	end := ""
	if err != nil {
		end = " cut: " + classify(err)
	}
	return fmt.Sprintf("%s length %d %s%s %d bytes %.60q%s", resp.Status, resp.ContentLength, resp.TransferEncoding, fields(resp.Header), len(got), got, end)
}

// fields are the lines of a header, in one order.
func fields(h http.Header) []string {
	var all []string
	for k, v := range h {
		if k != "Date" {
			all = append(all, k+"="+strings.Join(v, "|"))
		}
	}
	slices.Sort(all)
	return all
}

// Both paths see the same of every kind of answer.
func TestBothPathsReadTheSame(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	for name, answer := range map[string]string{
		"length":                   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello",
		"chunks":                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-T: v\r\n\r\n",
		"chunks in capitals":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
		"both lengths":             "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"to the end":               "HTTP/1.1 200 OK\r\n\r\nhello",
		"HTTP/1.0":                 "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"early hints":              "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"no content":               "HTTP/1.1 204 No Content\r\n\r\n",
		"not modified":             "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
		"empty":                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"large":                    "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + long,
		"bare line breaks":         "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
		"no reason":                "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",
		"cut in the length":        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
		"cut in a chunk":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhello",
		"cut in the head":          "HTTP/1.1 200 OK\r\nContent-Le",
		"same length twice":        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
		"a folded line":            "HTTP/1.1 200 OK\r\nX-A: 1\r\n  2\r\nContent-Length: 2\r\n\r\nhi",
		"a space in a name":        "HTTP/1.1 200 OK\r\nX Build: 7\r\nx build: 8\r\n  9\r\nServer : x\r\nContent-Length: 2\r\n\r\nhi",
		"a space behind a length":  "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello, world",
		"a space behind chunked":   "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\nContent-Length: 2\r\n\r\nhi",
		"a space behind close":     "HTTP/1.1 200 OK\r\nConnection : close\r\nContent-Length: 2\r\n\r\nhi",
		"nothing":                  "",
		"cookies":                  "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
		"a redirect":               "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
		"a header of 100 thousand": "HTTP/1.1 200 OK\r\nX-Long: " + long + "\r\nContent-Length: 2\r\n\r\nhi",
		"a header that is endless": "HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat(long, 4) + "\r\nContent-Length: 2\r\n\r\nhi",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				got := map[string]string{}
				for path, rt := range twoPaths(t) {
					target, _ := canned(t, answer)
					got[path] = exchanged(t, rt, method, target+"/a?b=c%20d", nil)
				}
				// A head without an end is an error of both, in words of their own.
				if strings.Contains(name, "head") && strings.HasPrefix(got["lean"], "error") && strings.HasPrefix(got["net/http"], "error") {
					continue
				}
				if got["lean"] != got["net/http"] {
					t.Errorf("%s: lean     %s\nnet/http %s", method, got["lean"], got["net/http"])
				}
			}
		})
	}
}

// What is not HTTP is refused, and the connection not used again.
func TestLeanRefusesWhatIsNotHTTP(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"another protocol":              "SSH-2.0-OpenSSH_9\r\n",
		"another version":               "HTTP/3.0 200 OK\r\n\r\n",
		"a bad status":                  "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
		"a bad header":                  "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"a header without a name":       "HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 0\r\n\r\n",
		"a header that begins spaced":   "HTTP/1.1 200 OK\r\n X-A: a\r\nContent-Length: 0\r\n\r\n",
		"a tab in a name":               "HTTP/1.1 200 OK\r\nX\tA: a\r\nContent-Length: 0\r\n\r\n",
		"a control":                     "HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n",
		"different lengths":             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
		"a bad length":                  "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi",
		"chunks, and different lengths": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"chunks, and a bad length":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: -3\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"chunks, and two in one":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5, 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"unknown coding":                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi",
		"an upgrade":                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
		"hints for ever":                strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 10),
	} {
		target, _ := canned(t, answer)
		if got := exchanged(t, twoPaths(t)["lean"], http.MethodGet, target, nil); got != "error not http" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A kept connection that the server closed is replaced once, where the request
// may be sent twice; what may not, gets a connection that is known to live.
func TestStaleConnectionIsReplacedOnce(t *testing.T) {
	t.Parallel()
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		target, requests := canned(t, ok) // one answer on each connection, then it closes without a word
		rt := twoPaths(t)["lean"].(*wire)
		for range 5 {
			rested(t, rt.lean)
			if got := exchanged(t, rt, method, target, nil); !strings.HasPrefix(got, "200") {
				t.Fatalf("%s: %s", method, got)
			}
		}
		if n := len(requests()); n != 5 {
			t.Errorf("%s: the server answered %d times, want 5", method, n)
		}
	}
	// A server that hangs up on everything is asked twice at most.
	target, requests := canned(t, ok, "")
	rt := twoPaths(t)["lean"]
	exchanged(t, rt, http.MethodGet, target, nil)
	if got := exchanged(t, rt, http.MethodGet, target+"/b", nil); !strings.HasPrefix(got, "200") {
		t.Errorf("the second connection: %s", got)
	}
	if got := requests(); len(got) != 3 {
		t.Errorf("requests: %v", got)
	}
}

// rested waits until the kept connection is closed by its server, and has it
// rest for long enough to be looked at.
func rested(t *testing.T, l *lean) {
	t.Helper()
	for {
		l.mu.Lock()
		closed := true
		for _, kept := range l.idle {
			for _, c := range kept {
				c.rests = c.rests.Add(-2 * staleAfter)
				quiet, known := alive(c.net)
				closed = closed && known && !quiet
			}
		}
		l.mu.Unlock()
		if closed {
			return
		}
		wait(t)
	}
}

// A retry is a send: without permit or with the brake pulled it does not happen.
func TestRetryPassesTheGate(t *testing.T) {
	t.Parallel()
	target, requests := canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "")
	var asked atomic.Int64
	refused := errors.New("no permit")
	l := newLean(Wire{}, (&net.Dialer{}).DialContext, func() error { asked.Add(1); return refused })
	rt := &wire{lean: l}
	exchanged(t, rt, http.MethodGet, target, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.RoundTrip(r); !errors.Is(err, refused) || asked.Load() != 1 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
	if n := len(requests()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// The end of the context closes the connection in mid-body, at once.
func TestLeanCancelClosesInMidBody(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "begun")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := twoPaths(t)["lean"].RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, b); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Error("the body ended well")
	}
	<-gone
}

// What the lean path does not know goes by net/http.
func TestPlainKnowsItsLimits(t *testing.T) {
	t.Parallel()
	w := &wire{}
	for target, want := range map[string]bool{
		"http://a.test/": true, "http://127.0.0.1:80/x?y": true, "http://[::1]:8080/": true,
		"https://a.test/": false, "http://ü.test/": false, "http://[fe80::1%25lo]/": false,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.plain(r); got != want {
			t.Errorf("%s: %v", target, got)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://a.test/", bytes.NewReader(make([]byte, leanBody+1)))
	if err != nil || w.plain(r) {
		t.Errorf("a long body: %v", err)
	}
	proxied := &wire{routes: newRoutes(Wire{Proxy: func(*url.URL) (*url.URL, error) { return url.Parse("http://proxy.test:3128") }})}
	if r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://a.test/", nil); err != nil || proxied.plain(r) {
		t.Errorf("a proxy is passed by: %v", err)
	}
}

// Closing a body that was read to its end must not touch the next answer on the
// same connection.
func TestLateCloseLeavesTheNextAnswerAlone(t *testing.T) {
	t.Parallel()
	answer := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	target, requests := canned(t, answer, answer, answer)
	rt := twoPaths(t)["lean"]
	get := func() *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := rt.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	first := get()
	if _, err := io.Copy(io.Discard, first.Body); err != nil {
		t.Fatal(err)
	}
	second := get()
	if err := first.Body.Close(); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(second.Body); err != nil || string(got) != "hello" {
		t.Errorf("the second answer: %q, %v", got, err)
	}
	if err := second.Body.Close(); err != nil {
		t.Error(err)
	}
	if n := len(requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}
