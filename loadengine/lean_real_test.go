//go:build real

package loadengine

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Both paths see the same of nginx: lengths, chunks, gzip, HEAD, redirects,
// ranges, errors, and a connection that it closes after every few requests.
func TestBothPathsReadNginxTheSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := strings.Repeat("hello, world\n", 10_000)
	if err := os.WriteFile(filepath.Join(dir, "page.txt"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	stamp := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, "page.txt"), stamp, stamp); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; events {}
http { access_log off; keepalive_requests 3; types { text/plain txt; } gzip on; gzip_min_length 1; gzip_types text/plain;
client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
server { listen %[2]s; root %[1]s; location = /none { return 204; } location = /moved { return 302 /page.txt; }
location = /post { client_max_body_size 10; return 200 "ok\n"; } } }`, dir, at)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "nginx", "-c", conf, "-e", filepath.Join(dir, "error.log"))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for {
		conn, err := net.Dial("tcp", at)
		if err == nil {
			conn.Close()
			break
		}
		wait(t)
	}
	paths := twoPaths(t)
	for range 4 { // across the connections that nginx ends
		for _, test := range []struct {
			method, path string
			body         []byte
			header       string
			want         string // a part of what is seen, so that it is what it is called
		}{
			{http.MethodGet, "/page.txt", nil, "", "200 OK length 130000"}, {http.MethodHead, "/page.txt", nil, "", "200 OK length 130000"},
			{http.MethodGet, "/page.txt", nil, "Accept-Encoding:gzip", "200 OK length -1 [chunked]"},
			{http.MethodHead, "/page.txt", nil, "Accept-Encoding:gzip", "Content-Encoding=gzip"},
			{http.MethodGet, "/page.txt", nil, "Range:bytes=7-11", `5 bytes "world"`}, {http.MethodGet, "/page.txt", nil, "Range:bytes=-1", `1 bytes "\n"`},
			{http.MethodGet, "/page.txt", nil, "Range:bytes=999999-", "416"},
			{http.MethodGet, "/page.txt", nil, "If-Modified-Since:Fri, 02 Jan 2026 03:04:05 GMT", "304"},
			{http.MethodGet, "/none", nil, "", "204"}, {http.MethodGet, "/moved", nil, "", "302"}, {http.MethodGet, "/absent", nil, "", "404"},
			{http.MethodPost, "/post", []byte("short"), "", `"ok\n"`}, {http.MethodPost, "/post", []byte(strings.Repeat("long", 100)), "", "413"},
			{http.MethodDelete, "/page.txt", nil, "", "405"}, {http.MethodOptions, "/page.txt", nil, "", "405"},
			{http.MethodGet, "/page.txt", nil, "Host:", "200"}, {http.MethodGet, "/page.txt", nil, "Host:other.test", "200"},
		} {
			seen := map[string]string{}
			for path, rt := range paths {
				seen[path] = exchanged(t, rt, test.method, "http://"+at+test.path, test.body, header(test.header)...)
			}
			if seen["lean"] != seen["net/http"] || !strings.Contains(seen["lean"], test.want) {
				t.Errorf("%s %s %s: lean     %s\nnet/http %s\nwant %s", test.method, test.path, test.header, seen["lean"], seen["net/http"], test.want)
			}
		}
	}
}
