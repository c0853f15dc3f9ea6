package loadengine

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answers are what Go's server can do to a client.
func answers(w http.ResponseWriter, r *http.Request) {
	flush := func() { _ = http.NewResponseController(w).Flush() }
	switch r.URL.Path {
	case "/hints":
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusProcessing)
		fmt.Fprint(w, "hinted")
	case "/trailers":
		w.Header().Set("Trailer", "Sum")
		fmt.Fprint(w, "summed")
		w.Header().Set("Sum", "6")
		w.Header().Set(http.TrailerPrefix+"Late", "yes")
	case "/length":
		w.Header().Set("Content-Length", "5")
		fmt.Fprint(w, "hello")
	case "/flushes":
		for i := range 20 {
			fmt.Fprint(w, strings.Repeat("x", i*i))
			flush()
		}
	case "/page":
		http.ServeContent(w, r, "page.txt", time.Unix(1_700_000_000, 0), strings.NewReader("hello, world"))
	case "/zipped":
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			fmt.Fprint(z, "unpacked")
			return
		}
		fmt.Fprint(w, "never packed")
	case "/close":
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, "last words")
	case "/none":
		w.WriteHeader(http.StatusNoContent)
	case "/moved":
		http.Redirect(w, r, "/page", http.StatusFound)
	case "/cookies":
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
	case "/long":
		w.Header().Set("Long", strings.Repeat("x", 100_000))
		_, _ = w.Write(bytes.Repeat([]byte("long "), 100_000))
	case "/hangup":
		panic(http.ErrAbortHandler)
	case "/hangup/length":
		w.Header().Set("Content-Length", "500")
		fmt.Fprint(w, "begun")
		flush()
		panic(http.ErrAbortHandler)
	case "/hangup/chunk":
		fmt.Fprint(w, "begun")
		flush()
		panic(http.ErrAbortHandler)
	default:
		http.NotFound(w, r)
	}
}

// Both paths see the same of Go's server, on new connections and on kept ones.
func TestBothPathsReadGoTheSame(t *testing.T) {
	t.Parallel()
	s := serve(t, answers)
	paths := twoPaths(t)
	for range 2 {
		for _, test := range []struct{ method, path, header, want string }{
			{"GET", "/hints", "", `200 OK length 6 [][Content-Length=6 Content-Type=text/plain; charset=utf-8 Link=</style.css>; rel=preload] 6 bytes "hinted"`},
			{"GET", "/trailers", "", `200 OK length -1 [chunked][Content-Type`}, {"GET", "/trailers", "", `"summed"`},
			{"HEAD", "/length", "", "200 OK length 5"}, {"HEAD", "/flushes", "", `0 bytes`}, {"HEAD", "/none", "", "204"},
			{"GET", "/length", "", `"hello"`}, {"GET", "/flushes", "", "2470 bytes"}, {"POST", "/flushes", "", "2470 bytes"},
			{"GET", "/page", "Range:bytes=7-", `206 Partial Content length 5`}, {"GET", "/page", "Range:bytes=99-", "416"},
			{"GET", "/page", "If-Modified-Since:Wed, 15 Nov 2023 22:13:20 GMT", "304"}, {"HEAD", "/page", "", "200 OK length 12"},
			{"GET", "/zipped", "Accept-Encoding:gzip", "Content-Encoding=gzip"}, {"GET", "/zipped", "", `"never packed"`},
			{"GET", "/none", "", "204 No Content length 0"}, {"DELETE", "/none", "", "204"}, {"GET", "/moved", "", "Location=/page"},
			{"GET", "/cookies", "", "Set-Cookie=a=1|b=2"}, {"GET", "/long", "", "500000 bytes"}, {"GET", "/absent", "", "404"},
			{"GET", "/close", "", `"last words"`}, {"GET", "/hangup", "", "error closed"}, {"POST", "/hangup", "", "error closed"},
			{"GET", "/hangup/length", "", `length 500`}, {"GET", "/hangup/length", "", `5 bytes "begun" cut: closed`}, {"GET", "/hangup/chunk", "", `5 bytes "begun" cut: closed`},
		} {
			seen := map[string]string{}
			for path, rt := range paths {
				seen[path] = exchanged(t, rt, test.method, s.URL+test.path, nil, header(test.header)...)
			}
			if seen["lean"] != seen["net/http"] || !strings.Contains(seen["lean"], test.want) {
				t.Errorf("%s %s %s: lean     %s\nnet/http %s\nwant %s", test.method, test.path, test.header, seen["lean"], seen["net/http"], test.want)
			}
		}
	}
}

