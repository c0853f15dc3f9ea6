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
		}{
			{http.MethodGet, "/page.txt", nil}, {http.MethodHead, "/page.txt", nil}, {http.MethodGet, "/none", nil}, {http.MethodGet, "/moved", nil},
			{http.MethodGet, "/absent", nil}, {http.MethodPost, "/post", []byte("short")}, {http.MethodDelete, "/page.txt", nil},
			{http.MethodPost, "/post", []byte(strings.Repeat("long", 100))}, {http.MethodOptions, "/page.txt", nil},
		} {
			lean := exchanged(t, paths["lean"], test.method, "http://"+at+test.path, test.body)
			rest := exchanged(t, paths["net/http"], test.method, "http://"+at+test.path, test.body)
			if lean != rest || strings.HasPrefix(lean, "error") {
				t.Errorf("%s %s: lean     %s\nnet/http %s", test.method, test.path, lean, rest)
			}
		}
	}
}
