//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// nginx is the server under load: one worker, no log.
type nginx struct {
	process       *exec.Cmd
	target, watch string
	status        string
	version       string
}

const nginxConf = `
daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
worker_rlimit_nofile 40000;
events { worker_connections 19000; }
http {
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  server { listen %[2]s backlog=4096; location / { return 200 "hello, world\n"; } }
  server { listen %[3]s; location / { return 200 "well\n"; } }
  server { listen %[4]s; location / { stub_status; } }
}
`

func startNginx(ctx context.Context, work string) (*nginx, error) {
	var held []net.Listener
	var at []string
	for range 3 { // held together, so that they differ
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		held, at = append(held, l), append(at, l.Addr().String())
	}
	for _, l := range held {
		l.Close()
	}
	conf := filepath.Join(work, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, work, at[0], at[1], at[2]), 0o600); err != nil {
		return nil, fmt.Errorf("write nginx's configuration: %w", err)
	}
	c := exec.CommandContext(ctx, "nginx", "-c", conf, "-e", filepath.Join(work, "error.log"))
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("start nginx: %w", err)
	}
	n := &nginx{process: c, target: "http://" + at[0] + "/", watch: "http://" + at[1] + "/", status: "http://" + at[2] + "/", version: version(ctx, "nginx")}
	for range 500 {
		if _, err := n.requests(ctx); err == nil {
			return n, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	n.stop()
	return nil, errors.New("start nginx: it does not answer")
}

// stop ends it; what it says about that is not of interest.
func (n *nginx) stop() {
	_ = n.process.Process.Kill()
	_ = n.process.Wait()
}

var counted = regexp.MustCompile(`(?m)^\s*\d+\s+\d+\s+(\d+)\s*$`)

// requests is how many nginx has answered.
func (n *nginx) requests(ctx context.Context) (float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.status, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	m := counted.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("nginx says %q", text)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}
