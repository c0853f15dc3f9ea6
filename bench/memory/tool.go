//go:build linux

package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed k6.js
var k6Script string

// tool is a program whose memory is read.
type tool struct {
	name, path, stdin string
	users             map[kind]string // how many it gets, with commas
	args              func(s *server, k kind, users int, dir string) ([]string, error)
}

// memory is what a process holds.
type memory struct {
	kB          float64 // resident
	connections int     // open at the server
}

const config = `staging:
  url: %s
  limits: {users: %d}
  journeys:
    - {name: ask, think: %s, steps: [{get: /, timeout: 10m}]}
production:
  checks:
    - {name: well, http: %s}
`

func ours(s *server, k kind, users int, dir string) ([]string, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	think, glide := "0s", "2000"
	if k == thinking {
		think, glide = "1h", "5000"
	}
	file := filepath.Join(dir, "crosstalk.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, config, s.target, users, think, s.watch), 0o600); err != nil {
		return nil, err
	}
	// The guard runs as ever; what is lifted is its slew, which would make of a rise minutes.
	return []string{"run", "-c", file, "--headless", "--baseline", "0", "--glide", glide, "--no-guard", "users are counted, not a site tested", "--for", "10m",
		"--dial", "0s=" + strconv.Itoa(users), "--out", filepath.Join(dir, "session")}, nil
}

func k6(s *server, k kind, users int, _ string) ([]string, error) {
	think := "0"
	if k == thinking {
		think = "3600"
	}
	return []string{"run", "--quiet", "--no-color", "--no-usage-report", "--address", "127.0.0.1:0", "--vus", strconv.Itoa(users),
		"--duration", "10m", "-e", "TARGET=" + s.target, "-e", "THINK=" + think, "-"}, nil
}

// measure runs the tool until all its users wait or think, and reads its memory
// a while later.
func (t *tool) measure(ctx context.Context, k kind, users int, settle time.Duration, dir string) (memory, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	s, err := listen(ctx, k)
	if err != nil {
		return memory{}, err
	}
	defer s.close()
	args, err := t.args(s, k, users, dir)
	if err != nil {
		return memory{}, err
	}
	var said bytes.Buffer
	c := exec.CommandContext(ctx, t.path, args...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(t.stdin), &said, &said
	if err := c.Start(); err != nil {
		return memory{}, err
	}
	gone := make(chan struct{})
	go func() {
		_ = c.Wait() // it is killed
		close(gone)
	}()
	defer func() {
		cancel()
		<-gone
	}()
	for k == waiting && s.inFlight.Load() < int64(users) || s.requests.Load() < int64(users) {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-gone:
			return memory{}, fmt.Errorf("it ended after %d requests\n%s", s.requests.Load(), said.Bytes())
		case <-ctx.Done():
			return memory{}, fmt.Errorf("%d requests came, %d are in flight: %w", s.requests.Load(), s.inFlight.Load(), ctx.Err())
		}
	}
	select {
	case <-time.After(settle):
	case <-gone:
		return memory{}, fmt.Errorf("it ended\n%s", said.Bytes())
	}
	kB, err := resident(c.Process.Pid)
	return memory{kB: kB, connections: int(s.connections.Load())}, err
}

// resident is a process's memory in kB, as the system counts it (VmRSS).
func resident(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
		}
	}
	return 0, errors.New("the system does not tell VmRSS")
}