// header is one line, or none.
func header(line string) []string {
	if line == "" {
		return nil
	}
	return []string{line}
}

// Both paths send the same: what a server reads of the request is equal.
func TestBothPathsSendTheSame(t *testing.T) {
	t.Parallel()
	requests := make(chan string, 1)
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		requests <- fmt.Sprintf("%s %s %s host %s length %d %s%s %d bytes %.40q %v",
			r.Method, r.RequestURI, r.Proto, r.Host, r.ContentLength, r.TransferEncoding, fields(r.Header), len(body), body, err)
	})
	paths := twoPaths(t)
	long := strings.Repeat("0123456789", leanBody/10)
	for _, test := range []struct {
		method, path, body string
		header             []string
		want               string // a part of the request
	}{
		{"GET", "", "", nil, "GET / HTTP/1.1"}, {"GET", "/?", "", nil, "GET /? HTTP/1.1"}, {"GET", "/a%2Fb", "", nil, "GET /a%2Fb "}, {"GET", "/a/b/c d?e=f%20g&h=i+j&k", "", nil, "GET /a/b/c%20d?e=f%20g&h=i+j&k "},
		{"GET", "/\u00fc?q=\u00fc#x", "", nil, "GET /%C3%BC?q=\u00fc "}, {"GET", "//a//b/../c", "", nil, "GET //a//b/../c "}, {"HEAD", "/", "", nil, "HEAD /"},
		{"OPTIONS", "/", "", nil, "OPTIONS / HTTP/1.1"}, {"DELETE", "/", "", nil, "length 0"}, {"DELETE", "/", "body", nil, `4 bytes "body"`},
		{"POST", "/", "", nil, "Content-Length=0"}, {"PUT", "/", "", nil, "Content-Length=0"}, {"PATCH", "/", "", nil, "Content-Length=0"},
		{"GET", "/", "body", nil, `4 bytes "body"`}, {"POST", "/", long, []string{"Content-Type:text/plain"}, "65530 bytes"}, {"OWN", "/", "", nil, "OWN /"},
		{"GET", "/", "", []string{"Host:shop.staging.test"}, "host shop.staging.test "}, {"GET", "/", "", []string{"Host:shop.staging.test:8080"}, "host shop.staging.test:8080 "},
		{"GET", "/", "", []string{"A:1", "A:2", "B: padded \t", "C:", "D:\u00fc", "e-f:odd"}, "A=1|2 "},
		{"GET", "/", "", []string{"Cookie:a=1; b=2", "Authorization:Bearer x", "Traceparent:00-1-2-01"}, "Authorization=Bearer x"},
		{"POST", "/", "four", []string{"Content-Length:9", "Transfer-Encoding:chunked", "Trailer:X"}, "length 4 "},
		{"GET", "/", "", []string{"Accept-Encoding:gzip", "Range:bytes=0-1", "Te:trailers"}, "Accept-Encoding=gzip"},
	} {
		read := map[string]string{}
		for path, rt := range paths {
			var body []byte
			if test.body != "" {
				body = []byte(test.body)
			}
			if got := exchanged(t, rt, test.method, s.URL+test.path, body, test.header...); !strings.HasPrefix(got, "200") {
				t.Fatalf("%s %s by %s: %s", test.method, test.path, path, got)
			}
			read[path] = <-requests
		}
		if read["lean"] != read["net/http"] || !strings.Contains(read["lean"], test.want) {
			t.Errorf("lean     %s\nnet/http %s\nwant     %s", read["lean"], read["net/http"], test.want)
		}
	}
	for _, wrong := range []string{"A:b\r\nC: d", "A:\x01", "A b:c"} {
		for path, rt := range paths {
			if got := exchanged(t, rt, "GET", s.URL, nil, wrong); got != "error other" {
				t.Errorf("%q by %s: %s", wrong, path, got)
			}
		}
	}
}
