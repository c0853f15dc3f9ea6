//go:build unix

package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"crosstalk/bench/peer"
	"crosstalk/bench/stand"
)

// k6Script asks again and again.
//
//go:embed k6.js
var k6Script string

// tool is one program that sends load.
type tool struct {
	name  string
	peer  peer.Tool // where it is built from its module
	path  string
	found string // the version of one that the distribution has
	args  func(url, watch, dir string, s *settings) []string
	stdin string  // {URL} is the target
	goal  float64 // of our CPU for a request, as a share of its; 0: none
}

func (t tool) shown() string {
	return strings.TrimSpace(t.name + " " + t.peer.Version + t.found)
}

// Ours, and the same with every request written to a file.
const (
	oursName    = "crosstalk"
	resultsName = "crosstalk --results"
)

// ours is the whole program, headless, with guard and journal.
func ours(users string) func(url, watch, dir string, s *settings) []string {
	return func(url, watch, dir string, s *settings) []string {
		return []string{"run", "--headless", "--target", url, "--watch", watch, "--baseline", "0", "--glide", "off",
			"--for", s.length.String(), "--dial", "0s=" + users, "--limit-users", s.count(), "--out", dir}
	}
}

// tools builds or finds what is measured.
func (s *settings) tools(ctx context.Context, work string) ([]tool, error) {
	all := []tool{
		{name: oursName, args: func(url, watch, dir string, s *settings) []string { return ours(s.count())(url, watch, dir, s) }},
		{name: resultsName, args: func(url, watch, dir string, s *settings) []string {
			return append(ours(s.count())(url, watch, dir, s), "--results", dir+".json")
		}},
		{name: "vegeta", goal: 0.5, peer: peer.Vegeta, stdin: "GET {URL}\n", args: func(_, _, dir string, s *settings) []string {
			return []string{"attack", "-rate=0", "-max-workers=" + s.count(), "-duration=" + s.length.String(), "-output=" + dir}
		}},
		{name: "hey", goal: 0.65, peer: peer.Hey, args: func(url, _, _ string, s *settings) []string {
			return []string{"-c", s.count(), "-z", s.length.String(), url}
		}},
		{name: "k6", goal: 0.3, peer: peer.K6, stdin: k6Script, args: func(url, _, _ string, s *settings) []string {
			return []string{"run", "--quiet", "--no-color", "--no-usage-report", "--address", "127.0.0.1:0", "--vus", s.count(),
				"--duration", s.length.String(), "-e", "TARGET=" + url, "-"}
		}},
		{name: "bombardier", peer: peer.Bombardier, args: func(url, _, _ string, s *settings) []string {
			return []string{"-c", s.count(), "-d", s.length.String(), "--print", "result", url}
		}},
		{name: "wrk", args: func(url, _, _ string, s *settings) []string {
			return []string{"-t1", "-c" + s.count(), "-d" + strconv.FormatFloat(s.length.Seconds(), 'f', -1, 64), url}
		}},
	}
	var out []tool
	for _, t := range all {
		if !stand.Chosen(s.only, t.name) {
			continue
		}
		var err error
		switch {
		case t.name == oursName || t.name == resultsName:
			t.path, err = peer.Ours(ctx, work)
		case t.peer.Module != "":
			t.path, err = t.peer.Path(ctx)
		default:
			if t.path, err = exec.LookPath(t.name); err == nil {
				t.found = version(ctx, t.path)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("get %s: %w", t.name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// count is the number of users as an argument.
func (s *settings) count() string { return strconv.Itoa(s.users) }

var aVersion = regexp.MustCompile(`\d+\.\d+[^\s\[]*`)

// version is what a program of the distribution says that it is. wrk has no
// switch for it and says it with its usage, so how it ends is not of interest.
func version(ctx context.Context, path string) string {
	out, _ := exec.CommandContext(ctx, path, "-v").CombinedOutput()
	if v := aVersion.Find(out); v != nil {
		return string(v)
	}
	return "of unknown version"
}

// idle is what ours takes in the same time without a user: its beginning and its
// end, checks, guard and journal.
func (t tool) idle(ctx context.Context, n *nginx, dir string, s *settings) (time.Duration, error) {
	c := exec.CommandContext(ctx, t.path, ours("0")(n.target, n.watch, dir, s)...)
	if out, err := c.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, out)
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}

// measure runs a tool once. dir is a name that nothing has yet, and nothing has
// it or what begins like it afterwards: results are long.
func (t tool) measure(ctx context.Context, n *nginx, dir string, s *settings) (cost, error) {
	ctx, cancel := context.WithTimeout(ctx, s.length+time.Minute)
	defer cancel()
	defer func() {
		_ = os.RemoveAll(dir)
		_ = os.Remove(dir + ".json")
	}()
	before, err := n.rested(ctx)
	if err != nil {
		return cost{}, err
	}
	c := exec.CommandContext(ctx, t.path, t.args(n.target, n.watch, dir, s)...)
	c.Stdin = strings.NewReader(strings.ReplaceAll(t.stdin, "{URL}", n.target))
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		return cost{}, err
	}
	looking, looked := context.WithCancel(ctx)
	saw := make(chan most, 1)
	go func() { saw <- look(looking, n, c.Process.Pid) }()
	err = c.Wait()
	looked()
	m := <-saw
	switch {
	case err != nil:
		return cost{}, fmt.Errorf("%w\n%s", err, out.Bytes())
	case m.open < s.users*95/100:
		return cost{}, fmt.Errorf("%d of %d connections were open at most: this is no run of %d users (ulimit -Hn?)", m.open, s.users, s.users)
	}
	after, err := n.requests(ctx)
	if err != nil {
		return cost{}, err
	}
	if after-before < 1 {
		return cost{}, fmt.Errorf("it sent %.0f requests", after-before)
	}
	spent := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return cost{requests: after - before, micros: float64(spent.Microseconds()) / (after - before), rate: (after - before) / s.length.Seconds(), peak: m.memory}, nil
}

// most is what a tool had at most of something while it ran.
type most struct {
	open   int     // connections
	memory float64 // MB resident
}

// look asks nginx and the system now and then, and returns the most when it is
// told to end. The memory is the kernel's own peak of the process since its exec:
// what wait(2) tells counts the moment before it, in which a child has the
// memory of this program.
func look(ctx context.Context, n *nginx, pid int) (m most) {
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if k, err := n.connections(ctx); err == nil {
				m.open = max(m.open, k)
			}
			if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
				if kB := highest.FindSubmatch(text); kB != nil {
					size, _ := strconv.ParseFloat(string(kB[1]), 64)
					m.memory = max(m.memory, size/1024)
				}
			}
		case <-ctx.Done():
			return m
		}
	}
}

var highest = regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB`)
