//go:build unix

package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"crosstalk/bench/peer"
	"crosstalk/bench/stand"
)

//go:embed k6.js
var k6Script string

//go:embed locustfile.py
var locustfile []byte

// tool is a program with a dial.
type tool struct {
	name, shown string
	// start runs it with one user, who has asked at least once.
	start func(ctx context.Context, s *server, dir string, users int) (*dial, error)
}

// dial is one run of a tool. Both orders return the moment that they count from.
type dial struct {
	process *exec.Cmd
	said    bytes.Buffer
	rise    func(context.Context) (time.Time, error)
	stop    func(context.Context) (time.Time, error)
	over    sync.Once
}

// end ends the process; that it was killed is no news.
func (d *dial) end() {
	d.over.Do(func() {
		_ = d.process.Process.Kill()
		_ = d.process.Wait()
	})
}

// tools are those that were asked for.
func (s *settings) tools(ctx context.Context, work string) ([]tool, error) {
	var out []tool
	if stand.Chosen(s.only, "crosstalk") {
		path, err := peer.Ours(ctx, work)
		if err != nil {
			return nil, fmt.Errorf("build ours: %w", err)
		}
		out = append(out, tool{"crosstalk", "crosstalk", func(ctx context.Context, srv *server, dir string, users int) (*dial, error) {
			return ours(ctx, path, srv, dir, users)
		}})
	}
	if stand.Chosen(s.only, "k6") {
		path, err := peer.K6.Path(ctx)
		if err != nil {
			return nil, fmt.Errorf("get k6: %w", err)
		}
		out = append(out, tool{"k6", "k6 " + peer.K6.Version, func(ctx context.Context, srv *server, _ string, users int) (*dial, error) {
			return k6(ctx, path, srv, users)
		}})
	}
	if stand.Chosen(s.only, "locust") {
		version, err := exec.CommandContext(ctx, "/usr/bin/dpkg-query", "--show", "--showformat=${Version}", "python3-locust").Output()
		if err != nil {
			return nil, fmt.Errorf("find Locust (Debian: python3-locust): %w", err)
		}
		out = append(out, tool{"locust", "Locust " + string(version), locust})
	}
	return out, nil
}

// settle is how long one user runs before the dial is turned.
const settle = 2 * time.Second

// ours is turned as a person turns it who types: a line on stdin, which is read,
// understood, allowed and done. Both moments count from before the line.
func ours(ctx context.Context, path string, s *server, dir string, users int) (*dial, error) {
	all := strconv.Itoa(users)
	c := exec.CommandContext(ctx, path, "run", "--plain", "--target", s.target, "--watch", s.watch, "--baseline", "0", "--glide", "off",
		"--dial", "0s=1", "--limit-users", all, "--as", "bench", "--out", dir)
	d := &dial{process: c}
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	typed := func(line string) func(context.Context) (time.Time, error) {
		return func(context.Context) (time.Time, error) {
			now := time.Now()
			_, err := io.WriteString(in, line+"\n")
			return now, err
		}
	}
	d.rise, d.stop = typed(all), typed("stop")
	return d, d.begin(ctx, s)
}

func k6(ctx context.Context, path string, s *server, users int) (*dial, error) {
	at, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, path, "run", "--quiet", "--no-color", "--no-usage-report", "--address", at,
		"-e", "TARGET="+s.target, "-e", "USERS="+strconv.Itoa(users), "-")
	c.Stdin = strings.NewReader(k6Script)
	d := &dial{process: c}
	patch := func(ctx context.Context, attribute string) (time.Time, error) {
		body := `{"data":{"type":"status","id":"default","attributes":{` + attribute + `}}}`
		return order(ctx, http.MethodPatch, "http://"+at+"/v1/status", "application/json", body)
	}
	d.rise = func(ctx context.Context) (time.Time, error) { return patch(ctx, `"vus":`+strconv.Itoa(users)) }
	d.stop = func(ctx context.Context) (time.Time, error) { return patch(ctx, `"stopped":true`) }
	return d, d.begin(ctx, s)
}

func locust(ctx context.Context, s *server, dir string, users int) (*dial, error) {
	at, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "locustfile.py"), locustfile, 0o600); err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, "/usr/bin/python3", "/usr/bin/locust", "-f", "locustfile.py", "--host", strings.TrimSuffix(s.target, "/"),
		"--web-host", host, "--web-port", port, "--loglevel", "WARNING")
	c.Dir = dir
	d := &dial{process: c}
	swarm := func(ctx context.Context, n int) (time.Time, error) {
		form := url.Values{"user_count": {strconv.Itoa(n)}, "spawn_rate": {strconv.Itoa(10 * users)}}
		return order(ctx, http.MethodPost, "http://"+at+"/swarm", "application/x-www-form-urlencoded", form.Encode())
	}
	d.rise = func(ctx context.Context) (time.Time, error) { return swarm(ctx, users) }
	d.stop = func(ctx context.Context) (time.Time, error) {
		return order(ctx, http.MethodGet, "http://"+at+"/stop", "", "")
	}
	c.Stdout, c.Stderr = &d.said, &d.said
	if err := c.Start(); err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		if _, err := swarm(ctx, 1); err == nil {
			return d, d.settled(ctx, s)
		}
		time.Sleep(50 * time.Millisecond) // its page is not there yet
	}
	d.end()
	return nil, fmt.Errorf("it does not begin: %w\n%s", ctx.Err(), d.said.Bytes())
}

// begin starts the process and waits for its one user.
func (d *dial) begin(ctx context.Context, s *server) error {
	d.process.Stdout, d.process.Stderr = &d.said, &d.said
	if err := d.process.Start(); err != nil {
		return err
	}
	return d.settled(ctx, s)
}

// settled waits for the one user, and a while longer.
func (d *dial) settled(ctx context.Context, s *server) error {
	if s.reached(ctx, 1, time.Time{}, time.Now().Add(30*time.Second)).IsZero() {
		d.end()
		return fmt.Errorf("no request comes\n%s", d.said.Bytes())
	}
	select {
	case <-time.After(settle):
	case <-ctx.Done():
	}
	return nil
}

// order sends one request of control and returns the moment before it.
func order(ctx context.Context, method, address, kind, body string) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return time.Time{}, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	now := time.Now()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return time.Time{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return time.Time{}, err
	}
	if resp.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"success": false`)) {
		return time.Time{}, errors.New(resp.Status + ": " + string(text))
	}
	return now, nil
}

// freeAddress is one that nothing listens at.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
