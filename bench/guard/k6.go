package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"crosstalk/bench/peer"
)

// k6Every is how often k6 looks at its thresholds.
const k6Every = 2 * time.Second

// k6Script loads staging with a number of users and watches production, each
// server 10 times a second, with thresholds that abort: at 1 % failed checks, or
// a p95 above 300 ms.
//
//go:embed k6.js
var k6Script []byte

// k6Path returns the path of k6; "" if nobody asked for it.
func (s *settings) k6Path(ctx context.Context) (string, error) {
	if s.k6 != "install" {
		return s.k6, nil
	}
	return peer.K6.Path(ctx)
}

// k6Name is what the k6 at a path says that it is.
func k6Name(ctx context.Context, path string) string {
	out, err := exec.CommandContext(ctx, path, "version").Output()
	name, rest, _ := strings.Cut(string(out), " ")
	version, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if err != nil || version == "" {
		return "k6 of unknown version"
	}
	return name + " " + version
}

// k6Run makes one run of k6 on servers of its own.
func (s *settings) k6Run(ctx context.Context, path string, k kind) (out outcome, err error) {
	r, err := newRig(k, s.people(), nil)
	if err != nil {
		return out, err
	}
	defer r.close()
	ctx, cancel := context.WithTimeout(ctx, s.k6Warm+2*most)
	defer cancel()
	var watch []string
	for _, p := range r.production {
		watch = append(watch, p.URL())
	}
	var said bytes.Buffer
	c := exec.CommandContext(ctx, path, "run", "--quiet", "--no-color", "--no-usage-report", "--address", "127.0.0.1:0", "-")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = most
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(k6Script), &said, &said
	c.Env = append(os.Environ(), "LOAD="+r.staging.URL(), "WATCH="+strings.Join(watch, ","), fmt.Sprintf("USERS=%d", s.users))
	if err := c.Start(); err != nil {
		return out, fmt.Errorf("start k6: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- c.Wait() }()
	if err := r.underLoad(ctx, exited); err != nil {
		return out, errors.Join(err, errors.New(said.String()))
	}
	select {
	case <-time.After(s.k6Warm + rand.N(k6Every)): // at any moment of its turns
	case err := <-exited:
		out.void = fmt.Sprintf("k6 ended before the fault: %v", err)
		return out, nil
	}
	began := time.Now()
	k.inject(r)
	err = <-exited
	var code *exec.ExitError
	// 99 is k6's "aborted by a threshold".
	if !errors.As(err, &code) || code.ExitCode() != 99 {
		return out, fmt.Errorf("k6 did not abort after production %s: %w\n%s", k.name, err, said.String())
	}
	if l := r.staging.Last(); l.After(began) {
		out.last = l.Sub(began)
	}
	return out, nil
}

// underLoad waits for the first request at staging.
func (r *rig) underLoad(ctx context.Context, exited <-chan error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for r.staging.Arrived() == 0 {
		select {
		case <-tick.C:
		case err := <-exited:
			return fmt.Errorf("k6 ended at once: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
