//go:build unix

package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// k6Script asks again and again.
//
//go:embed k6.js
var k6Script string

// tool is one program that sends load.
type tool struct {
	name, version string
	path          string
	args          func(url, watch, dir string, s *settings) []string
	stdin         string // {URL} is the target
}

func (t tool) shown() string {
	if t.version == "" {
		return t.name
	}
	return t.name + " " + t.version
}

// tools builds or finds what is measured.
func (s *settings) tools(ctx context.Context, work string) ([]tool, error) {
	seconds := strconv.FormatFloat(s.length.Seconds(), 'f', -1, 64)
	users := strconv.Itoa(s.users)
	all := []tool{
		{name: "crosstalk", args: func(url, watch, dir string, s *settings) []string {
			return []string{"run", "--headless", "--target", url, "--watch", watch, "--baseline", "0", "--glide", "off",
				"--for", s.length.String(), "--dial", "0s=" + users, "--limit-users", users, "--out", dir}
		}},
		{name: "vegeta", version: "v12.13.0", stdin: "GET {URL}\n", args: func(_, _, dir string, s *settings) []string {
			return []string{"attack", "-rate=0", "-max-workers=" + users, "-duration=" + s.length.String(), "-output=" + dir}
		}},
		{name: "hey", version: "v0.1.5", args: func(url, _, _ string, s *settings) []string {
			return []string{"-c", users, "-z", s.length.String(), url}
		}},
		{name: "k6", version: "v1.8.1", stdin: k6Script, args: func(url, _, _ string, s *settings) []string {
			return []string{"run", "--quiet", "--no-color", "--no-usage-report", "--address", "127.0.0.1:0", "--vus", users,
				"--duration", s.length.String(), "-e", "TARGET=" + url, "-"}
		}},
		{name: "bombardier", version: "v1.2.6", args: func(url, _, _ string, s *settings) []string {
			return []string{"-c", users, "-d", s.length.String(), "--print", "result", url}
		}},
		{name: "wrk", args: func(url, _, _ string, _ *settings) []string {
			return []string{"-t1", "-c" + users, "-d" + seconds, url}
		}},
	}
	modules := map[string]string{"vegeta": "github.com/tsenart/vegeta/v12", "hey": "github.com/rakyll/hey", "k6": "go.k6.io/k6", "bombardier": "github.com/codesenberg/bombardier"}
	var out []tool
	for _, t := range all {
		if !s.chosen(t.name) {
			continue
		}
		var err error
		switch {
		case t.name == "crosstalk":
			t.path = filepath.Join(work, "crosstalk")
			err = command(ctx, "", "go", "build", "-o", t.path, "crosstalk")
		case modules[t.name] != "":
			t.path, err = installed(ctx, t.name, modules[t.name], t.version)
		default:
			t.path, err = exec.LookPath(t.name)
		}
		if err != nil {
			return nil, fmt.Errorf("get %s: %w", t.name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// installed returns a pinned tool out of the user's cache, built where it is
// not there yet.
func installed(ctx context.Context, name, module, version string) (string, error) {
	home := os.Getenv("CROSSTALK_TOOLS")
	if home == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		home = filepath.Join(cache, "crosstalk-tools")
	}
	dir := filepath.Join(home, name+"-"+version+"-"+runtime.Version())
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Fprintf(os.Stderr, "building %s %s into %s\n", name, version, dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return path, command(ctx, dir, "go", "install", module+"@"+version)
}

// command runs a build; in a folder of its own the checkout has no say.
func command(ctx context.Context, dir, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	if c.Dir = dir; dir != "" {
		c.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// measure runs a tool once. dir is a name that nothing has yet.
func (t tool) measure(ctx context.Context, n *nginx, dir string, s *settings) (cost, error) {
	ctx, cancel := context.WithTimeout(ctx, s.length+time.Minute)
	defer cancel()
	before, err := n.requests(ctx)
	if err != nil {
		return cost{}, err
	}
	c := exec.CommandContext(ctx, t.path, t.args(n.target, n.watch, dir, s)...)
	c.Stdin = strings.NewReader(strings.ReplaceAll(t.stdin, "{URL}", n.target))
	if out, err := c.CombinedOutput(); err != nil {
		return cost{}, fmt.Errorf("%w\n%s", err, out)
	}
	after, err := n.requests(ctx)
	if err != nil {
		return cost{}, err
	}
	used, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok || after-before < 1 {
		return cost{}, fmt.Errorf("it sent %.0f requests", after-before)
	}
	spent := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	// Linux counts Maxrss in kB.
	return cost{requests: after - before, micros: float64(spent.Microseconds()) / (after - before), rate: (after - before) / s.length.Seconds(), peak: float64(used.Maxrss) / 1024}, nil
}
