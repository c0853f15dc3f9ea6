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
	"syscall"
	"time"
)

// nginx is the server under load: one worker, no log. It accepts all that wait at
// once: one by one, between the answers to those who are there already, thousands
// of connections would still wait when a run ends.
type nginx struct {
	process       *exec.Cmd
	target, watch string
	status        string
	version       string
}

const nginxConf = `
daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
worker_rlimit_nofile 40000;
events { worker_connections 19000; multi_accept on; }
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

// moreFiles raises the limit of open files for whatever is started from here: an
// nginx of one process and wrk don't do so themselves, and would serve and send
// fewer without a word.
func moreFiles() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("ask for the limit of open files: %w", err)
	}
	l.Cur = l.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("raise the limit of open files: %w", err)
	}
	return nil
}

var opened = regexp.MustCompile(`Active connections: (\d+)`)

// connections is how many are open to nginx.
func (n *nginx) connections(ctx context.Context) (int, error) {
	text, err := n.says(ctx)
	if err != nil {
		return 0, err
	}
	m := opened.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("nginx says %q", text)
	}
	return strconv.Atoi(string(m[1]))
}

var counted = regexp.MustCompile(`(?m)^\s*\d+\s+\d+\s+(\d+)\s*$`)

// says is nginx's page of numbers.
func (n *nginx) says(ctx context.Context) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.status, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// requests is how many nginx has answered.
func (n *nginx) requests(ctx context.Context) (float64, error) {
	text, err := n.says(ctx)
	if err != nil {
		return 0, err
	}
	m := counted.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("nginx says %q", text)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// rested waits until nobody but us is connected, and returns how many requests
// were answered by then: what the tool before has left in the queue is not the next one's.
func (n *nginx) rested(ctx context.Context) (float64, error) {
	for {
		open, err := n.connections(ctx)
		switch {
		case err != nil:
			return 0, err
		case open <= 1:
			return n.requests(ctx)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return 0, fmt.Errorf("%d connections stay open: %w", open, ctx.Err())
		}
	}
}
